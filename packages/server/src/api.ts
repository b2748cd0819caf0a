import { type Answer, jsonAnswer } from '@koodrive-backup/spec/answer';
import { type Operation, readContract } from '@koodrive-backup/spec/contract';
import { createFront, type Front, type Limits, type OnAnswer, type Provider } from '@koodrive-backup/spec/front';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import type { Values } from '@koodrive-backup/spec/validate-request';
import { createAuthenticate } from './auth/authentication.ts';
import { createEnvelopeWriter } from './envelope-writer.ts';
import { handlers, type Services } from './handlers.ts';
import { busyAfter, refuse } from './refusal.ts';
import { StoreUnavailable } from './store/store.ts';

/** How long a client may take to send its headers, in milliseconds. */
const headersTimeoutMs = 10_000;

/** How long a connection without a request is kept, in milliseconds: longer than proxies keep theirs. */
const keepAliveTimeoutMs = 72_000;

/** Creates the front of the contract's operations, and of nothing else. */
export function createApi(services: Services, onAnswer: OnAnswer, limits: Partial<Limits> = {}): Front {
  const contract = readContract(document);
  const served = new Map(contract.operations.map((operation) => [operation.id, serving(operation)]));
  const provider: Provider<string> = {
    authenticate: createAuthenticate(services.store, services.keys, services.now),
    async answer({ operation, values, caller: userId }) {
      const { handler, write } = served.get(operation.id) as Serving;
      const result = await handler({ ...values, userId }, services);
      if ('refused' in result) return result.refused;
      return { ...success, text: write({ code: 0, msg: 'success', ...result }) };
    },
    failed: (error) =>
      error instanceof StoreUnavailable ? busyAfter(error) : refuse(500, 'The server failed. Its log says why.'),
  };
  return createFront({
    contract,
    refuse,
    provider,
    now: services.now,
    headersTimeoutMs,
    keepAliveTimeoutMs,
    onAnswer,
    limits,
  });
}

const success = jsonAnswer(200, {});

/** A handler as it is called: all operations look alike to the front. */
type AnyHandler = (call: Values & { userId: string }, services: Services) => Promise<object | { refused: Answer }>;

/** What carries an operation out, and what writes its success. */
interface Serving {
  handler: AnyHandler;
  write: (envelope: object) => string;
}

function serving(operation: Operation): Serving {
  const handler = handlers[operation.id as keyof typeof handlers] as unknown as AnyHandler;
  return { handler, write: createEnvelopeWriter(operation) };
}
