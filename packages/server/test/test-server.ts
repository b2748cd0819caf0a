import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, type BackupServer, type ServerOptions, startServer } from '../src/index.ts';
import { patientMs } from './open-test-store.ts';

/** A server with data and a clock of its own. */
export interface TestServer extends BackupServer {
  /** Its data folder, which is removed when the server is closed. */
  readonly data: string;
  /** The time of its clock, in milliseconds since the Unix epoch. It passes only if a test changes it. */
  time: number;
  /** Returns a new user with a token and an app, whom no other test uses. */
  newUser(): Promise<User>;
  /** Closes the server, and starts and returns another one with the same data. The old one can no longer be used. */
  restart(): Promise<TestServer>;
}

/** Someone who can call operations. */
export interface User {
  id: string;
  token: string;
  app: App;
}

/** Starts a server on a free port with a new folder. */
export async function startTestServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const data = mkdtempSync(join(tmpdir(), 'koodrive-server-test-'));
  try {
    return await startIn(data, Date.UTC(2026, 10, 23, 12), options);
  } catch (error) {
    rmSync(data, { recursive: true });
    throw error;
  }
}

let users = 0;

async function startIn(data: string, startTime: number, options: Partial<ServerOptions>): Promise<TestServer> {
  let time = startTime;
  const server = await startServer({ data, now: () => time, storeTimeoutMs: patientMs, ...options });
  return {
    ...server,
    data,
    get time() {
      return time;
    },
    set time(value) {
      time = value;
    },
    async newUser() {
      const id = `user-${++users}`;
      return { id, token: await server.issueToken(id), app: await server.issueApp(id) };
    },
    async restart() {
      await server.close();
      return startIn(data, time, options);
    },
    async close() {
      await server.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
