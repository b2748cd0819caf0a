import { answer, type Handler } from '@koodrive-backup/testkit/provider';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { providerOf, userId } from '../test/provider.ts';
import { accessToken, BackupLockError, createBackupClient, withBackupLock } from './index.ts';
import { lockLifetimeMs } from './lock-lifetime.gen.ts';

const lockId = 'a-lock@101';
const lock = { moduleCode: '101' } as const;
const success = { code: 0, msg: 'success' };
const held = { code: 409, msg: 'held' };

/** A provider of locks; `onRenewal` answers the renewals otherwise. */
async function provider(onRenewal: Handler = (response) => answer(response, 200, success)) {
  let renewals = 0;
  const { url, seen } = await providerOf((response, _count, request) => {
    // Its clock is not the faked one.
    response.sendDate = false;
    if (request.method === 'POST') return answer(response, 200, { ...success, data: { lockId } });
    if (request.method === 'PATCH') return onRenewal(response, ++renewals, request);
    return answer(response, 200, success);
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
    onAttempt: () => {
      inFlight -= 1;
    },
  });

  /** Lets every request end that was begun, and whatever follows from its answer at once. */
  async function settle(): Promise<void> {
    do await new Promise(setImmediate);
    while (inFlight > 0);
    await new Promise(setImmediate);
  }

  /** Lets time pass in small steps; no request takes any of it. */
  async function pass(ms: number): Promise<void> {
    await settle();
    for (const end = Date.now() + ms; Date.now() < end; ) {
      vi.advanceTimersByTime(lockLifetimeMs / 40);
      await settle();
    }
  }
  return { client, pass, calls: () => seen.map(({ method }) => method) };
}

/** Work that ends when it is told to, or when it is aborted. */
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
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
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

  it('does no work where the lock is held by another', async () => {
    const { url } = await providerOf((response) => answer(response, 409, held));
    const client = createBackupClient({ baseUrl: url, auth: accessToken('t'), userId });
    const work = vi.fn(async () => {});
    await expect(withBackupLock(client, lock, work)).rejects.toMatchObject({ status: 409 });
    expect(work).not.toHaveBeenCalled();
  });

  it('renews the lock before its time is over, again and again', async () => {
    const { client, calls, pass } = await provider();
    const { work, end } = endlessWork();
    const done = withBackupLock(client, lock, work);
    await pass(lockLifetimeMs * 1.5);
    end();
    expect(await done).toBe('done');
    expect(calls()).toEqual(['POST', 'PATCH', 'PATCH', 'PATCH', 'DELETE']);
  });

  it('outlives renewals that fail for a while', async () => {
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

  it('says that the lock was lost though the work took no notice', async () => {
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

  it('aborts the work before the lock can have expired unnoticed', async () => {
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

  it('renews nothing once the work is done', async () => {
    const { client, calls, pass } = await provider();
    await withBackupLock(client, lock, async () => {});
    await pass(lockLifetimeMs);
    expect(calls()).toEqual(['POST', 'DELETE']);
  });
});
