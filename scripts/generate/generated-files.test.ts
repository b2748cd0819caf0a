import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '@koodrive-backup/lib/workspace';
import { expect, it } from 'vitest';
import { generatedFiles } from './generated-files.ts';

const remedy = 'a generated file differs from its source; type: npx -y pnpm@12 generate';
const generated = await generatedFiles();

it('every generated file has the content that its source generates', () => {
  for (const [path, content] of generated) {
    const file = join(rootDir, path);
    expect(existsSync(file) ? readFileSync(file, 'utf8') : 'missing', `${path}: ${remedy}`).toBe(content);
  }
});

it('no generated file exists that nothing generates, tracked by git or not', () => {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '*.gen.ts'],
    { cwd: rootDir, encoding: 'utf8' },
  );
  const present = listed.split('\n').filter((path) => path !== '' && existsSync(join(rootDir, path)));
  const made = [...generated.keys()].filter((path) => path.endsWith('.gen.ts'));
  expect(present.sort(), remedy).toEqual(made.sort());
});
