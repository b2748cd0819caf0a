import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { answer, type Handler } from '@koodrive-backup/testkit/provider';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { errorOf } from '../test/calls.ts';
import { providerOf, userId } from '../test/provider.ts';
import { accessToken, type BackupClient, BackupLockError, createBackupClient, withBackupLock } from './index.ts';
import { lockLifetimeMs } from './lock-lifetime.gen.ts';

const lockId = 'a-lock@101';
const lock = { moduleCode: '101' } as const;
const success = { code: 0, msg: 'success' };
const held = { code: 409, msg: 'held' };

/** A provider of locks that answers correctly, unless a handler answers instead. Handlers count requests from 1. */
async function provider(onRenewal?: Handler, { POST, DELETE }: Partial<Record<'POST' | 'DELETE', Handler>> = {}) {
  const handlers: Partial<Record<string, Handler>> = {
    POST: POST ?? ((response) => answer(response, 200, { ...success, data: { lockId } })),
    PATCH: onRenewal ?? ((response) => answer(response, 200, success)),
    DELETE: DELETE ?? ((response) => answer(response, 200, success)),
  };
  const counts: Record<string, number> = {};
  let unanswered = 0;
  const { url, seen } = await providerOf((response, _count, request) => {
    // The provider's Date would be from the real clock, not from the fake one.
    response.sendDate = false;
    const count = (counts[request.method] ?? 0) + 1;
    counts[request.method] = count;
    if (handlers[request.method]?.(response, count, request) === silence) unanswered += 1;
  });
  let inFlight = 0;
  const client = createBackupClient({
    baseUrl: url,
    auth: accessToken('t'),
    userId,
    retry: { limit: 0 },
    fetch(...request) {
      inFlight += 1;
      return fetch(...request);
    },
    onAttempt: ({ status }) => {
      inFlight -= 1;
      if (status === undefined) unanswered = Math.max(0, unanswered - 1);
    },
  });

  /** Waits until every request that gets an answer has ended, and everything that follows at once from its answer. */
  async function settle(): Promise<void> {
    do await new Promise(setImmediate);
    while (inFlight > unanswered);
    await new Promise(setImmediate);
  }

  /** Lets fake time pass in small steps. Requests take none of it. */
  async function pass(ms: number, stepMs = lockLifetimeMs / 40): Promise<void> {
    await settle();
    for (const end = Date.now() + ms; Date.now() < end; ) {
      vi.advanceTimersByTime(Math.min(stepMs, end - Date.now()));
      await settle();
    }
  }
  /** Waits until every request has ended. */
  const idle = (): Promise<void> => until(() => inFlight === 0);
  return { client, pass, settle, idle, seen, calls: () => seen.map(({ method }) => method) };
}

/** What a handler returns if it does not answer yet. */
const silence: unique symbol = Symbol('silence');

