// `pnpm generate`: writes every checked-in file, and every section of one, that is derived from the contract, the
// server's options or the client's version.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { generatedFiles } from './generated-files.ts';

for (const [path, content] of await generatedFiles()) {
  const file = join(rootDir, path);
  // Do not write an unchanged file, because writing it makes a watcher build again.
  if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
  writeFileSync(file, content);
  console.log(`generated ${path}`);
}
