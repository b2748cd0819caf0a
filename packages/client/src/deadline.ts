const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` when the signal is aborted. The listeners of a signal share one event listener, because Node 20
 * warns of a leak if a signal has more than ten.
 *
 * @returns A function that removes `listener`.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (!signal) return () => {};
  const listeners = listenersOf.get(signal) ?? new Set();
  listenersOf.set(signal, listeners.add(listener));
  // Adding the same function again has no effect.
  signal.addEventListener('abort', callListeners);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) signal.removeEventListener('abort', callListeners);
  };
}

function callListeners({ target }: Event): void {
  for (const listener of listenersOf.get(target as AbortSignal) ?? []) listener();
}

/** What `withDeadline` resolves to if the work did not finish in time. */
export const timedOut: unique symbol = Symbol('timed out');

/**
 * Runs `work` with a deadline. Never waits for work that ignores its signal.
 *
 * @param ms How long the work may take, in milliseconds.
 * @param signal The caller's signal, if there is one.
 * @param work The work. Its signal is aborted when `ms` have passed or the caller aborts.
 * @returns What the work returns, or `timedOut` if `ms` pass first.
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
    const giveUp = (): void => {
      stopWaiting();
      reject(signal?.reason);
      controller.abort(signal?.reason);
    };
    const stopWaiting = (): void => {
      clearTimeout(timer);
      stopListening();
    };
    const timer = setTimeout(onTimeout, ms);
    const stopListening = onAbort(signal, giveUp);
    if (signal?.aborted) giveUp();
    else {
      work(controller.signal).then(
        (value) => {
          stopWaiting();
          resolve(value);
        },
        (error) => {
          stopWaiting();
          reject(error);
        },
      );
    }
  });
}

/**
 * Waits for `ms` milliseconds.
 *
 * @throws The reason of the caller's abort, as soon as the caller aborts.
 */
export async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await withDeadline(ms, signal, () => new Promise(() => {}));
}
