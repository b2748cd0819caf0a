import type { Exchange } from '../http/session.ts';

/**
 * Who has to act on a violation. `setup`: whoever runs the suite, since a credential or a lock that was given does not
 * work, or the network does not. `contract`: whoever writes the contract, since it contradicts itself. `provider`: all
 * else.
 */
export type AtFault = 'provider' | 'contract' | 'setup';

/** Keeps account of whether what the user gave has worked. */
export interface Setup {
  observe(exchange: Exchange): void;
  /** Gives, once all is over, why a request that had to be accepted was refused through no fault of the provider's. */
  doubt(exchange: Exchange): () => string | undefined;
}

/** Something that the user gave, that requests rest on. */
interface Given {
  key: string;
  hint: string;
}

/** @param lockId The lock that the user gave. */
export function createSetup(lockId: string | undefined): Setup {
  const working = new Set<string>();

  function givenFor({ call, credential, identity: { userId } }: Exchange): Given[] {
    const given: Given[] = [];
    if (credential) {
      const hint = `no request with the ${credential} of user ${userId} was accepted: see whether it is right, and of that user`;
      given.push({ key: `${credential} of ${userId}`, hint });
    }
    if (lockId !== undefined && call.headers.some(([, value]) => value === lockId)) {
      const hint = `no request with the lock that was given was accepted: see whether it is live, and of user ${userId}`;
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
