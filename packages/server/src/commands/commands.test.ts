import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { describeEngines } from '../../test/engines.ts';
import type { ListedCredential } from '../auth/credentials.ts';
import { hashToken } from '../auth/tokens.ts';
import { openStorage } from '../store/open-store.ts';

// The commands as processes: what is printed, and what is not; each costs as much as fifty requests.

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
 * @param stdout What its shell does with stdout, such as `>&-`, which closes it.
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

async function listed(kind: 'token' | 'app', env: NodeJS.ProcessEnv = {}): Promise<ListedCredential[]> {
  const { code, stdout, stderr } = await run([kind, 'list', '--json'], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

describeEngines((make) => {
  it('issue, list and revoke credentials, and rotate the key, without a secret where it does not belong', async () => {
    using storage = await make();
    const env = { KOODRIVE_DATA: storage.data, KOODRIVE_DATABASE_URL: storage.databaseUrl };
    const isNew = `koodrive-server: there was no store in ${storage.data}, and a new one was made\n`;
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

    const [one = expect.fail()] = await listed('token', env);
    expect(one).toMatchObject({ user: 'a', name: 'my laptop' });
    expect(Date.parse(`${one.expires}`) - Date.parse(`${one.issued}`)).toBeGreaterThan(7_190_000);
    expect(await listed('app', env)).toMatchObject([{ id: appId, user: 'b', name: null, expires: null }]);
    const table = await run(['token', 'list', '--user', 'a'], env);
    expect(table.stdout).toMatch(
      /^id +user +issued +expires +unused until +name\n\w{18} +a +2\S+Z +2\S+Z +2\S+Z +my laptop\n$/,
    );
    const none = await run(['token', 'list', '--user', 'b'], env);
    expect(none.stdout).toBe('id  user  issued  expires  unused until  name\n');

    const rotated = await run(['rotate-key'], env);
    expect(rotated).toEqual(done('a new key is in use, and 1 app secrets were encrypted with it\n'));
    const prepared = await run(['rotate-key', '--prepare'], env);
    expect(prepared.stdout).toMatch(
      /^the next key is in the key file .*: copy it to the other machines, then rotate\n$/,
    );
    const keys = readFileSync(join(storage.data, 'key'), 'utf8').trim().split('\n');
    expect(keys).toHaveLength(3);
    expect(keys[2]).toBe(key);
    if (process.platform !== 'win32') expect(statSync(join(storage.data, 'key')).mode & 0o777).toBe(0o600);
    const byVariable = await run(['rotate-key'], { ...env, KOODRIVE_KEY: keys.join(' ') });
    expect(byVariable.stdout).toBe(rotated.stdout);

    const known = await run(['token', 'revoke', one.id], env);
    expect(known).toEqual(done(`${one.id}\n`));
    expect(await run(['token', 'revoke', one.id], env)).toEqual(refused(`there is no token ${one.id}: see token list`));
    const secret = await run(['app', 'revoke', token], env);
    expect(secret).toEqual(refused('an id that app list prints is needed: 64 hex digits'));
    expect((await run(['app', 'revoke', appId], env)).code).toBe(0);
    expect([await listed('token', env), await listed('app', env)]).toEqual([[], []]);

    const told = [table, rotated, prepared, byVariable, known, secret]
      .map(({ stdout, stderr }) => stdout + stderr)
      .join();
    for (const hidden of [token, appSecret, ...keys]) expect(told).not.toContain(hidden);
  });
});

describe.skipIf(process.platform === 'win32')('a credential that cannot be printed', () => {
  it.each<[string, (args: string[]) => Promise<Finished>, RegExp]>([
    ['stdout is closed', (args) => run(args, {}, '>&-'), /it is closed, or goes to \/dev\/null/],
    ['stdout goes to /dev/null', (args) => run(args, {}, '>/dev/null'), /it is closed, or goes to \/dev\/null/],
    ['its disk is full', (args) => run(args, {}, '>/dev/full'), /ENOSPC/],
    ['nobody reads the pipe', unread, /EPIPE/],
  ])('is not issued if %s', async (_, runUnprinted, reason) => {
    await (await openStorage({ data })).store.close();
    for (const kind of ['token', 'app'] as const) {
      const finished = await runUnprinted([kind, '--user', 'a']);
      expect(finished).toMatchObject({ code: 2, stdout: '' });
      expect(finished.stderr).toMatch(
        /^koodrive-server: nothing was issued, because stdout cannot be written: [^\n]+\n$/,
      );
      expect(finished.stderr).toMatch(reason);
      expect(await listed(kind)).toEqual([]);
    }
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

  it('is on disk when it was issued, if stdout is a file', async () => {
    const file = join(folder, 'token');
    expect(await run(['token', '--user', 'a'], {}, `>'${file}'`)).toMatchObject({ code: 0, stdout: '' });
    const [{ id } = expect.fail()] = await listed('token');
    const token = readFileSync(file, 'utf8').trim();
    expect(Buffer.from(hashToken(token), 'base64url').toString('hex').startsWith(id)).toBe(true);
  });
});

it('say that a credential which was printed may not be good if it could not be stored', async () => {
  const { store } = await openStorage({ data });
  await store.transact('query', 'ALTER TABLE tokens RENAME TO elsewhere');
  await store.close();
  const { code, stdout, stderr } = await run(['token', '--user', 'a']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringMatching(/^[\da-f]{48}\n$/) });
  expect(stderr).toMatch(/^koodrive-server: what was printed may not be good, so issue another: [^\n]*tokens\n$/);
});

it.each([['token', 'list'], ['app', 'revoke', 'f'.repeat(64)], ['rotate-key']])(
  'make no store in a folder that was mistyped: %s %s',
  async (...args) => {
    expect(await run(args)).toEqual(refused(`there is no store in ${data}`));
    expect(existsSync(data)).toBe(false);
  },
);

it('back a store up and restore it, with a key that is elsewhere', async () => {
  const env = { KOODRIVE_KEY_FILE: join(folder, 'keys', 'key') };
  const copy = join(folder, 'copy');
  await run(['app', '--user', 'a'], env);
  const backedUp = await run(['backup', copy], env);
  expect(backedUp).toEqual(done(expect.stringContaining(`${copy} is a copy of the database`)));
  const facts = /^.*copy is sound: schema version \d+, 0 records\n$/;
  expect(await run(['verify', copy], env)).toEqual(done(expect.stringMatching(facts)));
  expect((await run(['verify', copy])).stderr).toContain(`the key file ${join(data, 'key')} is missing`);
  const apps = await listed('app', env);
  await run(['app', 'revoke', `${apps[0]?.id}`], env);
  const restored = await run(['restore', copy], env);
  expect(restored.stdout).toMatch(
    /^.*copy was restored: schema version \d+, 0 records\nthe database that was there before is .*-before-\w+\n$/,
  );
  expect(await listed('app', env)).toEqual(apps);
  expect(readdirSync(data).filter((name) => !name.includes('-before-'))).toEqual(['lock', 'records.sqlite']);
  for (const command of ['backup', 'verify', 'restore']) {
    const postgres = await run([command, copy], { KOODRIVE_DATABASE_URL: 'postgres://a:hidden@b/c' });
    expect(postgres).toEqual(refused('this is for SQLite: pg_dump and pg_restore do it for PostgreSQL'));
  }
});
