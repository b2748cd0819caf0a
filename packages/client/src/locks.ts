import type { BackupClient } from './client.ts';
import { unwrap } from './envelope.ts';
import { BackupApiError } from './errors/backup-api-error.ts';
import { internalServerError, tooManyRequests } from './http-status.ts';
import { lockLifetimeMs } from './lock-lifetime.gen.ts';
import type { components } from './schema.gen.ts';

/** What is locked, and until when at most. */
export interface BackupLockOptions {
  /** The module that is locked, for the client's user. */
  moduleCode: components['schemas']['ModuleCode'];
  /** Aborts the work, and so ends the lock. */
  signal?: AbortSignal;
}

/** A lock that is held. */
export interface BackupLock {
  /** The lock's id, for the header x-backup-lock-id. */
  readonly lockId: string;
  /** Aborted when the lock is lost, with the reason, or when the caller aborts. Hand it to every call under the lock. */
  readonly signal: AbortSignal;
}

// Twice in a lifetime, so that one renewal may fail.
const renewEveryMs = lockLifetimeMs / 2.5;
// Then again and again, until the lock must have expired.
const renewAgainMs = lockLifetimeMs / 40;

/**
 * Takes a lock, does work under it, and releases it. While the work goes on the lock is renewed, long before its time is
 * over. Where it is lost all the same, because the provider says so or could not be reached for as long as it lasts,
 * the work's signal is aborted.
 *
 * @param client The client of the user whose module is locked.
 * @param work What is done under the lock. It is waited for, also after its signal was aborted.
 * @returns What the work returns.
 * @throws BackupApiError when the lock is held already (status 409), and what a call throws; what the work throws; the
 *   reason of the loss when the lock was lost, though the work may have ended well: others may have written meanwhile.
 */
export async function withBackupLock<Result>(
  client: Pick<BackupClient, 'POST' | 'PATCH' | 'DELETE'>,
  { moduleCode, signal }: BackupLockOptions,
  work: (lock: BackupLock) => Promise<Result>,
): Promise<Result> {
  const path = '/koodrive/ose/v1/backup/lock';
  // A lock counts from when it was asked for, at the latest.
  let renewedAt = Date.now();
  const { lockId } = await unwrap(client.POST(path, { body: { moduleCode }, ...(signal && { signal }) }));
  const params = { header: { 'x-backup-lock-id': lockId } };
  const controller = new AbortController();
  let lost: unknown;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const renewAfter = (ms: number): void => {
    timer = setTimeout(renew, ms);
  };

  async function renew(): Promise<void> {
    const begin = Date.now();
    try {
      await unwrap(client.PATCH(path, { params, signal: controller.signal }));
      renewedAt = begin;
      if (timer) renewAfter(renewEveryMs);
    } catch (error) {
      if (!timer) return;
      if (!isRefused(error) && Date.now() + renewAgainMs < renewedAt + lockLifetimeMs) return renewAfter(renewAgainMs);
      lost = error;
      controller.abort(error);
    }
  }

  const abort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  renewAfter(renewEveryMs);
  try {
    const result = await work({ lockId, signal: controller.signal });
    if (lost) throw lost;
    return result;
  } finally {
    clearTimeout(timer);
    timer = undefined;
    signal?.removeEventListener('abort', abort);
    // It ends by itself where it cannot be released, and the work's own end is what counts.
    if (!lost) await client.DELETE(path, { params }).catch(() => {});
  }
}

/** Whether the provider has refused, and not for being busy. */
const isRefused = (error: unknown): boolean =>
  error instanceof BackupApiError && error.status !== tooManyRequests && error.status < internalServerError;
