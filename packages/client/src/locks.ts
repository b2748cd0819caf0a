import type { BackupClient } from './client.ts';
import { sleep } from './deadline.ts';
import { type Answer, checkAnswer, unwrap } from './envelope.ts';
import { errorCodes } from './error-codes.gen.ts';
import { BackupApiError } from './errors/backup-api-error.ts';
import { BackupLockError } from './errors/backup-lock-error.ts';
import { conflict, gone, internalServerError, notFound, ok } from './http-status.ts';
import { lockLifetimeMs } from './lock-lifetime.gen.ts';
import { retryDelay } from './retry.ts';
import type { components } from './schema.gen.ts';

/** What is locked, and how long to wait for it. */
export interface BackupLockOptions {
  /** The module that is locked, for the client's user. */
  moduleCode: components['schemas']['ModuleCode'];
  /** Aborts the wait for the lock and the work, and so ends the lock. */
  signal?: AbortSignal | undefined;
  /** How long to wait for a lock that somebody else holds, in milliseconds; 0 by default. */
  waitMs?: number | undefined;
}

/** A lock that is held. */
export interface BackupLock {
  /** The lock's id, for the header x-backup-lock-id. */
  readonly lockId: string;
  /** Aborted if the lock is lost, with the BackupLockError, or if the caller aborts. Hand it to every call under the lock. */
  readonly signal: AbortSignal;
}

type LockClient = Pick<BackupClient, 'POST' | 'PATCH' | 'DELETE'>;

const path = '/koodrive/ose/v1/backup/lock';

// Twice in a lifetime, so that one renewal may fail.
const renewEveryMs = lockLifetimeMs / 2.5;

// Then again and again, until the lock must have expired. A renewal that takes longer is given up.
const renewAgainMs = lockLifetimeMs / 40;

/**
 * Takes a lock, does work under it, and releases it. While the work goes on the lock is renewed, long before its time is
 * over. If it is lost all the same, because the provider says so or no renewal has succeeded for as long as it lasts,
 * the work's signal is aborted.
 *
 * @param client The client of the user whose module is locked.
 * @param work What is done under the lock. It is waited for, also after its signal was aborted.
 * @returns What the work returns, also if the lock could not be released: it ends by itself then.
 * @throws BackupApiError if the lock is still held by somebody else (status 409), and what a call throws; what the work
 *   throws; BackupLockError if the lock was lost, though the work may have ended well: it has what the work returned or
 *   threw. The reason of the caller's abort, if the work did not begin; a lock that comes afterwards is released.
 */
export async function withBackupLock<Result>(
  client: LockClient,
  options: BackupLockOptions,
  work: (lock: BackupLock) => Promise<Result>,
): Promise<Result> {
  const { lockId, takenAt } = await takeLock(client, options);
  const held = holdLock(client, lockId, takenAt, options.signal);
  const [settled] = await Promise.allSettled([runWork(work, { lockId, signal: held.signal })]);
  const loss = held.end();
  // Not after the provider has said that there is no such lock.
  if (!loss?.cause) await release(client, lockId);
  if (loss) throw withWork(loss, settled);
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

/** Work that ended because of the loss says nothing else. */
const withWork = (loss: BackupLockError, work: PromiseSettledResult<unknown>): BackupLockError =>
  Object.assign(loss, { work: work.status === 'rejected' && work.reason === loss ? undefined : work });

/** A function of its own, so that work that throws before it returns a promise is settled too. */
const runWork = async <Result>(work: (lock: BackupLock) => Promise<Result>, lock: BackupLock): Promise<Result> =>
  work(lock);

/** A lock counts from when it was asked for, at the latest. */
interface TakenLock {
  lockId: string;
  takenAt: number;
}

async function takeLock(client: LockClient, options: BackupLockOptions): Promise<TakenLock> {
  const { signal, waitMs = 0 } = options;
  const waitUntil = performance.now() + waitMs;
  for (let tries = 0; ; tries++) {
    try {
      return await takeOnce(client, options);
    } catch (error) {
      const delayMs = Math.max(shortestWaitMs, retryDelay(tries, Math.random(), '', 0));
      const isWorthwhile = isHeldByOther(error) && performance.now() + delayMs <= waitUntil;
      if (!isWorthwhile) throw error;
      await sleep(delayMs, signal);
    }
  }
}

// A lock is held for seconds at least: to ask more often is of no use.
const shortestWaitMs = 250;

/** Asks for the lock. An abort does not end the request, or the lock that it takes would be held for ten minutes. */
async function takeOnce(client: LockClient, { moduleCode, signal }: BackupLockOptions): Promise<TakenLock> {
  if (signal?.aborted) throw signal.reason;
  const takenAt = Date.now();
  const taking = lockIdOf(client.POST(path, { body: { moduleCode } }));
  let stopWaiting = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => {
      reject(signal?.reason);
      // If it was not taken there is nothing to release.
      taking.then((lockId) => release(client, lockId)).catch(() => {});
    };
    signal?.addEventListener('abort', onAbort);
    stopWaiting = () => signal?.removeEventListener('abort', onAbort);
  });
  try {
    return { lockId: await Promise.race([taking, aborted]), takenAt };
  } finally {
    stopWaiting();
  }
}

