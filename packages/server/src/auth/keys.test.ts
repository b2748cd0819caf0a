import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { decrypt, encrypt, keysOf, loadKeys } from './keys.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it('makes a key file for its owner’s eyes only, and reads the same keys from it again', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'key');
  const keys = loadKeys(file);
  expect(loadKeys(file)).toEqual(keys);
  expect(readdirSync(folder)).toEqual(['key']);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(Buffer.from(readFileSync(file, 'utf8'), 'base64')).toHaveLength(32);
});

it('gives servers that start at once the same key, of which none is seen half-written', async () => {
  const folder = temporaryFolder();
  const go = new Int32Array(new SharedArrayBuffer(4));
  // Ten do not show that a key file is written in place; forty do each time.
  const rounds = 40;
  const code = `
    const { parentPort, workerData: { keys, folder, go, rounds } } = require('node:worker_threads');
    import(keys).then(async ({ loadKeys }) => {
      parentPort.postMessage('ready');
      const found = [];
      for (let round = 1; round <= rounds; round++) {
        // Each waits for all, without giving its processor away.
        Atomics.add(go, 0, 1);
        while (Atomics.load(go, 0) < round * 3);
        found.push(loadKeys(folder + '/' + round).fingerprint);
      }
      parentPort.postMessage(found);
    });`;
  const workers = Array.from(
    { length: 3 },
    () =>
      new Promise<string[]>((resolve, reject) => {
        const keys = new URL('keys.ts', import.meta.url).href;
        const worker = new Worker(code, { eval: true, workerData: { keys, folder, go, rounds }, execArgv: [] });
        worker.on('error', reject);
        worker.on('message', (message) => Array.isArray(message) && resolve(message));
      }),
  );
  const [first, second, third] = await Promise.all(workers);
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  expect(readdirSync(folder)).toHaveLength(rounds);
});

it.skipIf(process.platform === 'win32')('leaves nothing of a key file that could not be written', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'key');
  const code = `import(${JSON.stringify(new URL('keys.ts', import.meta.url))}).then(({ loadKeys }) => loadKeys(process.argv[1]))`;
  // A process that may write no file ends in the middle, as one that is killed there.
  const limited = ['-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'sh', process.execPath, '--eval', code, file];
  const { status, stderr } = spawnSync('sh', limited, { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('EFBIG') });
  expect(readdirSync(folder)).toEqual([]);
  expect(loadKeys(file)).toEqual(loadKeys(file));
});

it('refuses a key file that others may read, and one that holds no key', () => {
  const file = join(temporaryFolder(), 'key');
  writeFileSync(file, 'c2hvcnQ=\n', { mode: 0o600 });
  expect(() => loadKeys(file)).toThrow(`the key file ${file} holds no key of 32 bytes in base64`);
  if (process.platform === 'win32') return;
  rmSync(file);
  writeFileSync(file, `${Buffer.alloc(32).toString('base64')}\n`, { mode: 0o644 });
  expect(() => loadKeys(file)).toThrow(`others may read the key file ${file}: chmod 600 it`);
});

it('decrypts for the same owner and with the same key only', () => {
  const { secrets } = keysOf(Buffer.alloc(32, 1));
  const encrypted = encrypt(secrets, 'a secret', 'owner');
  expect(decrypt(secrets, encrypted, 'owner')).toBe('a secret');
  expect(() => decrypt(secrets, encrypted, 'another')).toThrow();
  expect(() => decrypt(keysOf(Buffer.alloc(32, 2)).secrets, encrypted, 'owner')).toThrow();
});
