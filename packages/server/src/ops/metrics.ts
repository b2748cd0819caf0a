import type { OnAnswer } from '@koodrive-backup/spec/front';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What a server counts. */
export interface Metrics {
  registry: Registry;
  observe: OnAnswer;
  /** Counts a time that what has come to its end could not be removed. */
  sweepFailed: () => void;
}

/** Makes the metrics of one server: requests by operation and status, and those of the process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'koodrive_requests_total',
    help: 'Requests that were answered, by operation and HTTP status.',
    labelNames: ['operation', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'koodrive_request_duration_seconds',
    help: 'Time from a request to the end of its answer, by operation.',
    labelNames: ['operation'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  const sweepFailures = new Counter({
    name: 'koodrive_sweep_failures_total',
    help: 'Times that deleted records, expired locks and tokens could not be removed.',
    registers: [registry],
  });
  // Looked up once for each operation and status, since a lookup costs more than the counting.
  const counters = new Map<string, { inc: () => void; observe: (value: number) => void }>();
  return {
    registry,
    sweepFailed: () => sweepFailures.inc(),
    observe({ operation = 'none', status, durationMs }) {
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
