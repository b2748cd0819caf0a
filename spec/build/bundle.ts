// Runs in spec/. Bundles openapi.yaml into the JSON file that everything else is derived from, writes its type next to
// it, and creates the variants for tools that cannot use the contract itself.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toPostmanCollection } from './postman-collection.ts';
import { runRedocly } from './redocly.ts';
import { toOpenapi30, toUnsigned, unsignedOverlay } from './variants.ts';

const bundle = join('dist', 'openapi.json');
const { status, stderr, error } = runRedocly(['bundle', 'openapi.yaml', '--output', bundle], process.cwd());
if (status === 0) {
  // The text of a JSON document is also a TypeScript type, and no other type of the document is narrower.
  const type = `declare const contract: ${readFileSync(bundle, 'utf8').trim()};\nexport default contract;\n`;
  writeFileSync(join('dist', 'openapi.d.ts'), type);
  const contract = JSON.parse(readFileSync(bundle, 'utf8'));
  const variants = {
    'openapi-3.0.json': toOpenapi30(contract),
    'openapi-unsigned.json': toUnsigned(contract),
    'openapi-unsigned.overlay.json': unsignedOverlay(contract),
    'postman-collection.json': toPostmanCollection(contract),
  };
  for (const [name, variant] of Object.entries(variants)) {
    writeFileSync(join('dist', name), `${JSON.stringify(variant, null, 2)}\n`);
  }
} else {
  console.error(error?.message ?? stderr.trim());
  process.exitCode = 1;
}
