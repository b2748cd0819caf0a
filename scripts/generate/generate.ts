// Writes every checked-in file that is derived from the contract.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { generatedFiles } from './generated-files.ts';

for (const [path, content] of await generatedFiles()) {
  writeFileSync(join(rootDir, path), content);
  console.log(`generated ${path}`);
}
