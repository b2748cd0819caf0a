import { once } from 'node:events';
import type { Server } from 'node:http';
import type { OnAnswer } from '@koodrive-backup/spec/front';
import { cannotListen, urlOf } from '@koodrive-backup/spec/serving';
import { createApi } from './api.ts';
import { type App, issueApp, issueToken } from './auth/credentials.ts';
import { createIdSource } from './backup/ids.ts';
import { createAdmin } from './ops/admin.ts';
import { createMetrics } from './ops/metrics.ts';
import { createReadiness } from './ops/readiness.ts';
import { sweep } from './ops/sweep.ts';
import { checkOptions, type ServerOptions } from './server-options.ts';
import { openStorage } from './store/open-store.ts';

/** A server that is listening. */
export interface BackupServer {
  /** Base URL without a trailing slash, such as `http://127.0.0.1:4020`. */
  readonly url: string;
  /** Base URL of health and metrics, where there are any. */
  readonly adminUrl: string | undefined;
  /**
   * Issues an access token for a user. It lasts for 20 minutes after each use.
   *
   * @throws TypeError where the id cannot be a user's.
   */
  issueToken(userId: string): Promise<string>;
  /**
   * Issues an app id and an app secret for a user.
   *
   * @throws TypeError where the id cannot be a user's.
   */
  issueApp(userId: string): Promise<App>;
  /** Stops: finishes what is under way, for ten seconds at most, and lets go of the store. May be called again. */
  close(): Promise<void>;
}

/** How often the store is looked after, and what has come to its end removed, in milliseconds. */
const sweepMs = 10_000;
/** How long requests under way may take to end once the server stops, in milliseconds. */
const graceMs = 8000;

/**
 * Starts a reference provider of the contract in this process. It keeps the process alive until it is closed.
 *
 * @throws TypeError that names the option which is none, or has a value of another kind.
 * @throws Error with a message for the reader where the store cannot be opened, or a port or host cannot be had.
 */
export async function startServer(options: ServerOptions = {}): Promise<BackupServer> {
  checkOptions(options);
  const {
    host = '127.0.0.1',
    port = 0,
    adminPort,
    now = Date.now,
    maxDevicesPerUser = 1000,
    onAnswer,
    onReadiness,
  } = options;
  const { store, keys } = await openStorage(options);
  const metrics = createMetrics();
  const services = { store, keys, now, ids: createIdSource(store, now), maxDevicesPerUser };
  const tell: OnAnswer = (answer) => {
    metrics.observe(answer);
    onAnswer?.(answer);
  };
  const { server: api } = createApi(services, tell, options);
  let closing: Promise<void> | undefined;
  const checkReadiness = createReadiness(store, onReadiness);
  const admin = createAdmin(metrics, checkReadiness, () => closing !== undefined);
  const sweeping = setInterval(() => {
    checkReadiness();
    // What cannot be removed now is removed the next time.
    sweep(store, now).catch(metrics.sweepFailed);
  }, sweepMs);

  async function close(): Promise<void> {
    clearInterval(sweeping);
    const grace = setTimeout(() => api.closeAllConnections(), graceMs);
    await closed(api);
    clearTimeout(grace);
    admin.closeAllConnections();
    await closed(admin);
    await store.close();
  }

  try {
    await explained(listen(api, port, host), host, port);
    if (adminPort !== undefined) await explained(listen(admin, adminPort, host), host, adminPort);
  } catch (error) {
    await close();
    throw error;
  }

  return {
    url: urlOf(api),
    adminUrl: adminPort === undefined ? undefined : urlOf(admin),
    issueToken: (userId) => issueToken(store, userId, now()),
    issueApp: (userId) => issueApp(store, keys, userId),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** How many connections may wait to be accepted. */
const backlog = 4096;

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen({ port, host, backlog });
  await once(server, 'listening');
}

/** Stops listening, and waits until all connections have ended. */
async function closed(server: Server): Promise<void> {
  if (server.listening) await new Promise((resolve) => server.close(resolve));
}

async function explained(listening: Promise<unknown>, host: string, port: number): Promise<void> {
  try {
    await listening;
  } catch (error) {
    throw cannotListen(error, host, port);
  }
}
