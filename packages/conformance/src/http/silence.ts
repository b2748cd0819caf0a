import type { Operation } from '@koodrive-backup/spec/contract';
import type { Exchange, SendOptions } from './exchange.ts';
import { LimitReached } from './limits.ts';

/** How many timeouts an operation may have, because each costs the whole deadline. */
const maxTimeouts = 3;

/** After how many timeouts in a row a provider counts as silent. */
const maxSilent = 3;

/** Notices that an operation, or the provider, has stopped answering. */
export interface Silence {
  /** The last request to a provider that has stopped answering. */
  readonly lastUnanswered: Exchange | undefined;
  /** Waits while `confirm` finds out whether the provider still answers. */
  settled(): Promise<void>;
  /** @throws LimitReached if the provider has stopped answering. */
  assertAnswering(): void;
  /** @throws LimitReached if an operation has stopped answering. */
  assertAnsweredBy(operation: Operation): void;
  /** Learns from each attempt. */
  learn(exchange: Exchange, sending: SendOptions): void;
  /**
   * Repeats a request that was answered before, if the last ones were not: if it times out too, the provider is down;
   * otherwise only the last requests hang.
   */
  confirm(): Promise<void>;
}

/**
 * Creates the watch over one provider.
 *
 * @param repeat Sends a request that was answered before.
 */
export function createSilence(repeat: (known: Exchange, sending: SendOptions) => Promise<Exchange>): Silence {
  const timeouts = new Map<string, number>();
  let silent = 0;
  let known: [exchange: Exchange, sending: SendOptions] | undefined;
  let asking: Promise<void> | undefined;
  let lastUnanswered: Exchange | undefined;

  async function ask([exchange, sending]: [Exchange, SendOptions]): Promise<void> {
    const repeated = await repeat(exchange, sending);
    if (repeated.failure?.isTimeout) lastUnanswered = repeated;
  }

  return {
    get lastUnanswered() {
      return lastUnanswered;
    },
    settled: async () => asking,
    assertAnswering() {
      if (!lastUnanswered) return;
      throw new LimitReached(
        `the provider has stopped answering: ${maxSilent} requests in a row had no answer in time`,
        'the run ended early, because the provider has stopped answering',
      );
    },
    assertAnsweredBy({ id }) {
      if ((timeouts.get(id) ?? 0) >= maxTimeouts) throw new LimitReached(`${id} did not answer ${maxTimeouts} times`);
    },
    learn(exchange, sending) {
      if (exchange.answer) {
        silent = 0;
        known ??= [exchange, sending];
        return;
      }
      const isTimeout = exchange.failure?.isTimeout === true;
      silent = isTimeout ? silent + 1 : 0;
      const { id } = exchange.call.operation;
      if (isTimeout) timeouts.set(id, (timeouts.get(id) ?? 0) + 1);
    },
    async confirm() {
      if (!known || silent < maxSilent - 1) return;
      asking ??= ask(known).finally(() => {
        asking = undefined;
      });
      await asking;
    },
  };
}
