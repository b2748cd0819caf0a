import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { fixedKeySource, keyFileSource } from './key-source.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64');

it('creates a key file that only its owner can read, and reads the same key from it again', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'made', 'key');
  const keys = await keyFileSource(file, true).read();
  expect(await keyFileSource(file, true).read()).toEqual(keys);
  expect(keys).toEqual([expect.objectContaining({ length: 32 })]);
  expect(readdirSync(join(folder, 'made'))).toEqual(['key']);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(Buffer.from(readFileSync(file, 'utf8'), 'base64')).toHaveLength(32);
});

it('creates no key file instead of one that is somewhere else', () => {
  const file = join(temporaryFolder(), 'key');
  expect(() => keyFileSource(file, false)).toThrow(
    `the key file ${file} is missing, and the database was made with it`,
  );
  expect(existsSync(file)).toBe(false);
});

it('adds keys in front, keeps the file private, and drops all but ten keys', async () => {
  const folder = temporaryFolder();
  const source = keyFileSource(join(folder, 'key'), true);
  let before = await source.read();
  for (let count = 2; count <= 11; count++) {
    await source.add();
    const keys = await source.read();
    expect(keys).toHaveLength(Math.min(count, 10));
    expect(keys.slice(1)).toEqual(before.slice(0, 9));
    before = keys;
  }
  expect(new Set(before.map(String)).size).toBe(10);
  expect(readdirSync(folder)).toEqual(['key']);
  if (process.platform !== 'win32') expect(statSync(join(folder, 'key')).mode & 0o777).toBe(0o600);
});

it.each([
  ['one', `${keyOf(1)}\n`, [1]],
  ['without padding', keyOf(1).replace('=', ''), [1]],
  ['on lines', `${keyOf(1)}\r\n${keyOf(2)}\n\n`, [1, 2]],
  ['with spaces or commas', ` ${keyOf(1)} ${keyOf(2)},${keyOf(3)}`, [1, 2, 3]],
])('accepts keys as a text: %s', async (_, text, bytes) => {
  const source = fixedKeySource('KOODRIVE_KEY', text);
  expect((await source.read()).map(([first]) => first)).toEqual(bytes);
  await expect(source.add()).rejects.toThrow('cannot add a key to KOODRIVE_KEY: put a new key in front of it');
});

it.each(['', ' ', 'c2hvcnQ=', `${keyOf(1)} c2hvcnQ=`, `${keyOf(1)}${keyOf(2)}`, 'not base64 at all, nor a key'])(
  'finds no key in %j, and does not quote it',
  (text) => {
    expect(() => fixedKeySource('KOODRIVE_KEY', text)).toThrow(/^KOODRIVE_KEY must hold keys of 32 bytes in base64$/);
  },
);

it('gives the same key to servers that start at once, and none of them sees it half-written', async () => {
  const folder = temporaryFolder();
  const go = new Int32Array(new SharedArrayBuffer(4));
  // Ten rounds would not reveal a key file that is written in place; forty reveal it each time.
  const rounds = 40;
  const code = `
    const { parentPort, workerData: { keys, folder, go, rounds } } = require('node:worker_threads');
    import(keys).then(async ({ keyFileSource }) => {
      parentPort.postMessage('ready');
      const found = [];
      for (let round = 1; round <= rounds; round++) {
        // Each thread waits for all, without giving up its processor.
        Atomics.add(go, 0, 1);
        while (Atomics.load(go, 0) < round * 3);
        found.push(String(await keyFileSource(folder + '/' + round, true).read()));
      }
      parentPort.postMessage(found);
    });`;
  const workers = Array.from(
    { length: 3 },
    () =>
      new Promise<string[]>((resolve, reject) => {
        const keys = new URL('key-source.ts', import.meta.url).href;
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

it.skipIf(process.platform === 'win32')('leaves no part of a key file that could not be written', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'key');
  const code = `import(${JSON.stringify(new URL('key-source.ts', import.meta.url))}).then((m) => m.keyFileSource(process.argv[1], true))`;
  // A process that may not write files ends in the middle of writing, like one that is killed there.
  const limited = ['-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'sh', process.execPath, '--eval', code, file];
  const { status, stderr } = spawnSync('sh', limited, { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('EFBIG') });
  expect(readdirSync(folder)).toEqual([]);
  expect(await keyFileSource(file, true).read()).toHaveLength(1);
});

it('refuses a key file that others can read, and one without a key', async () => {
  const file = join(temporaryFolder(), 'key');
  writeFileSync(file, 'c2hvcnQ=\n', { mode: 0o600 });
  await expect(keyFileSource(file, true).read()).rejects.toThrow(
    `the key file ${file} must hold keys of 32 bytes in base64`,
  );
  if (process.platform === 'win32') return;
  for (const mode of [0o640, 0o604, 0o610, 0o601]) {
    rmSync(file);
    writeFileSync(file, `${keyOf(0)}\n`, { mode });
    const others = `other users can read the key file ${file}: run chmod 600 on it`;
    await expect(keyFileSource(file, true).read(), mode.toString(8)).rejects.toThrow(others);
  }
});
