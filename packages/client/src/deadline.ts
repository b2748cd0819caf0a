/** What `withDeadline` resolves to when the time was over first. */
export const timedOut: unique symbol = Symbol('timed out');

/**
 * Runs `work` with a deadline. Never waits for work that ignores its signal.
 *
 * @param ms How long the work may take.
 * @param signal The caller's, if there is one.
 * @param work Its signal is aborted when `ms` have passed or the caller aborts.
 * @returns What the work returns, or `timedOut` when `ms` have passed before.
 * @throws What the work throws, or the reason of the caller's abort.
 */
export function withDeadline<Value>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value | typeof timedOut> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const onTimeout = (): void => {
      stopWaiting();
      resolve(timedOut);
      controller.abort();
    };
    const onAbort = (): void => {
      stopWaiting();
      reject(signal?.reason);
      controller.abort();
    };
    const stopWaiting = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const timer = setTimeout(onTimeout, ms);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    else work(controller.signal).then(resolve, reject).finally(stopWaiting);
  });
}

/**
 * Waits.
 *
 * @throws The reason of the caller's abort, as soon as the caller aborts.
 */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onTimeout = (): void => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      reject(signal?.reason);
    };
    const timer = setTimeout(onTimeout, ms);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
  });
}
