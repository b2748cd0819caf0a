import { execFileSync, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@koodrive-backup/testkit/free-port';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { hangMs } from '../../test/hang.ts';
import { isSoak } from '../../test/soak.ts';
import { checkPostgres } from './check-postgres.ts';
import { openPostgresStore } from './postgres-store.ts';
import * as transactions from './transactions.ts';

const postgresUrl = inject('postgresUrl');
const sharedSessions = /^a pooler \(such as PgBouncer\) gives .*: set pool_mode = session/;

describe('behind a pooler', () => {
  it.each(['with a session of its own', 'behind nothing'])('a client %s is accepted', async (how) => {
    await using pooler = await startFakePooler((client) =>
      how === 'behind nothing' ? clientId(client) : 100 + client,
    );
    await expect(checkPostgres(pooler.url, hangMs)).resolves.toBeUndefined();
    expect(pooler.clients()).toBe(how === 'behind nothing' ? 1 : 2);
  });

  it.each([
    ['the second client has the session of the first', () => 100],
    ['the first client has lost its session', (client: number, asked: number) => 100 + 10 * client + asked],
  ])('a client is refused if %s', async (_, session) => {
    await using pooler = await startFakePooler(session);
    await expect(checkPostgres(pooler.url, hangMs)).rejects.toThrow(sharedSessions);
  });

  it('a client is refused if the pooler refuses transactions', async () => {
    await using pooler = await startFakePooler((client) => 100 + client, true);
    await expect(checkPostgres(pooler.url, hangMs)).rejects.toThrow(sharedSessions);
  });
});

describe.skipIf(!postgresUrl)('a database', () => {
  it.each(['SQL_ASCII', 'LATIN1'])('that cannot hold every text is refused: %s', async (encoding) => {
    const url = await createRealDatabase(`TEMPLATE template0 ENCODING '${encoding}' LOCALE 'C'`);
    await expect(openPostgresStore(url.href, transactions)).rejects.toThrow(
      `PostgreSQL: the database has the encoding ${encoding}, which cannot hold every text: create it with UTF8`,
    );
  });

  describe.skipIf(!isSoak || !hasPgBouncer())('behind PgBouncer', () => {
    it('is used if sessions stay with their clients', async () => {
      const url = await createRealDatabase();
      await using bouncer = await startPgBouncer(url, 'session');
      const store = await openPostgresStore(bouncer.url, transactions);
      await store.transact('takeLock', 'u', '101', 'l', 1);
      const create = (_: unknown, i: number) => store.transact('createRecord', 'u', 'l', `${i}`, '101', 'd', '{}', 2);
      const created = await Promise.all(Array.from({ length: 100 }, create));
      expect(created.filter((record) => record?.version === 1)).toHaveLength(100);
      await store.close();
    });

    it.each(['transaction', 'statement'])('is refused with pool_mode = %s', async (mode) => {
      const url = await createRealDatabase();
      await using bouncer = await startPgBouncer(url, mode);
      await expect(openPostgresStore(bouncer.url, transactions)).rejects.toThrow(/PostgreSQL: a pooler .* pool_mode/);
    });
  });
});

/** Creates a database, not only a schema, because poolers and encodings belong to databases. */
async function createRealDatabase(how = ''): Promise<URL> {
  const url = new URL('/postgres', postgresUrl);
  const name = `test_${Math.random().toString(36).slice(2)}`;
  const client = new pg.Client(url.href);
  await client.connect();
  await client.query(`CREATE DATABASE ${name} ${how}`);
  await client.end();
  url.pathname = name;
  return url;
}

function hasPgBouncer(): boolean {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function startPgBouncer(database: URL, mode: string): Promise<{ url: string } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-pgbouncer-'));
  const port = await freePort();
  const [settings, users] = [join(folder, 'pgbouncer.ini'), join(folder, 'users.txt')];
  writeFileSync(users, `"${database.username}" "${database.password}"`);
  const lines = [
    ...['[databases]', `* = host=${database.hostname} port=${database.port}`, '[pgbouncer]', 'unix_socket_dir ='],
    ...['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'auth_type = plain', `auth_file = ${users}`],
    ...[`pool_mode = ${mode}`, 'default_pool_size = 50'],
  ];
  writeFileSync(settings, lines.join('\n'));
  execFileSync('chmod', ['-R', 'a+rX', folder]);
  // PgBouncer refuses to run as root.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn('pgbouncer', [...user, settings], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.setEncoding('utf8');
  for await (const [text] of on(child.stderr, 'data')) if (text.includes('process up')) break;
  const url = new URL(database);
  url.port = `${port}`;
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      rmSync(folder, { recursive: true });
    },
  };
}

/** The session id that PostgreSQL sends when a client connects, if there is no pooler in between. */
const clientId = (client: number): number => 1000 + client;

/**
 * Starts a server that answers like PgBouncer, as far as {@link checkPostgres} asks.
 *
 * @param session Returns the session that serves a client's query.
 * @param refusesTransactions Whether it refuses transactions, like `pool_mode = statement`.
 */
async function startFakePooler(
  session: (client: number, asked: number) => number,
  refusesTransactions = false,
): Promise<{ url: string; clients(): number } & AsyncDisposable> {
  let clients = 0;
  const server = createServer((socket: Socket) => {
    const client = ++clients;
    let asked = 0;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (text.startsWith('X')) return void socket.end();
      if (!text.startsWith('Q')) {
        return void socket.write(
          Buffer.concat([message('R', int(0)), message('K', int(clientId(client)), int(1)), ready('I')]),
        );
      }
      if (text.includes('BEGIN') && refusesTransactions) {
        const fields = 'SERROR\0C08P01\0Mtransaction blocks not allowed in statement pooling mode\0\0';
        return void socket.write(Buffer.concat([message('E', Buffer.from(fields)), ready('I')]));
      }
      if (text.includes('BEGIN')) {
        return void socket.write(Buffer.concat([message('C', Buffer.from('BEGIN\0')), ready('T')]));
      }
      const values = ['UTF8', `${session(client, asked++)}`];
      const columns = ['encoding', 'session'].map((name, i) =>
        Buffer.concat([
          Buffer.from(`${name}\0`),
          int(0),
          short(0),
          int(i === 0 ? 25 : 23),
          short(-1),
          int(-1),
          short(0),
        ]),
      );
      const cells = values.map((value) => Buffer.concat([int(value.length), Buffer.from(value)]));
      socket.write(
        Buffer.concat([
          message('T', short(2), ...columns),
          message('D', short(2), ...cells),
          message('C', Buffer.from('SELECT 1\0')),
          ready('I'),
        ]),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `postgres://u@127.0.0.1:${port}/d`,
    clients: () => clients,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ready = (status: string): Buffer => message('Z', Buffer.from(status));

function message(type: string, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int(content.length + 4), content]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
