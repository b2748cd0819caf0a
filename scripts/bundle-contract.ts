// In spec/: bundles openapi.yaml into the JSON that everything else is derived from, with its type beside it.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { redocly, redoclyEnv } from './workspace.ts';

const bundle = join('dist', 'openapi.json');
const { status, stderr, error } = spawnSync(redocly, ['bundle', 'openapi.yaml', '--output', bundle], {
  env: redoclyEnv,
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
if (status === 0) {
  // A JSON document is also a TypeScript type: the narrowest one it has.
  const type = `declare const contract: ${readFileSync(bundle, 'utf8').trim()};\nexport default contract;\n`;
  writeFileSync(join('dist', 'openapi.d.ts'), type);
} else {
  console.error(error?.message ?? stderr.trim());
  process.exitCode = 1;
}
