import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { expect, it } from 'vitest';
import { generatedFiles } from './generated-files.ts';

const remedy = 'What is generated has drifted from what it is made of. Mend it with: npx -y pnpm@12 generate';
const generated = await generatedFiles();

it('finds every generated file as the contract makes it', () => {
  for (const [path, content] of generated) {
    const file = join(rootDir, path);
    expect(existsSync(file) ? readFileSync(file, 'utf8') : 'missing', `${path}: ${remedy}`).toBe(content);
  }
});

it('finds no generated file that the contract does not make, tracked by git or not', () => {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '*.gen.ts'],
    { cwd: rootDir, encoding: 'utf8' },
  );
  const present = listed.split('\n').filter((path) => path !== '' && existsSync(join(rootDir, path)));
  const made = [...generated.keys()].filter((path) => path.endsWith('.gen.ts'));
  expect(present.sort(), remedy).toEqual(made.sort());
});
