// Writes every checked-in file, or part of one, that is derived from something else.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { generatedFiles } from './generated-files.ts';

for (const [path, content] of await generatedFiles()) {
  const file = join(rootDir, path);
  // A file that is written, with whatever content, makes those who watch it build again.
  if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
  writeFileSync(file, content);
  console.log(`generated ${path}`);
}
