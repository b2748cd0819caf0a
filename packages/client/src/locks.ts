import type { BackupClient } from './client.ts';
import { onAbort, sleep } from './deadline.ts';
import { type Answer, checkAnswer, unwrap } from './envelope.ts';
import { errorCodes } from './error-codes.gen.ts';
import { BackupApiError } from './errors/backup-api-error.ts';
import { BackupLockError } from './errors/backup-lock-error.ts';
import { check } from './errors/check.ts';
import { conflict, gone, internalServerError, notFound, ok } from './http-status.ts';
import { lockLifetimeMs } from './lock-lifetime.gen.ts';
import { retryDelay } from './retry.ts';
import type { components } from './schema.gen.ts';

/** The options of `withBackupLock`. */
export interface BackupLockOptions {
  /** The module to lock, for the client's user. */
  moduleCode: components['schemas']['ModuleCode'];
  /** Aborts the wait for the lock, and the work. The lock is then released when the work has ended. */
  signal?: AbortSignal | undefined;
  /** How long to wait for a lock that somebody else holds, in milliseconds; 0 by default. */
  waitMs?: number | undefined;
}

/** A lock that is held. */
export interface BackupLock {
  /** The lock's id, for the header x-backup-lock-id. */
  readonly lockId: string;
  /**
   * Aborted with the BackupLockError if the lock is lost, or with the caller's reason if the caller aborts. Pass it to
   * every call under the lock.
   */
  readonly signal: AbortSignal;
}

type LockClient = Pick<BackupClient, 'POST' | 'PATCH' | 'DELETE'>;

const path = '/koodrive/ose/v1/backup/lock';

// Two renewals fit into a lifetime, so that one of them may fail.
const renewEveryMs = lockLifetimeMs / 2.5;

// The wait before the next renewal after one that failed. The client tries until the lock must have expired. This is
// also the longest that a renewal may take.
const renewAgainMs = lockLifetimeMs / 40;

/**
 * Takes a lock, runs work under it, and releases it. It renews the lock during the work, long before the lock ends. The
 * lock is lost if the provider says so, or if no renewal has succeeded for as long as a lock lasts. Then the signal of
 * the work is aborted.
 *
 * @param client The client of the user whose module is locked.
 * @param work The work. `withBackupLock` waits until it has ended, even after its signal was aborted.
 * @returns What the work returns, even if the lock could not be released, because the lock then ends by itself.
 * @throws BackupApiError with status 409 if somebody else still holds the lock. Whatever else a call throws, and
 *   whatever the work throws. BackupLockError if the lock was lost, even if the work succeeded: it has what the work
 *   returned or threw. The reason of the caller's abort if the work had not begun: a lock that arrives later is
 *   released. TypeError if `waitMs` is not a number, 0 or more.
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
  // If the provider has said that the lock does not exist, the loss has a cause, and there is nothing to release.
  if (!loss?.cause) await release(client, lockId);
  if (loss) throw withWork(loss, settled);
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

/** Adds the outcome of the work to the error, unless the work ended with that same error: it would say nothing new. */
const withWork = (loss: BackupLockError, work: PromiseSettledResult<unknown>): BackupLockError =>
  Object.assign(loss, { work: work.status === 'rejected' && work.reason === loss ? undefined : work });

/** An async function, because work that throws before it returns a promise has to count as rejected too. */
const runWork = async <Result>(work: (lock: BackupLock) => Promise<Result>, lock: BackupLock): Promise<Result> =>
  work(lock);

/** A lock, and when the client requested it: the lifetime of the lock starts no earlier than that. */
interface TakenLock {
  lockId: string;
  takenAt: number;
}

async function takeLock(client: LockClient, options: BackupLockOptions): Promise<TakenLock> {
  const { signal, waitMs = 0 } = options;
  // A string of digits would be joined to the time, and not added to it.
  check(typeof waitMs === 'number' && waitMs >= 0, 'waitMs must be a number, 0 or more');
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

// Others hold a lock for seconds at least, so it is useless to ask more often.
const shortestWaitMs = 250;

/**
 * Requests the lock once. An abort ends the wait, but not the request: the lock that the request takes has to be
 * released, because it would otherwise be held for ten minutes.
 */
async function takeOnce(client: LockClient, { moduleCode, signal }: BackupLockOptions): Promise<TakenLock> {
  if (signal?.aborted) throw signal.reason;
  const takenAt = Date.now();
  const taking = lockIdOf(client.POST(path, { body: { moduleCode } }));
  let stopWaiting = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stopWaiting = onAbort(signal, () => {
      reject(signal?.reason);
      // If the request fails, there is no lock to release.
      taking.then((lockId) => release(client, lockId)).catch(() => {});
    });
  });
  try {
    return { lockId: await Promise.race([taking, aborted]), takenAt };
  } finally {
    stopWaiting();
  }
}

/** @throws BackupParseError if the answer has no lock id, because the work would then run without a lock. */
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
    stopListening();
  }

  const abort = (): void => controller.abort(signal?.reason);

  /**
   * Starts the timers of the next renewal and of the end of the lock. The end has its own timer, because a renewal that
   * is never answered must not hide that the lock has ended.
   */
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

  const stopListening = onAbort(signal, abort);
  if (signal?.aborted) abort();
  plan(renewEveryMs);
  return {
    signal: controller.signal,
    end() {
      // Timers stop while the machine sleeps, so the lock may have ended without one of them firing.
      if (!loss && msLeft() <= 0) lose();
      end();
      return loss;
    },
  };
}

// Long enough for a slow provider. Not longer, because the result of the work waits for the release.
const releaseMs = 30_000;

/** Releases a lock. A failure is ignored, because the lock then ends by itself. */
async function release(client: LockClient, lockId: string): Promise<void> {
  const params = { header: { 'x-backup-lock-id': lockId } };
  await client.DELETE(path, { params, deadlineMs: releaseMs, retry: { ambiguous: true } }).catch(() => {});
}

/** Whether a refusal has a status: as its HTTP status, or as its code if the HTTP status is 200. */
const hasStatus = ({ status, code }: BackupApiError, wanted: number): boolean =>
  status === wanted || (status === ok && code === wanted);

const isHeldByOther = (error: unknown): boolean => error instanceof BackupApiError && hasStatus(error, conflict);

/**
 * Whether a refusal says that the lock does not exist. Other refusals, such as a failed service, do not say this. Nor
 * does the refusal of a gateway, because the provider has not seen the request.
 */
function isLost(error: unknown): boolean {
  if (!(error instanceof BackupApiError) || typeof error.code === 'string') return false;
  const isUnknown = error.code === errorCodes.resourceDoesNotExist && error.status < internalServerError;
  return isUnknown || [conflict, notFound, gone].some((status) => hasStatus(error, status));
}
