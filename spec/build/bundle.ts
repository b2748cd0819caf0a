// In spec/: bundles openapi.yaml into the JSON that everything else is derived from, with its type beside it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runRedocly } from './redocly.ts';

const bundle = join('dist', 'openapi.json');
const { status, stderr, error } = runRedocly(['bundle', 'openapi.yaml', '--output', bundle], process.cwd());
if (status === 0) {
  // A JSON document is also a TypeScript type: the narrowest one it has.
  const type = `declare const contract: ${readFileSync(bundle, 'utf8').trim()};\nexport default contract;\n`;
  writeFileSync(join('dist', 'openapi.d.ts'), type);
} else {
  console.error(error?.message ?? stderr.trim());
  process.exitCode = 1;
}
