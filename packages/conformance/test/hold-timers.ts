import { vi } from 'vitest';
import type { Wrap } from './faults/parts.ts';

/**
 * Stops all timers until a test moves them, so that no deadline passes because a machine is slow. Network traffic
 * between the suite and a provider continues. `vi.useRealTimers()` restarts the timers.
 */
export function holdTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}

/** A provider that lets the deadline of a request pass as soon as it leaves the request without an answer. */
export const withoutWaiting =
  (deadlineMs: number, wrap: Wrap): Wrap =>
  (world) => {
    const wrapper = wrap(world);
    return async (request, forward) => {
      const reply = await wrapper(request, forward);
      if (reply === 'hang') vi.advanceTimersByTime(deadlineMs);
      return reply;
    };
  };
