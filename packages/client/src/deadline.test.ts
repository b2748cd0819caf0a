import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sleep, timedOut, withDeadline } from './deadline.ts';

const never = (): Promise<never> => new Promise(() => undefined);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('withDeadline', () => {
  it('returns what the work returns, and throws what it throws', async () => {
    expect(await withDeadline(1000, undefined, async () => undefined)).toBeUndefined();
    await expect(withDeadline(1000, undefined, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('says that the time is over, and aborts the work', async () => {
    let ofWork: AbortSignal | undefined;
    const work = (signal: AbortSignal): Promise<never> => {
      ofWork = signal;
      return never();
    };
    const settled = vi.fn();
    void withDeadline(1000, undefined, work).then(settled);
    await vi.advanceTimersByTimeAsync(999);
    expect([settled.mock.calls, ofWork?.aborted]).toEqual([[], false]);
    await vi.advanceTimersByTimeAsync(1);
    expect([settled.mock.calls, ofWork?.aborted]).toEqual([[[timedOut]], true]);
  });

  it('starts no work for a caller that has already aborted', async () => {
    const work = vi.fn(never);
    await expect(withDeadline(1000, AbortSignal.abort(new Error('enough')), work)).rejects.toThrow('enough');
    expect(work).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('work that ended', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['work', async () => 1],
    ['work that failed', () => Promise.reject(new Error('no'))],
  ])('leaves no timer and no listener, and does not abort its signal: %s', async (_what, work) => {
    const { signal } = new AbortController();
    let ofWork: AbortSignal | undefined;
    const done = withDeadline(1000, signal, (given) => {
      ofWork = given;
      return work();
    });
    expect([vi.getTimerCount(), getEventListeners(signal, 'abort').length]).toEqual([1, 1]);
    await done.catch(() => {});
    expect([vi.getTimerCount(), getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
    expect(ofWork?.aborted).toBe(false);
  });

  it.each([new Error('enough'), 0, null, undefined])(
    'by an abort with %s gets the same reason from its signal',
    async (reason) => {
      const controller = new AbortController();
      let ofWork: AbortSignal | undefined;
      const ended = vi.fn();
      const done = withDeadline(1000, controller.signal, (given) => {
        ofWork = given;
        return never();
      }).catch(ended);
      controller.abort(reason);
      await done;
      expect(ended.mock.calls).toEqual([[controller.signal.reason]]);
      expect(ofWork?.reason).toBe(controller.signal.reason);
      expect([vi.getTimerCount(), getEventListeners(controller.signal, 'abort').length]).toEqual([0, 0]);
    },
  );

  it('by its deadline ignores everything that comes later', async () => {
    const controller = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    const done = withDeadline(1000, controller.signal, () => promise);
    await vi.advanceTimersByTimeAsync(1000);
    reject(new Error('late'));
    controller.abort(new Error('later'));
    expect(await done).toBe(timedOut);
  });
});

describe('sleep', () => {
  it('waits for the given time', async () => {
    const settled = vi.fn();
    void sleep(1000, undefined).then(settled);
    await vi.advanceTimersByTimeAsync(999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toHaveBeenCalled();
  });

  it('ends with the reason of an abort, before it starts or while it waits', async () => {
    await expect(sleep(1000, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    const controller = new AbortController();
    const sleeping = expect(sleep(1000, controller.signal)).rejects.toThrow('enough');
    controller.abort(new Error('enough'));
    await sleeping;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const sleeping = sleep(1000, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    await sleeping;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('waits with the same signal', () => {
  it('share one listener, and each ends by itself', async () => {
    const { signal } = new AbortController();
    const waits = [1000, 2000, 3000].map((ms) => sleep(ms, signal));
    for (const [wait, listeners] of [1, 1, 0].entries()) {
      await vi.advanceTimersByTimeAsync(1000);
      await waits[wait];
      expect(getEventListeners(signal, 'abort')).toHaveLength(listeners);
    }
  });

  it('all end when the signal is aborted', async () => {
    const controller = new AbortController();
    const waits = [1000, 2000, 3000].map((ms) => sleep(ms, controller.signal));
    controller.abort('enough');
    const outcomes = await Promise.allSettled(waits);
    expect(outcomes).toEqual(waits.map(() => ({ status: 'rejected', reason: 'enough' })));
    expect([vi.getTimerCount(), getEventListeners(controller.signal, 'abort').length]).toEqual([0, 0]);
  });
});
