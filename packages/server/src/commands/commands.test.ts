import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { describeBusiestEngine } from '../../test/engines.ts';
import { type ListedCredential, listCredentials } from '../auth/credentials.ts';
import { hashToken } from '../auth/tokens.ts';
import { openStorage } from '../store/open-store.ts';
import type { StorageOptions } from '../store/storage-options.ts';
import { restoreBackup, verifyBackup, writeBackup } from './backup.ts';
import { list, revoke } from './credentials.ts';
import { rotateKey } from './rotate-key.ts';

// The commands as processes: what they print, and what they never print. Each costs as much as fifty requests.

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'koodrive-commands-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  data = join(folder, 'data');
});

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs the command.
 *
 * @param stdout A redirection of stdout by the shell, such as `>&-`, which closes it.
 */
async function run(args: string[], env: NodeJS.ProcessEnv = {}, stdout = ''): Promise<Finished> {
  const line = ['-c', `exec "$@" ${stdout}`, 'sh', process.execPath, cli, ...args];
  const child = spawn('sh', line, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KOODRIVE_DATA: data, ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [[code], printed, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, stdout: printed, stderr };
}

const done = (stdout: unknown, stderr = ''): Finished => ({ code: 0, stdout: stdout as string, stderr });
const refused = (message: string, stdout = ''): Finished => ({
  code: 2,
  stdout,
  stderr: `koodrive-server: ${message}\n`,
});

/** Returns what the command would list, without a process. */
async function listed(kind: 'token' | 'app', options: StorageOptions = { data }): Promise<ListedCredential[]> {
  const { store } = await openStorage(options);
  try {
    return await listCredentials(store, kind, undefined, Date.now());
  } finally {
    await store.close();
  }
}

describeBusiestEngine((make) => {
  it('the commands issue, list and revoke credentials, and rotate the key, without leaking a secret', async () => {
    using storage = await make();
    const { data: at, databaseUrl } = storage;
    const options = { data: at, ...(databaseUrl && { databaseUrl }) };
    const env = { KOODRIVE_DATA: at, KOODRIVE_DATABASE_URL: databaseUrl };
    const isNew = `koodrive-server: there was no store in ${storage.data}, so a new one was created\n`;
    const hours = ['--name', 'my laptop', '--expires', '2h'];
    const issued = await run(['token', '--user', 'a', ...hours], env);
    expect(issued).toEqual(done(expect.stringMatching(/^[\da-f]{48}\n$/), storage.databaseUrl ? '' : isNew));
    const app = await run(['app', 'issue', '--user', 'b'], env);
    expect(app).toEqual(done(expect.stringMatching(/^app id {6}[\da-f]{64}\napp secret {2}[\da-f]{64}\n$/)));
    const [token, [, appId = '', appSecret = '']] = [
      issued.stdout.trim(),
      /id +(\w+)\napp secret +(\w+)/.exec(app.stdout) ?? [],
    ];
    const key = readFileSync(join(storage.data, 'key'), 'utf8').trim();

    const [one = expect.fail()] = await listed('token', options);
    expect(one).toMatchObject({ user: 'a', name: 'my laptop' });
    // The two hours begin when the option is parsed, a moment before the credential is issued.
    const lifetimeMs = Date.parse(`${one.expires}`) - Date.parse(`${one.issued}`);
    expect(lifetimeMs).toBeGreaterThan(0);
    expect(lifetimeMs).toBeLessThanOrEqual(7_200_000);
    const table = await run(['token', 'list', '--user', 'a'], env);
    expect(table.stdout).toMatch(
      /^id +user +issued +expires +unused until +name\n\w{18} +a +2\S+Z +2\S+Z +2\S+Z +my laptop\n$/,
    );
    const rotated = await run(['rotate-key'], env);
    expect(rotated).toEqual(done('a new key is in use; app secrets encrypted with it: 1\n'));
    const prepared = await run(['rotate-key', '--prepare'], env);
    expect(prepared.stdout).toMatch(
      /^the next key is in the key file .*: copy it to the other machines, then rotate\n$/,
    );
    const keys = readFileSync(join(storage.data, 'key'), 'utf8').trim().split('\n');
    expect(keys).toHaveLength(3);
    expect(keys[2]).toBe(key);
    if (process.platform !== 'win32') expect(statSync(join(storage.data, 'key')).mode & 0o777).toBe(0o600);
    const json = await run(['app', 'list', '--json'], env);
    expect(JSON.parse(json.stdout)).toMatchObject([{ id: appId, user: 'b', name: null, expires: null }]);

    const known = await run(['token', 'revoke', one.id], env);
    expect(known).toEqual(done(`${one.id}\n`));
    const secret = await run(['app', 'revoke', token], env);
    expect(secret).toEqual(refused('an id must be one that app list prints: 64 hex digits'));
    const both = await run(['app', 'revoke', appId, 'f'.repeat(64)], env);
    expect(both).toEqual(refused(`there is no app ${'f'.repeat(64)}: see app list`, `${appId}\n`));
    expect([await listed('token', options), await listed('app', options)]).toEqual([[], []]);

    const told = [table, rotated, prepared, json, known, secret].map(({ stdout, stderr }) => stdout + stderr).join();
    for (const hidden of [token, appSecret, ...keys]) expect(told).not.toContain(hidden);
  });
});

describe.skipIf(process.platform === 'win32')('a credential that cannot be printed', () => {
  it.each<[string, 'token' | 'app', (args: string[]) => Promise<Finished>, RegExp]>([
    ['stdout is closed', 'token', (args) => run(args, {}, '>&-'), /it is closed, or goes to \/dev\/null/],
    ['stdout goes to /dev/null', 'app', (args) => run(args, {}, '>/dev/null'), /it is closed, or goes to \/dev\/null/],
    ['its disk is full', 'token', (args) => run(args, {}, '>/dev/full'), /ENOSPC/],
    ['nobody reads the pipe', 'app', unread, /EPIPE/],
  ])('is not issued if %s', async (_, kind, runUnprinted, reason) => {
    await (await openStorage({ data })).store.close();
    const { code, stdout, stderr } = await runUnprinted([kind, '--user', 'a']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^koodrive-server: nothing was issued, because stdout cannot be written: [^\n]+\n$/);
    expect(stderr).toMatch(reason);
    expect(await listed(kind)).toEqual([]);
  });

  /** Runs the command with a pipe whose reader has gone before anything is written. */
  async function unread(args: string[]): Promise<Finished> {
    const child = spawn(process.execPath, [cli, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, KOODRIVE_DATA: data },
    });
    child.stdout.destroy();
    const [[code], stderr] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    return { code, stdout: '', stderr };
  }

  it('is on disk before it is issued, if stdout is a file', async () => {
    const file = join(folder, 'token');
    expect(await run(['token', '--user', 'a'], {}, `>'${file}'`)).toMatchObject({ code: 0, stdout: '' });
    const [{ id } = expect.fail()] = await listed('token');
    const token = readFileSync(file, 'utf8').trim();
    expect(Buffer.from(hashToken(token), 'base64url').toString('hex').startsWith(id)).toBe(true);
  });
});

