import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeDataFolder } from './data-folder.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it('creates a folder, and those above it, for its owner only', () => {
  const folder = temporaryFolder();
  makeDataFolder(join(folder, 'a', 'b'));
  makeDataFolder(join(folder, 'a', 'b'));
  if (process.platform !== 'win32') expect(statSync(join(folder, 'a', 'b')).mode & 0o777).toBe(0o700);
});

it.skipIf(process.platform === 'win32')('reports in one line why the folder cannot be created', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'file');
  writeFileSync(file, '');
  symlinkSync('circle', join(folder, 'circle'));
  const long = join(folder, 'x'.repeat(300));
  for (const [path, reason] of [
    [file, `${file} is not a folder`],
    [join(file, 'a'), `${file} is not a folder`],
    [join(file, 'a', 'b'), `${file} is not a folder`],
    [long, 'its name is too long'],
    [join(folder, 'circle', 'a'), 'its path is a loop of symbolic links'],
  ]) {
    expect(() => makeDataFolder(`${path}`)).toThrow(new Error(`cannot keep data in ${path}: ${reason}`));
  }
  expect(readdirSync(folder).sort()).toEqual(['circle', 'file']);
});

it.skipIf(process.platform === 'win32')('reports that it may not write there', () => {
  const folder = temporaryFolder();
  const closed = join(folder, 'closed');
  mkdirSync(closed, { mode: 0o500 });
  const code = `import(${JSON.stringify(new URL('data-folder.ts', import.meta.url))}).then(({ makeDataFolder }) => {
    // Root may write everywhere.
    if (process.getuid() === 0) process.setuid(65534);
    for (const path of process.argv.slice(1)) {
      try {
        makeDataFolder(path);
        console.log('made');
      } catch ({ message }) {
        console.log(message);
      }
    }
  });`;
  const paths = [closed, join(closed, 'a')];
  const { stdout, stderr } = spawnSync(process.execPath, ['--eval', code, ...paths], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const lines = paths.map((path) => `cannot keep data in ${path}: this user may not read and write there\n`);
  expect(stdout).toBe(lines.join(''));
});
