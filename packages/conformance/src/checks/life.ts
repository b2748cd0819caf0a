import { isDeepStrictEqual } from 'node:util';
import type { Operation } from '@koodrive-backup/spec/contract';
import { type Observer, observing, type RequestCheck, type Suite } from '../check.ts';
import type { Exchange, Identity } from '../http/session.ts';
import { isObject } from '../judge/oracle.ts';
import { type Call, sentValue, withBody, withFields, withValues } from '../requests/call.ts';
import { FixtureMissing } from '../requests/fixtures.ts';

type Data = Record<string, unknown>;

/** What checks of state do with a provider: each function sends a request, and gives what came of it. */
export interface Life {
  suite: Suite;
  operation(id: string): Operation;
  /** Sends a call to an operation with other values. */
  send(id: string, change?: Change): Promise<Exchange>;
  /** Sends a call that has to be accepted, and gives its `data`; where it is not, that is a violation. */
  data(id: string, change?: Change): Promise<Data>;
  /** Sends a call that has to be refused. */
  refused(id: string, why: string, change?: Change): Promise<void>;
  /** Sends a call that has to be accepted. */
  accepted(id: string, change?: Change): Promise<Exchange>;
  record(recordId: unknown, as?: Identity): Promise<Data>;
  /** All records that a list has, page by page. */
  list(query: Record<string, string>, as?: Identity): Promise<Data[]>;
  devices(as?: Identity): Promise<Data[]>;
  /** Sees to it that something is as it has to be. */
  see(id: string, is: boolean, expected: string, got: unknown, exchange?: Exchange): void;
  equal(id: string, got: unknown, expected: unknown, what: string): void;
}

/** What differs from a call that is accepted. */
export interface Change {
  path?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  fields?: Data;
  body?: unknown;
  as?: Identity;
  authorizations?: readonly string[];
}

/** What a check stops at: it was told already. */
class Told extends Error {}

/** The most pages of a list that are read. */
const maxPages = 200;

/**
 * A check of what a provider keeps, which is level `behaviour`.
 *
 * @param pointer The place in the contract or the errata that decides it.
 * @param first The operation to which it is put down where nothing was seen.
 */
export function living(
  id: string,
  title: string,
  pointer: string,
  first: string,
  run: (life: Life) => Promise<void>,
): RequestCheck {
  return {
    id,
    title,
    level: 'behaviour',
    async run(suite, observer) {
      const operation = suite.contract.operations.find((candidate) => candidate.id === first);
      await observing(observer, operation, async () => {
        try {
          await run(createLife(suite, observer, pointer));
        } catch (error) {
          if (!(error instanceof Told)) throw error;
        }
      });
    },
  };
}

/** The other user, for checks that need one. */
export function otherUser({ suite: { other } }: Life): Identity {
  if (!other) throw new FixtureMissing('there is no other user');
  return other;
}

function createLife(suite: Suite, observer: Observer, pointer: string): Life {
  const { fixtures, session } = suite;

  async function send(id: string, { as, authorizations, ...change }: Change = {}): Promise<Exchange> {
    const operation = fixtures.operation(id);
    const call = changed(await base(operation, change, as), change);
    const exchange = await session.send(call, { ...(as && { as }), ...(authorizations && { authorizations }) });
    return exchange;
  }

  /** What the change gives is not taken from the shared fixtures. */
  async function base(operation: Operation, change: Change, as: Identity | undefined): Promise<Call> {
    const isGiven = Object.keys(change.path ?? {}).length > 0;
    if (!isGiven || operation.body || !as) return fixtures.call(operation, as);
    const lock = change.headers?.['x-backup-lock-id'];
    const needsLock = operation.parameters.some(({ name }) => name === 'x-backup-lock-id');
    const call = fixtures.bare(operation, as);
    return needsLock ? withValues(call, 'header', 'x-backup-lock-id', [lock ?? (await fixtures.lock(as))]) : call;
  }

  function told(exchange: Exchange, expected: string): Told {
    const { judgement, call } = exchange;
    const msg = judgement.envelope?.msg;
    const got = typeof msg === 'string' ? `${judgement.got}: ${msg}` : judgement.got;
    observer.violated(call.operation, { pointer, expected, got, exchange });
    return new Told();
  }

  async function accepted(id: string, change?: Change): Promise<Exchange> {
    const exchange = await send(id, change);
    if (!exchange.judgement.isTaken) throw told(exchange, `${id} is accepted`);
    observer.passed(exchange.call.operation);
    return exchange;
  }

  async function data(id: string, change?: Change): Promise<Data> {
    const exchange = await accepted(id, change);
    const { data } = exchange.judgement.envelope ?? {};
    if (!isObject(data)) throw told(exchange, `${id} gives data`);
    return data;
  }

  function see(id: string, is: boolean, expected: string, got: unknown, exchange?: Exchange): void {
    const operation = fixtures.operation(id);
    if (is) {
      observer.passed(operation);
      return;
    }
    const text = typeof got === 'string' ? got : (JSON.stringify(got)?.slice(0, 500) ?? 'nothing');
    observer.violated(operation, { pointer, expected, got: text, ...(exchange && { exchange }) });
  }

  return {
    suite,
    operation: fixtures.operation,
    send,
    accepted,
    data,
    see,
    async refused(id, why, change) {
      const exchange = await send(id, change);
      if (exchange.judgement.isDenied) return observer.passed(exchange.call.operation);
      observer.violated(exchange.call.operation, {
        pointer,
        expected: `refused: ${why}`,
        got: exchange.judgement.got,
        fault: why,
        exchange,
      });
    },
    record: (recordId, as) => data('getBackupRecord', { path: { recordId: String(recordId) }, ...(as && { as }) }),
    async list(query, as) {
      const all: Data[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < maxPages; page += 1) {
        const exchange = await accepted('listBackupRecord', {
          query: { pageSize: '100', ...query, ...(cursor !== undefined && { cursor }) },
          ...(as && { as }),
        });
        const { data: items, nextCursor } = exchange.judgement.envelope ?? {};
        if (!Array.isArray(items)) throw told(exchange, 'a list');
        all.push(...items.filter(isObject));
        const size = Number(sentValue(exchange.call, 'query', 'pageSize'));
        see('listBackupRecord', items.length <= size, `a page of ${size} at most`, `${items.length} records`, exchange);
        if (typeof nextCursor !== 'string') return all;
        cursor = nextCursor;
      }
      see('listBackupRecord', false, `a list that ends within ${maxPages} pages`, 'a cursor on each page');
      throw new Told();
    },
    async devices(as) {
      const exchange = await accepted('listBoundDevice', as && { as });
      const { data: items } = exchange.judgement.envelope ?? {};
      if (!Array.isArray(items)) throw told(exchange, 'a list');
      return items.filter(isObject);
    },
    equal(id, got, expected, what) {
      see(id, isDeepStrictEqual(got, expected), `${what} ${JSON.stringify(expected)}`, got);
    },
  };
}

/** A call with what a change gives. */
export function changed(call: Call, { path, query = {}, headers = {}, fields, body }: Change): Call {
  let made = path ? { ...call, path: { ...call.path, ...path } } : call;
  for (const [name, value] of Object.entries(query)) made = withValues(made, 'query', name, [value]);
  for (const [name, value] of Object.entries(headers)) made = withValues(made, 'header', name, [value]);
  if (fields) made = withFields(made, fields);
  return body === undefined ? made : withBody(made, body);
}

/** A copy without one of its members. */
export function without(data: Data, ...names: string[]): Data {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)));
}