/** Work that ends when the test ends it, or when it is aborted. */
function endlessWork() {
  let end = (): void => {};
  const work = ({ signal }: { signal: AbortSignal }) =>
    new Promise<string>((resolve, reject) => {
      end = () => resolve('done');
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  return { work, end: () => end() };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('withBackupLock', () => {
  it('takes a lock, works under it, and releases it', async () => {
    const { client, calls } = await provider();
    const result = await withBackupLock(client, lock, async (held) => `under ${held.lockId}`);
    expect(result).toBe(`under ${lockId}`);
    expect(calls()).toEqual(['POST', 'DELETE']);
  });

  it('releases the lock when the work fails', async () => {
    const { client, calls } = await provider();
    const work = async (): Promise<void> => {
      throw new Error('disk full');
    };
    await expect(withBackupLock(client, lock, work)).rejects.toThrow('disk full');
    expect(calls()).toEqual(['POST', 'DELETE']);
  });

  it('starts no work if somebody else holds the lock', async () => {
    const { url } = await providerOf((response) => answer(response, 409, held));
    const client = createBackupClient({ baseUrl: url, auth: accessToken('t'), userId });
    const work = vi.fn(async () => {});
    await expect(withBackupLock(client, lock, work)).rejects.toMatchObject({ status: 409 });
    expect(work).not.toHaveBeenCalled();
  });

  it('renews the lock again and again before it ends', async () => {
    const { client, calls, pass } = await provider();
    const { work, end } = endlessWork();
    const done = withBackupLock(client, lock, work);
    await pass(lockLifetimeMs * 1.5);
    end();
    expect(await done).toBe('done');
    expect(calls()).toEqual(['POST', 'PATCH', 'PATCH', 'PATCH', 'DELETE']);
  });

  it('survives renewals that fail for a while', async () => {
    const { client, pass } = await provider((response, count) =>
      answer(response, count < 8 ? 503 : 200, count < 8 ? held : success),
    );
    const { work, end } = endlessWork();
    const done = withBackupLock(client, lock, work);
    await pass(lockLifetimeMs * 0.9);
    end();
    expect(await done).toBe('done');
  });

  it('aborts the work when the provider says that the lock is lost', async () => {
    const { client, calls, pass } = await provider((response) => answer(response, 409, held));
    const { work } = endlessWork();
    const done = expect(withBackupLock(client, lock, work)).rejects.toMatchObject({
      name: 'BackupLockError',
      lockId,
      cause: { name: 'BackupApiError', status: 409 },
      work: undefined,
    });
    await pass(lockLifetimeMs / 2);
    await done;
    expect(calls()).toEqual(['POST', 'PATCH']);
  });

  it('says that the lock was lost even if the work ignored its signal', async () => {
    const { client, pass } = await provider((response) => answer(response, 200, held));
    let end = (): void => {};
    const work = () => new Promise<void>((resolve) => (end = resolve));
    const done = expect(withBackupLock(client, lock, work)).rejects.toMatchObject({
      name: 'BackupLockError',
      cause: { code: 409 },
      work: { status: 'fulfilled' },
    });
    await pass(lockLifetimeMs / 2);
    end();
    await done;
  });

  it('aborts the work before the lock can end unnoticed', async () => {
    const { client, pass } = await provider((response) => response.destroy());
    const { work } = endlessWork();
    const begin = Date.now();
    const done = expect(withBackupLock(client, lock, work)).rejects.toThrow(BackupLockError);
    await pass(lockLifetimeMs);
    await done;
    expect(Date.now() - begin).toBeGreaterThanOrEqual(lockLifetimeMs);
  });

  it('ends with the caller’s abort, and releases the lock', async () => {
    const { client, calls, pass } = await provider();
    const controller = new AbortController();
    const { work } = endlessWork();
    const done = withBackupLock(client, { ...lock, signal: controller.signal }, work);
    const ended = expect(done).rejects.toThrow('enough');
    await pass(1);
    controller.abort(new Error('enough'));
    await ended;
    expect(calls()).toEqual(['POST', 'DELETE']);
  });

  it('renews nothing after the work is done', async () => {
    const { client, calls, pass } = await provider();
    await withBackupLock(client, lock, async () => {});
    await pass(lockLifetimeMs);
    expect(calls()).toEqual(['POST', 'DELETE']);
  });
});

const minute = 60_000;
const never = (): typeof silence => silence;

/** Work that ignores its signal. */
function deafWork() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const lock: { signal?: AbortSignal } = {};
  const work = ({ signal }: { signal: AbortSignal }): Promise<string> => {
    lock.signal = signal;
    return promise;
  };
  return { work, lock, resolve, reject };
}

/** Waits in real time until a condition holds. Fake time stands still meanwhile. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

/** How many timers, and listeners of the signal, a call has left behind. */
function leftOver(signal?: AbortSignal): number[] {
  // Long enough for the timers of Node's own fetch, and too short for those of a lock.
  vi.advanceTimersByTime(10_000);
  return [vi.getTimerCount(), signal ? getEventListeners(signal, 'abort').length : 0];
}

describe('a renewal', () => {
  it('and the release send the id of the lock', async () => {
    const { client, pass, seen } = await provider();
    const { work, resolve } = deafWork();
    const done = withBackupLock(client, lock, work);
    await pass(5 * minute);
    resolve('done');
    expect(await done).toBe('done');
    expect(seen.map(({ method, headers, url }) => [method, url, headers['x-backup-lock-id']])).toEqual([
      ['POST', '/koodrive/ose/v1/backup/lock', undefined],
      ['PATCH', '/koodrive/ose/v1/backup/lock', lockId],
      ['DELETE', '/koodrive/ose/v1/backup/lock', lockId],
    ]);
    expect(JSON.parse(`${seen[0]?.body}`)).toEqual(lock);
    expect(leftOver()).toEqual([0, 0]);
  });

  it.each<[string, number, unknown]>([
    ['13000201 with 200', 200, { code: 13000201, msg: 'failed' }],
    ['13000201 with 400', 400, { code: 13000201, msg: 'failed' }],
    ['13000309 with 500', 500, { code: 13000309, msg: 'failed' }],
    ['a 408', 408, ''],
    ['a 403', 403, ''],
    ['a 429', 429, held],
    ['a 500', 500, held],
    ['a page with 404', 404, '<p>not found'],
    ['a gateway with 404', 404, { error_code: 'APIGW.0101', error_msg: 'no such API' }],
  ])('is sent again after %s, which says nothing about the lock', async (_what, status, body) => {
    const { client, pass, calls } = await provider((response) => answer(response, status, body));
    const { work, lock: held, resolve } = deafWork();
    const done = withBackupLock(client, lock, work);
    await pass(4 * minute);
    expect(calls()).toEqual(['POST', 'PATCH']);
    await pass(5.75 * minute);
    expect(held.signal?.aborted).toBe(false);
    expect(calls().length).toBeGreaterThan(20);
    resolve('done');
    expect(await done).toBe('done');
    expect(calls().at(-1)).toBe('DELETE');
    expect(leftOver()).toEqual([0, 0]);
  });

  it.each<[string, number, object]>([
    ['409', 409, held],
    ['404', 404, { code: 404, msg: 'gone' }],
    ['410', 410, { code: 410, msg: 'gone' }],
    ['409 as a code', 200, held],
    ['404 as a code', 200, { code: 404, msg: 'gone' }],
    ['13000309', 400, { code: 13000309, msg: 'no such lock' }],
    ['13000309 with 200', 200, { code: 13000309, msg: 'no such lock' }],
  ])('that is refused with %s ends the work', async (_what, status, body) => {
    const { client, pass, calls } = await provider((response) => answer(response, status, body));
    const { work, lock: held, resolve } = deafWork();
    const done = withBackupLock(client, lock, work).catch((error: unknown) => error);
    await pass(4 * minute);
    expect(held.signal?.reason).toBeInstanceOf(BackupLockError);
    expect(held.signal?.reason.message).toMatch(
      /^the lock a-lock@101 was lost: renewalBackupLock: refused: HTTP status/,
    );
    await pass(minute);
    resolve('done');
    expect(await done).toMatchObject({ cause: { status }, work: { status: 'fulfilled', value: 'done' } });
    expect(calls(), 'there is nothing to release').toEqual(['POST', 'PATCH']);
    expect(leftOver()).toEqual([0, 0]);
  });

  it('that is never answered does not hide that the lock is lost', async () => {
    const { client, pass, calls } = await provider(never);
    const { work, lock: held, reject } = deafWork();
    const done = errorOf(withBackupLock(client, lock, work));
    await pass(10 * minute - 1);
    expect(held.signal?.aborted).toBe(false);
    expect(calls().length).toBeGreaterThan(10);
    await pass(1);
    expect(held.signal?.reason).toBeInstanceOf(BackupLockError);
    expect(held.signal?.reason.message).toBe('the lock a-lock@101 was lost: it was not renewed in time');
    const failure = new Error('disk full');
    reject(failure);
    expect(await done).toMatchObject({ lockId, work: { status: 'rejected', reason: failure } });
    expect((await done).cause).toBeUndefined();
    expect(calls().at(-1), 'the lock may still be held').toBe('DELETE');
    expect(leftOver()).toEqual([0, 0]);
  });

  it('makes the lock last from when it was sent', async () => {
    const { client, pass, calls } = await provider((response, count) =>
      count === 1 ? answer(response, 200, success) : silence,
    );
    const { work, lock: held, resolve } = deafWork();
    const done = withBackupLock(client, lock, work).catch((error: unknown) => error);
    await pass(8 * minute - 1);
    expect(calls()).toEqual(['POST', 'PATCH']);
    await pass(6 * minute);
    expect(held.signal?.aborted).toBe(false);
    await pass(1);
    expect(held.signal?.aborted).toBe(true);
    resolve('done');
    expect(await done).toBeInstanceOf(BackupLockError);
  });

  it('that is answered after the work has ended is not followed by another', async () => {
    let late: ServerResponse | undefined;
    const { client, pass, calls } = await provider((response) => {
      late = response;
      return silence;
    });
    const { work, resolve } = deafWork();
    const done = withBackupLock(client, lock, work);
    await pass(4 * minute);
    expect(calls()).toEqual(['POST', 'PATCH']);
    resolve('done');
    expect(await done).toBe('done');
    if (late) answer(late, 200, success);
    await pass(20 * minute);
    expect(calls()).toEqual(['POST', 'PATCH', 'DELETE']);
    expect(leftOver()).toEqual([0, 0]);
  });

  it('that fails after the work has ended is not followed by another', async () => {
    const { client, pass, calls } = await provider(never);
    const { work, resolve } = deafWork();
    const done = withBackupLock(client, lock, work);
    await pass(4 * minute);
    resolve('done');
    expect(await done).toBe('done');
    await pass(20 * minute);
    expect(calls()).toEqual(['POST', 'PATCH', 'DELETE']);
    expect(leftOver()).toEqual([0, 0]);
  });

  it('ends with the caller’s abort', async () => {
    const closed = vi.fn();
    const { client, pass } = await provider((response) => {
      response.on('close', closed);
      return silence;
    });
    const controller = new AbortController();
    const { work, lock: held, resolve } = deafWork();
    const done = withBackupLock(client, { ...lock, signal: controller.signal }, work);
    await pass(4 * minute);
    expect(closed).not.toHaveBeenCalled();
    controller.abort(0);
    await until(() => closed.mock.calls.length > 0);
    expect(held.signal?.reason).toBe(0);
    resolve('what the work has done is not lost');
    expect(await done).toBe('what the work has done is not lost');
    expect(leftOver(controller.signal)).toEqual([0, 0]);
  });

  it('is not needed to notice that the lock ended while the machine slept', async () => {
    const { client, settle } = await provider();
    const { work, resolve } = deafWork();
    const done = withBackupLock(client, lock, work).catch((error: unknown) => error);
    await settle();
    vi.setSystemTime(Date.now() + 10 * minute);
    resolve('done');
    expect(await done).toMatchObject({ name: 'BackupLockError', work: { value: 'done' } });
  });

  it('is not yet too late one millisecond before the lock ends', async () => {
    const { client, settle } = await provider();
    const { work, resolve } = deafWork();
    const done = withBackupLock(client, lock, work);
    await settle();
    vi.setSystemTime(Date.now() + 10 * minute - 1);
    resolve('done');
    expect(await done).toBe('done');
  });
});

describe('taking a lock', () => {
  const took: Handler = (response) => answer(response, 200, { ...success, data: { lockId } });

  it.each([new Error('enough'), undefined, null, 0, ''])(
    'that is aborted with %s lets the request end, and releases the lock',
    async (reason) => {
      let taking: ServerResponse | undefined;
      const { client, idle, seen } = await provider(undefined, {
        POST(response) {
          taking = response;
          return silence;
        },
      });
      const controller = new AbortController();
      const work = vi.fn(async () => {});
      const ended = vi.fn();
      const done = withBackupLock(client, { ...lock, signal: controller.signal }, work).catch(ended);
      await until(() => taking !== undefined);
      controller.abort(reason);
      await done;
      const expected = reason === undefined ? expect.objectContaining({ name: 'AbortError' }) : reason;
      expect(ended.mock.calls).toEqual([[expected]]);
      if (taking) took(taking, 1, undefined as never);
      await until(() => seen.length === 2);
      expect(seen[1]).toMatchObject({ method: 'DELETE', headers: { 'x-backup-lock-id': lockId } });
      await idle();
      expect(leftOver(controller.signal)).toEqual([0, 0]);
      expect(work).not.toHaveBeenCalled();
    },
  );

  it.each(Array.from({ length: 20 }, (_, turns) => turns))(
    'that is aborted %s turns after the answer has arrived ends the work too, and releases the lock',
    async (turns) => {
      const controller = new AbortController();
      const response = new Response();
      const abortLater = async (): Promise<void> => {
        for (let turn = 0; turn < turns; turn++) await undefined;
        controller.abort(0);
      };
      const DELETE = vi.fn(async () => ({ data: success, response }));
      const POST = async () => {
        void abortLater();
        return { data: { ...success, data: { lockId } }, response };
      };
      const client = { POST, PATCH: DELETE, DELETE } as unknown as BackupClient;
      const { work } = endlessWork();
      const ended = await withBackupLock(client, { ...lock, signal: controller.signal }, async (lock) => {
        lock.signal.throwIfAborted();
        return await work(lock);
      }).catch((reason: unknown) => reason);
      expect(ended).toBe(0);
      await new Promise(setImmediate);
      expect(DELETE).toHaveBeenCalled();
      expect(leftOver(controller.signal)).toEqual([0, 0]);
    },
  );

  it('that is aborted and refused afterwards releases nothing', async () => {
    let taking: ServerResponse | undefined;
    const { client, idle, calls } = await provider(undefined, {
      POST(response) {
        taking = response;
        return silence;
      },
    });
    const controller = new AbortController();
    const done = withBackupLock(client, { ...lock, signal: controller.signal }, async () => {});
    const ended = expect(done).rejects.toThrow('enough');
    await until(() => taking !== undefined);
    controller.abort(new Error('enough'));
    await ended;
    if (taking) answer(taking, 409, held);
    await idle();
    expect(leftOver(controller.signal)).toEqual([0, 0]);
    expect(calls()).toEqual(['POST']);
  });

  it('sends nothing for a caller that has already aborted', async () => {
    const { client, calls } = await provider();
    const signal = AbortSignal.abort(0);
    const ended = await withBackupLock(client, { ...lock, signal }, async () => {}).catch((reason: unknown) => reason);
    expect([ended, calls()]).toEqual([0, []]);
  });

  it('that somebody else holds waits, and then asks again', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const { client, pass, calls } = await provider(undefined, {
      POST: (response, count, request) =>
        count < 4 ? answer(response, count === 2 ? 200 : 409, held) : took(response, count, request),
    });
    const done = withBackupLock(client, { ...lock, waitMs: 5000 }, async () => 'done');
    await pass(499, 499);
    expect(calls()).toEqual(['POST']);
    await pass(1);
    expect(calls()).toEqual(['POST', 'POST']);
    await pass(999, 999);
    expect(calls()).toEqual(['POST', 'POST']);
    await pass(1);
    await pass(2000);
    expect(await done).toBe('done');
    expect(calls()).toEqual(['POST', 'POST', 'POST', 'POST', 'DELETE']);
    expect(leftOver()).toEqual([0, 0]);
  });

  it.each(['5000', Number.NaN, -1, null])('is not requested with waitMs %s, which is no time', async (waitMs) => {
    const { client, calls } = await provider();
    const options = { ...lock, waitMs: waitMs as number };
    await expect(withBackupLock(client, options, async () => {})).rejects.toThrow('waitMs must be a number, 0 or more');
    expect(calls()).toEqual([]);
  });

  it('asks four times a second at most', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { client, pass, calls } = await provider(undefined, { POST: (response) => answer(response, 409, held) });
    const done = withBackupLock(client, { ...lock, waitMs: 1000 }, async () => {});
    const ended = expect(done).rejects.toMatchObject({ name: 'BackupApiError', status: 409 });
    await pass(249, 249);
    expect(calls()).toHaveLength(1);
    await pass(751, 1);
    await ended;
    expect(calls()).toHaveLength(5);
    expect(leftOver()).toEqual([0, 0]);
  });

  it.each<[string, number, object, number]>([
    ['it does not wait by default', 409, held, 0],
    ['it would have to wait for longer than allowed', 409, held, 249],
    ['the refusal is another', 400, { code: 13000102, msg: 'no' }, 60_000],
    ['the provider fails', 500, { code: 409, msg: 'no' }, 60_000],
  ])('asks once if %s', async (_why, status, body, waitMs) => {
    const { client, calls } = await provider(undefined, { POST: (response) => answer(response, status, body) });
    const work = vi.fn(async () => {});
    await expect(withBackupLock(client, { ...lock, waitMs }, work)).rejects.toMatchObject({ status });
    expect(calls()).toEqual(['POST']);
    expect(work).not.toHaveBeenCalled();
  });

  it('ends its wait with the caller’s abort', async () => {
    const { client, settle, calls } = await provider(undefined, { POST: (response) => answer(response, 409, held) });
    const controller = new AbortController();
    const options = { ...lock, waitMs: minute, signal: controller.signal };
    const done = withBackupLock(client, options, async () => {}).catch((reason: unknown) => reason);
    await settle();
    controller.abort(null);
    expect(await done).toBe(null);
    expect(calls()).toEqual(['POST']);
    expect(leftOver(controller.signal)).toEqual([0, 0]);
  });
});