it('the commands report that a printed credential may not be valid if it could not be stored', async () => {
  const { store } = await openStorage({ data });
  await store.transact('query', 'ALTER TABLE tokens RENAME TO elsewhere');
  await store.close();
  const { code, stdout, stderr } = await run(['token', '--user', 'a']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringMatching(/^[\da-f]{48}\n$/) });
  expect(stderr).toMatch(
    /^koodrive-server: the printed credential may not be valid, so issue another one: [^\n]*tokens[^\n]*\n$/,
  );
});

it('the commands create no store in a mistyped folder', async () => {
  const noStore = `there is no store in ${data}: check --data`;
  await expect(list('token', { data })).rejects.toThrow(noStore);
  await expect(revoke('app', ['f'.repeat(64)], { data })).rejects.toThrow(noStore);
  await expect(rotateKey({ data })).rejects.toThrow(noStore);
  await expect(writeBackup(join(folder, 'copy'), { data })).rejects.toThrow('there is no database');
  expect(existsSync(data)).toBe(false);
});

it('the commands refuse to back up PostgreSQL, which has its own tools', async () => {
  const options = { data, databaseUrl: 'postgres://a:hidden@b/c' };
  for (const command of [writeBackup, verifyBackup, restoreBackup]) {
    await expect(command(join(folder, 'copy'), options)).rejects.toThrow(
      'this command is for SQLite: use pg_dump and pg_restore',
    );
  }
});

it('the commands back up and restore a store whose key is elsewhere', async () => {
  const keyFile = join(folder, 'keys', 'key');
  const env = { KOODRIVE_KEY_FILE: keyFile };
  const options = { data, keyFile };
  const copy = join(folder, 'copy');
  await (await openStorage(options)).store.close();
  expect(await run(['backup', copy], env)).toEqual(done(expect.stringContaining(`${copy} is a copy of the database`)));
  const facts = /^.*copy is sound: schema version \d+, 0 records\n$/;
  expect(await run(['verify', copy], env)).toEqual(done(expect.stringMatching(facts)));
  await expect(verifyBackup(copy, { data })).rejects.toThrow(`the key file ${join(data, 'key')} is missing`);
  const restored = await run(['restore', copy], env);
  expect(restored.stdout).toMatch(
    /^.*copy was restored: schema version \d+, 0 records\nthe old database is kept as .*-before-\w+\n$/,
  );
  expect(await listed('app', options)).toEqual([]);
  expect(readdirSync(data).filter((name) => !name.includes('-before-'))).toEqual(['lock', 'records.sqlite']);
});