/** @throws BackupParseError if the answer has no id: without it, no work is under a lock. */
async function lockIdOf(call: ReturnType<LockClient['POST']>): Promise<string> {
  const answer = (await call) as Answer<components['schemas']['LockEnvelope']>;
  const { lockId } = await unwrap(Promise.resolve(answer));
  checkAnswer(answer, typeof lockId === 'string' && lockId !== '', 'has no lockId');
  return lockId;
}

/** A lock that is being renewed. */
interface HeldLock {
  signal: AbortSignal;
  /** Ends the renewals. Returns the error if the lock was lost. */
  end(): BackupLockError | undefined;
}

function holdLock(client: LockClient, lockId: string, takenAt: number, signal: AbortSignal | undefined): HeldLock {
  const controller = new AbortController();
  let renewedAt = takenAt;
  let loss: BackupLockError | undefined;
  let renewing: ReturnType<typeof setTimeout> | undefined;
  let expiring: ReturnType<typeof setTimeout> | undefined;
  let hasEnded = false;

  const msLeft = (): number => renewedAt + lockLifetimeMs - Date.now();

  function lose(cause?: unknown): void {
    loss ??= new BackupLockError(`the lock ${lockId} was lost${cause ? '' : ': it was not renewed in time'}`, {
      lockId,
      cause,
    });
    end();
    controller.abort(loss);
  }

  function end(): void {
    hasEnded = true;
    clearTimeout(renewing);
    clearTimeout(expiring);
    signal?.removeEventListener('abort', onAbort);
  }

  const onAbort = (): void => controller.abort(signal?.reason);

  /** A timer of its own, because a renewal that is never answered must not hide that the time is over. */
  function plan(renewAfterMs: number): void {
    clearTimeout(expiring);
    expiring = setTimeout(lose, msLeft());
    renewing = setTimeout(renew, renewAfterMs);
  }

  async function renew(): Promise<void> {
    const begin = Date.now();
    const params = { header: { 'x-backup-lock-id': lockId } };
    try {
      await unwrap(client.PATCH(path, { params, deadlineMs: renewAgainMs, signal: controller.signal }));
      if (hasEnded) return;
      renewedAt = begin;
      plan(renewEveryMs);
    } catch (error) {
      if (hasEnded) return;
      if (isLost(error)) lose(error);
      else plan(renewAgainMs);
    }
  }

  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) onAbort();
  plan(renewEveryMs);
  return {
    signal: controller.signal,
    end() {
      // Timers do not go on while a machine sleeps.
      if (!loss && msLeft() <= 0) lose();
      end();
      return loss;
    },
  };
}

// Long enough for a slow provider; the work's result waits for it.
const releaseMs = 30_000;

/** Releases a lock. If that fails, the lock ends by itself. */
async function release(client: LockClient, lockId: string): Promise<void> {
  const params = { header: { 'x-backup-lock-id': lockId } };
  await client.DELETE(path, { params, deadlineMs: releaseMs, retry: { ambiguous: true } }).catch(() => {});
}

/** Whether a refusal has a status, its own or, under status 200, as its code. */
const hasStatus = ({ status, code }: BackupApiError, wanted: number): boolean =>
  status === wanted || (status === ok && code === wanted);

const isHeldByOther = (error: unknown): boolean => error instanceof BackupApiError && hasStatus(error, conflict);

/**
 * Whether a refusal says that there is no such lock. Others, as that a service has failed, say nothing about it, and
 * what a gateway refuses the provider has not seen.
 */
function isLost(error: unknown): boolean {
  if (!(error instanceof BackupApiError) || typeof error.code === 'string') return false;
  const isUnknown = error.code === errorCodes.resourceDoesNotExist && error.status < internalServerError;
  return isUnknown || [conflict, notFound, gone].some((status) => hasStatus(error, status));
}