describe('a release that fails', () => {
  it.each<[string, Handler]>([
    ['is refused', (response) => answer(response, 409, held)],
    ['is no answer', (response) => answer(response, 502, '<p>bad gateway')],
    ['breaks off', (response) => response.destroy()],
    ['never comes', never],
  ])('because the answer %s does not change the outcome of the work', async (_why, onRelease) => {
    const { client, pass } = await provider(undefined, { DELETE: onRelease });
    const failure = new Error('disk full');
    const ends = [
      withBackupLock(client, lock, async () => 'done'),
      withBackupLock(client, lock, () => Promise.reject(failure)),
      withBackupLock(client, lock, () => {
        throw failure;
      }),
    ];
    const settled = Promise.allSettled(ends);
    await pass(minute);
    expect(await settled).toEqual([
      { status: 'fulfilled', value: 'done' },
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ]);
    expect(leftOver()).toEqual([0, 0]);
  });

  it('is tried again if it may succeed later', async () => {
    const onRelease = vi.fn<Handler>((response, count) => answer(response, count === 0 ? 503 : 200, success));
    const { url } = await providerOf((response, count, request) =>
      request.method === 'DELETE'
        ? onRelease(response, onRelease.mock.calls.length, request)
        : took(response, count, request),
    );
    const took: Handler = (response) => answer(response, 200, { ...success, data: { lockId } });
    vi.useRealTimers();
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const client = createBackupClient({ baseUrl: url, auth: accessToken('t'), userId });
    expect(await withBackupLock(client, lock, async () => 'done')).toBe('done');
    expect(onRelease).toHaveBeenCalledTimes(2);
  });
});

it('the JSON of a lost lock has only the status of the work', () => {
  const error = new BackupLockError('lost', { lockId, work: { status: 'fulfilled', value: 1n } });
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    name: 'BackupLockError',
    message: 'lost',
    lockId,
    work: 'fulfilled',
  });
  expect(JSON.parse(JSON.stringify(new BackupLockError('lost', { lockId })))).not.toHaveProperty('work');
});

describe('an answer that has no lock', () => {
  it.each([{}, { lockId: '' }, { lockId: 7 }, 'x', [1]])('is a parse error, and no work is done: %j', async (data) => {
    const { url } = await providerOf((response) => answer(response, 200, { ...success, data }));
    const client = createBackupClient({ baseUrl: url, auth: accessToken('t'), userId });
    const work = vi.fn(async () => {});
    await expect(withBackupLock(client, lock, work)).rejects.toMatchObject({
      name: 'BackupParseError',
      operation: 'createBackupLock',
      attempts: 1,
      status: 200,
    });
    expect(work).not.toHaveBeenCalled();
  });
});
