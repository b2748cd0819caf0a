import type { Exchange } from '../http/session.ts';

/**
 * Who has to act on a violation. `setup`: whoever runs the suite, because a credential or a lock that they gave does
 * not work, or the network does not. `contract`: whoever writes the contract, because it contradicts itself.
 * `provider`: the makers of the provider, in all other cases.
 */
export type AtFault = 'provider' | 'contract' | 'setup';

/** Tracks which of the user's credentials and locks were ever accepted. */
export interface Setup {
  observe(exchange: Exchange): void;
  /**
   * Returns a function to call after the run. It returns a hint if the setup may be the reason why the request was
   * wrongly refused: no request with the same credential or lock was accepted.
   */
  doubt(exchange: Exchange): () => string | undefined;
}

/** A credential or lock from the user that a request uses. */
interface Given {
  key: string;
  hint: string;
}

/**
 * Creates the setup of a run, in which nothing was accepted yet.
 *
 * @param lockId The lock that the user gave.
 */
export function createSetup(lockId: string | undefined): Setup {
  const working = new Set<string>();

  function givenFor({ call, credential, identity: { userId } }: Exchange): Given[] {
    const given: Given[] = [];
    if (credential) {
      const hint = `no request with the ${credential} of user ${userId} was accepted: check that it is right and belongs to that user`;
      given.push({ key: `${credential} of ${userId}`, hint });
    }
    if (lockId !== undefined && call.headers.some(([, value]) => value === lockId)) {
      const hint = `no request with the lock of --lock-id was accepted: check that it is live and belongs to user ${userId}`;
      given.push({ key: 'lock', hint });
    }
    return given;
  }

  return {
    observe(exchange) {
      if (exchange.judgement.isTaken) for (const { key } of givenFor(exchange)) working.add(key);
    },
    doubt(exchange) {
      const given = givenFor(exchange);
      return () => given.find(({ key }) => !working.has(key))?.hint;
    },
  };
}
