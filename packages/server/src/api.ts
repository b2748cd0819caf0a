import type { Server } from 'node:http';
import { type Answer, jsonAnswer } from '@koodrive-backup/spec/answer';
import { type Operation, readContract } from '@koodrive-backup/spec/contract';
import { createFront, type FrontLoad, type OnAnswer, type Provider } from '@koodrive-backup/spec/front';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { Values } from '@koodrive-backup/spec/validate-request';
import { createAuthenticate } from './auth/authentication.ts';
import { createEnvelopeWriter } from './envelope-writer.ts';
import { createFairTurns } from './fair-turns.ts';
import { handlers, type Services } from './handlers.ts';
import { defaultServerLimits, type ServerLimits } from './limits.ts';
import { busyAfter, refuse } from './refusal.ts';
import { StoreUnavailable } from './store/store.ts';

/** How long a client may take to send its headers, in milliseconds. */
const headersTimeoutMs = 10_000;

/** How long a connection without a request is kept open, in milliseconds: longer than proxies keep theirs. */
const keepAliveTimeoutMs = 72_000;

/** The most changes under way at once. The writing thread of SQLite can have them all in one commit. */
const mostChanges = 128;

// Once for all servers of a process, because reading it is a fifth of the work of starting one.
const contract = readContract(document);
const served = new Map(contract.operations.map((operation) => [operation.id, serving(operation)]));

/** The load of the API, to be compared with its limits. */
export interface ApiLoad extends FrontLoad {
  waitingReads: number;
  waitingChanges: number;
}

/** Creates the HTTP server of the contract's operations, and of nothing else. It is not listening yet. */
export function createApi(
  services: Services,
  onAnswer: OnAnswer,
  limits: Partial<ServerLimits> = {},
): { server: Server; load: () => ApiLoad } {
  const { maxQueued = defaultServerLimits.maxQueued, storeTimeoutMs = defaultServerLimits.storeTimeoutMs } = limits;
  const waiting = { mostWaiting: maxQueued, timeoutMs: storeTimeoutMs };
  const changes = createFairTurns({ ...waiting, mostAtOnce: mostChanges, fate: 'not done' });
  const reads = createFairTurns({ ...waiting, mostAtOnce: services.store.readsAtOnce, fate: undefined });
  const provider: Provider<string> = {
    authenticate: createAuthenticate(services.store, services.keys, services.now),
    answer({ operation, values, caller: userId }) {
      const { handler, write } = served.get(operation.id) as Serving;
      const turns = operation.method === 'GET' ? reads : changes;
      return turns.run(userId, async () => {
        const result = await handler({ ...values, userId }, services);
        if ('refused' in result) return result.refused;
        return { ...success, text: write({ code: 0, msg: 'success', ...result }) };
      });
    },
    failed: (error) =>
      error instanceof StoreUnavailable ? busyAfter(error) : refuse(500, 'The server failed. Its log says why.'),
  };
  const { server, load } = createFront({
    contract,
    refuse,
    provider,
    now: services.now,
    headersTimeoutMs,
    keepAliveTimeoutMs,
    onAnswer,
    limits,
  });
  return {
    server,
    load: () => ({ ...load(), waitingReads: reads.waiting(), waitingChanges: changes.waiting() }),
  };
}

const success = jsonAnswer(200, {});

/** A handler without the types of its operation, because the front calls all operations alike. */
type AnyHandler = (call: Values & { userId: string }, services: Services) => Promise<object | { refused: Answer }>;

/** The handler of an operation, and the function that writes its success. */
interface Serving {
  handler: AnyHandler;
  write: (envelope: object) => string;
}

function serving(operation: Operation): Serving {
  const handler = handlers[operation.id as keyof typeof handlers] as unknown as AnyHandler;
  return { handler, write: createEnvelopeWriter(operation) };
}
