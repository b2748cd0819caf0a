import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer } from './index.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'koodrive-start-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

describe('startServer', () => {
  it('lets nobody else read what it keeps, in a folder that others may read', async () => {
    const server = await startServer({ data });
    await server.issueToken('7');
    const others = readdirSync(data).filter((name) => statSync(join(data, name)).mode & 0o077);
    expect(others).toEqual([]);
    await server.close();
  });

  it.each(['', 'a b', '7\n', undefined, null, {}])('issues nothing to the user %j', async (userId) => {
    const server = await startServer({ data });
    await expect(server.issueToken(userId as string)).rejects.toThrow('a user id must be visible ASCII');
    await expect(server.issueApp(userId as string)).rejects.toThrow(TypeError);
    await server.close();
  });

  it('tells the time of its clock in the header Date, by which a client sets its own', async () => {
    const now = Date.UTC(2031, 0, 1);
    const server = await startServer({ data, now: () => now });
    const { headers } = await fetch(server.url);
    expect(headers.get('date')).toBe(new Date(now).toUTCString());
    await server.close();
  });

  it('makes no key in place of the one that a database was made with', async () => {
    await (await startServer({ data })).close();
    rmSync(join(data, 'key'));
    await expect(startServer({ data })).rejects.toThrow('is missing');
    expect(existsSync(join(data, 'key'))).toBe(false);
  });

  it('says that its folder is none', async () => {
    const file = join(data, 'file');
    writeFileSync(file, '');
    await expect(startServer({ data: file })).rejects.toThrow(`${file} is not a folder`);
  });
});

it.skipIf(!existsSync('/dev/full'))(
  'a server whose log cannot be written goes on, and ends when it is told',
  async () => {
    const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
    const args = [cli, '--port', '0', '--admin-port', '0', '--data', data];
    const child = spawn(process.execPath, args, { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
    let told = '';
    child.stderr?.on('data', (chunk) => {
      told += chunk;
    });
    const exit = once(child, 'exit');
    await expect.poll(() => existsSync(join(data, 'records.sqlite')), { timeout: 10_000 }).toBe(true);
    await expect.poll(() => told, { timeout: 10_000 }).toContain('the log cannot be written');
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(told).not.toContain('    at ');
  },
);
