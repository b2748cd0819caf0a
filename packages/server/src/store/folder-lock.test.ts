import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type FolderUse, holdFolder } from './folder-lock.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it.each<[FolderUse, FolderUse, RegExp | undefined]>([
  ['store', 'store', undefined],
  ['store', 'key', undefined],
  ['key', 'store', undefined],
  ['key', 'key', /the key is being rotated already/],
  ['store', 'restore', /it is in use: stop the servers and commands/],
  ['key', 'restore', /it is in use/],
  ['restore', 'store', /a copy is being restored there/],
  ['restore', 'restore', /it is in use/],
])('who holds a folder for its %s and who wants it for its %s', (held, wanted, refusal) => {
  const folder = temporaryFolder();
  const letGo = holdFolder(folder, held);
  if (refusal) expect(() => holdFolder(folder, wanted)).toThrow(refusal);
  else holdFolder(folder, wanted)();
  letGo();
  holdFolder(folder, wanted)();
  holdFolder(folder, 'restore')();
  if (process.platform !== 'win32') expect(statSync(join(folder, 'lock')).mode & 0o777).toBe(0o600);
});

it.each<FolderUse>(['store', 'restore'])('a process that was killed no longer holds a folder for a %s', async (use) => {
  const folder = temporaryFolder();
  const code = `import(${JSON.stringify(new URL('folder-lock.ts', import.meta.url))}).then(({ holdFolder }) => {
    globalThis.letGo = holdFolder(process.argv[1], process.argv[2]);
    console.log('held');
    setInterval(() => {}, 1000);
  });`;
  const child = spawn(process.execPath, ['--eval', code, folder, use], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  expect(() => holdFolder(folder, 'restore')).toThrow('it is in use');
  child.kill('SIGKILL');
  await once(child, 'close');
  holdFolder(folder, 'restore')();
});
