import type { OnAnswer } from '@koodrive-backup/spec/front';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import packageJson from '../../package.json' with { type: 'json' };
import type { ApiLoad } from '../api.ts';
import { type ReachedLimit, type Store, StoreUnavailable } from '../store/store.ts';
import type { OnReadiness } from './readiness.ts';

/**
 * The limits. When one is reached: `connections`: a connection is closed. `bytes_in_flight`: a request is given up.
 * `unread_answers`: the connection of an answer that was left unread for too long is closed. `queued`, `store_time`: a
 * request is refused, because too many wait for the store, or the store takes too long. `devices`: a user's next device
 * is refused. `log_lines`: a line is left out of the log.
 */
type Limit = 'connections' | 'bytes_in_flight' | 'unread_answers' | ReachedLimit | 'devices' | 'log_lines';

/** The metrics of a server. */
export interface Metrics {
  registry: Registry;
  /** Counts an answer. */
  answered: OnAnswer;
  /** Shows whether the server is ready. */
  readinessChanged: OnReadiness;
  /** Shows a number. `read` is called whenever the metrics are read. */
  gauge(name: string, help: string, read: () => number): void;
  /** Counts that a limit was reached once. */
  limitReached(limit: Limit): void;
  /** Shows how often a limit was reached. `read` is called whenever the metrics are read. */
  showLimit(limit: Limit, read: () => number): void;
  /** Adds a commit, with the milliseconds that the disk took. */
  committed(ms: number): void;
  /** Counts a failed attempt to remove deleted records, and expired locks, tokens and apps. */
  sweepFailed(): void;
}

/** Creates the metrics of one server: those of its answers, its limits and its store, and those of the process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: 'koodrive_requests_total',
    help: 'Requests that were answered, by operation and HTTP status.',
    labelNames: ['operation', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'koodrive_request_duration_seconds',
    help: 'Time from a request to the end of its answer, by operation.',
    labelNames: ['operation'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const commits = new Histogram({
    name: 'koodrive_commit_duration_seconds',
    help: 'Time that the store took to make changes durable.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const ready = new Gauge({
    name: 'koodrive_ready',
    help: '1 if a record could be created when this was last checked, otherwise 0.',
    registers,
  });
  // The server has just opened its store.
  ready.set(1);
  new Gauge({
    name: 'koodrive_build_info',
    help: 'Always 1; the labels are the versions of the server and of Node.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version: packageJson.version, node: process.versions.node }, 1);
  const sweepFailures = new Counter({
    name: 'koodrive_sweep_failures_total',
    help: 'Times that deleted records and expired locks, tokens and apps could not be removed.',
    registers,
  });
  const shownLimits = new Map<Limit, () => number>();
  const limits = new Counter({
    name: 'koodrive_limit_reached_total',
    help: 'Times that something was refused, closed or left out because a limit was reached, by limit.',
    labelNames: ['limit'],
    registers,
    collect() {
      for (const [limit, read] of shownLimits) {
        this.remove({ limit });
        this.inc({ limit }, read());
      }
    },
  });
  // Looked up once for each operation and status, because looking a counter up costs more than counting.
  const counters = new Map<string, { inc: () => void; observe: (value: number) => void }>();
  return {
    registry,
    readinessChanged: (error) => ready.set(error === undefined ? 1 : 0),
    sweepFailed: () => sweepFailures.inc(),
    committed: (ms) => commits.observe(ms / 1000),
    limitReached: (limit) => limits.inc({ limit }),
    showLimit: (limit, read) => void shownLimits.set(limit, read),
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    answered({ operation = 'none', status, durationMs, error }) {
      const limit = limitReached(operation, status, error);
      if (limit) limits.inc({ limit });
      const key = `${operation} ${status}`;
      let counter = counters.get(key);
      if (!counter) {
        const [count, duration] = [requests.labels({ operation, status }), seconds.labels({ operation })];
        counter = { inc: () => count.inc(), observe: (value) => duration.observe(value) };
        counters.set(key, counter);
      }
      counter.inc();
      counter.observe(durationMs / 1000);
    },
  };
}

function limitReached(operation: string, status: number, error: unknown): Limit | undefined {
  if (error instanceof StoreUnavailable) return error.limit;
  // This is the only reason for which bindDevice answers 409.
  return operation === 'bindDevice' && status === 409 ? 'devices' : undefined;
}

/** Shows the load of a server, and how often it reached its limits. */
export function showLoad({ gauge, showLimit }: Metrics, api: () => ApiLoad, store: Store['load']): void {
  gauge('koodrive_connections', 'Open connections to the API.', () => api().connections);
  gauge('koodrive_bytes_in_flight', 'Bytes of bodies and answers that wait in memory.', () => api().bytesInFlight);
  gauge(
    'koodrive_store_reads',
    'Reads that wait for the store, those under way included.',
    () => store().reads + api().waitingReads,
  );
  gauge(
    'koodrive_store_changes',
    'Changes that wait for the store, those under way included.',
    () => store().changes + api().waitingChanges,
  );
  gauge('koodrive_store_connections', 'Open connections to PostgreSQL; 0 on SQLite.', () => store().connections ?? 0);
  showLimit('connections', () => api().closedConnections);
  showLimit('bytes_in_flight', () => api().givenUpRequests);
  showLimit('unread_answers', () => api().unreadAnswers);
}
