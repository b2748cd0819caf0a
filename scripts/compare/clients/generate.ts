// Runs other tools that generate clients from the contract, and compiles these clients as an application would.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@hey-api/openapi-ts';
import { runRedocly } from '@koodrive-backup/lib/redocly';
import { specDir } from '@koodrive-backup/lib/workspace';

const contract = join(specDir, 'dist', 'openapi.json');
const clients = join(import.meta.dirname, '..', 'dist', 'clients');
const sources = join(clients, 'sources');
const shell = process.platform === 'win32';
rmSync(clients, { recursive: true, force: true });

await createClient({
  input: contract,
  output: { path: join(sources, 'hey-api'), module: { extension: '.js' } },
  logs: { level: 'silent', file: false },
});

const redoclyClient = join(sources, 'redocly', 'client.ts');
const { status, stderr } = runRedocly(['generate-client', contract, '--output', redoclyClient], import.meta.dirname);
if (status !== 0) throw new Error(stderr);

// A separate compilation, because the generated sources need other compiler options than this repository. The
// declarations that it writes work with both.
const options = ['--target', 'es2023', '--module', 'nodenext', '--types', 'node', '--declaration', '--noCheck'];
const inputs = [join(sources, 'hey-api', 'index.ts'), redoclyClient];
execFileSync('tsc', [...inputs, ...options, '--rootDir', sources, '--outDir', clients], {
  stdio: 'inherit',
  shell,
});
