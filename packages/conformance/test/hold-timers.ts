import { vi } from 'vitest';
import type { Wrap } from './faults/parts.ts';

/**
 * Stops all timers until a test moves them, so that no deadline passes because a machine is slow. What the suite and a
 * provider send to each other arrives in its own time. `vi.useRealTimers()` lets timers go on.
 */
export function holdTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}

/** A provider before which the deadline of a request passes as soon as the request is left without an answer. */
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
