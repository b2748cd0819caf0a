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

  it('says that the time was over, and aborts the work', async () => {
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

  it('does no work for a caller that has aborted already', async () => {
    const work = vi.fn(never);
    await expect(withDeadline(1000, AbortSignal.abort(new Error('enough')), work)).rejects.toThrow('enough');
    expect(work).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('sleep', () => {
  it('waits as long as it is told', async () => {
    const settled = vi.fn();
    void sleep(1000, undefined).then(settled);
    await vi.advanceTimersByTimeAsync(999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toHaveBeenCalled();
  });

  it('ends with the reason of an abort, before it or in it', async () => {
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
