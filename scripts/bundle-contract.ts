// Bundles spec/openapi.yaml into the JSON that everything else is derived from, with its type beside it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { redocly, redoclyEnv, specDir } from './workspace.ts';

const bundle = join(specDir, 'dist', 'openapi.json');
execFileSync(redocly, ['bundle', 'openapi.yaml', '--output', bundle], {
  cwd: specDir,
  env: redoclyEnv,
  stdio: ['ignore', 'ignore', 'inherit'],
  shell: process.platform === 'win32',
});

// A JSON document is also a TypeScript type: the narrowest one it has.
const type = `declare const contract: ${readFileSync(bundle, 'utf8').trim()};\nexport default contract;\n`;
writeFileSync(join(specDir, 'dist', 'openapi.d.ts'), type);
