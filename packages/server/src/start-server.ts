import { once } from 'node:events';
import type { Server } from 'node:http';
import type { OnAnswer } from '@koodrive-backup/spec/front';
import { cannotListen, urlOf } from '@koodrive-backup/spec/serving';
import { createApi } from './api.ts';
import { type App, issueApp, newApp } from './auth/apps.ts';
import type { CredentialOptions } from './auth/credentials.ts';
import { issueToken, newToken } from './auth/tokens.ts';
import { createIdSource } from './backup/ids.ts';
import { defaultServerLimits } from './limits.ts';
import { createAdmin } from './ops/admin.ts';
import { createDrain } from './ops/drain.ts';
import { createLog } from './ops/log.ts';
import { createMetrics, showLoad } from './ops/metrics.ts';
import { createReadiness } from './ops/readiness.ts';
import type { LogOutput } from './ops/stdout.ts';
import { sweep } from './ops/sweep.ts';
import { checkOptions, type ServerOptions } from './server-options.ts';
import { openStorage } from './store/open-store.ts';
import type { Store } from './store/store.ts';

/** A server that is listening. */
export interface BackupServer {
  /** Base URL without a trailing slash, such as `http://127.0.0.1:4020`. */
  readonly url: string;
  /** Base URL of health and metrics; `undefined` without `adminPort`. */
  readonly adminUrl: string | undefined;
  /**
   * Issues an access token for a user. It lasts for 20 minutes after each use, and until `expiresAt` at most.
   *
   * @throws TypeError if `userId` cannot be a user's id, or an option is invalid.
   */
  issueToken(userId: string, options?: CredentialOptions): Promise<string>;
  /**
   * Issues an app id and an app secret for a user.
   *
   * @throws TypeError if `userId` cannot be a user's id, or an option is invalid.
   */
  issueApp(userId: string, options?: CredentialOptions): Promise<App>;
  /**
   * Stops the server. Ends idle connections at once, and the others when their answers have been read, after eight
   * seconds at the latest; then closes the store. May be called again.
   *
   * @throws Error if the store has not finished after nine seconds, for example because its disk hangs. Everything
   *   that was acknowledged is kept.
   */
  close(): Promise<void>;
}

/** How often readiness is checked, and expired and deleted data are removed, in milliseconds. */
const sweepMs = 10_000;
/** How long requests under way may take after the server was told to stop, in milliseconds. */
const graceMs = 8000;
/** How long stopping may take in all, in milliseconds. Container engines kill a process after ten seconds. */
const stopMs = 9000;

const nowhere: LogOutput = { write() {} };

/**
 * Starts a reference provider of the contract in this process. It keeps the process alive until it is closed.
 *
 * @throws TypeError that names an option that does not exist or has an invalid value.
 * @throws Error with a message for the user if the store cannot be opened, or the server cannot listen on a port or
 *   host.
 */
export async function startServer(options: ServerOptions = {}): Promise<BackupServer> {
  checkOptions(options);
  const { host = '127.0.0.1', port = 0, adminHost = '127.0.0.1', adminPort, now = Date.now } = options;
  const { maxDevicesPerUser = defaultServerLimits.maxDevicesPerUser } = options;
  const { anonymousLogLines: anonymousLines = defaultServerLimits.anonymousLogLines } = options;
  const { log: output = nowhere, logLevel: level = 'info' } = options;
  const metrics = createMetrics();
  const { store, keys } = await openStorage({ ...options, onCommit: metrics.committed });
  const log = createLog({ output, level, anonymousLines, now, onLeftOut: () => metrics.limitReached('log_lines') });
  const services = { store, keys, now, ids: createIdSource(store, now), maxDevicesPerUser };
  /** Calls a function of the application. Its errors are logged, because they must not end the server. */
  function callHook<Value>(name: string, hook: ((value: Value) => unknown) | undefined, value: Value): void {
    // Called inside a promise, so that `catch` also gets an error that it throws synchronously.
    new Promise((resolve) => resolve(hook?.(value))).catch((error) => log.hookFailed(name, error));
  }
  const tell: OnAnswer = (answer) => {
    metrics.answered(answer);
    log.answered(answer);
    callHook('onAnswer', options.onAnswer, answer);
  };
  const { server: api, load } = createApi(services, tell, options);
  const drain = createDrain(api);
  showLoad(metrics, load, store.load);
  let closing: Promise<void> | undefined;
  const checkReadiness = createReadiness(
    store,
    (error) => {
      metrics.readinessChanged(error);
      log.readinessChanged(error);
      callHook('onReadiness', options.onReadiness, error);
    },
    now,
  );
  const admin = createAdmin(metrics, checkReadiness, () => closing !== undefined);
  const sweeping = setInterval(() => {
    log.reportLeftOut();
    checkReadiness();
    // So that this server soon uses a new key after another process has rotated it.
    keys.refresh();
    // Data that cannot be removed now is removed the next time.
    sweep(store, now).catch(metrics.sweepFailed);
  }, sweepMs);

  async function close(): Promise<void> {
    const endsAt = performance.now() + stopMs;
    clearInterval(sweeping);
    await drain(graceMs);
    log.reportLeftOut();
    admin.closeAllConnections();
    await closed(admin);
    try {
      await closedInTime(store, endsAt - performance.now());
    } catch (error) {
      log.readinessChanged(error);
      throw error;
    }
  }

  try {
    await explained(listen(api, port, host), host, port);
    if (adminPort !== undefined) await explained(listen(admin, adminPort, adminHost), adminHost, adminPort);
  } catch (error) {
    await close();
    throw error;
  }

  return {
    url: urlOf(api),
    adminUrl: adminPort === undefined ? undefined : urlOf(admin),
    async issueToken(userId, credentialOptions = {}) {
      const token = newToken();
      await issueToken(store, token, userId, credentialOptions, now());
      return token;
    },
    async issueApp(userId, credentialOptions = {}) {
      const app = newApp();
      await issueApp(store, keys, app, userId, credentialOptions, now());
      return app;
    },
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

/** Closes a store, but does not wait for one that hangs. */
async function closedInTime(store: Store, ms: number): Promise<void> {
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => deadline.reject(new Error('the store did not finish its work in time')), ms);
  try {
    // The store gives up after its own time without an error. That time is longer, so that giving up does not pass for
    // success.
    await Promise.race([store.close(2 * ms), deadline.promise]);
  } finally {
    clearTimeout(timer);
  }
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
