import type { Contract, Operation } from '@koodrive-backup/spec/contract';
import type { AtFault } from './findings/at-fault.ts';
import type { Clock } from './http/clock.ts';
import { type Exchange, type Identity, LimitReached, type Session } from './http/session.ts';
import { FixtureMissing, type Fixtures } from './requests/fixtures.ts';

/**
 * `contract`: what the contract alone decides, for any provider, a mock included. `behaviour`: what only a provider
 * that keeps state and knows its users can do.
 */
export type Level = 'contract' | 'behaviour';

/** What a provider did that it must not do. */
export interface Finding {
  /** The place in the contract, a JSON pointer, or the erratum that decides it. */
  pointer: string;
  expected: string;
  got: string;
  /** What was wrong with the request, on purpose. */
  fault?: string;
  exchange?: Exchange;
  /** Who has to act. Default: the provider, or the setup where what was given for it does not work. */
  atFault?: AtFault;
  /** The exchanges without which it would not have come to this one. */
  before?: readonly Exchange[];
}

/** What checks work with. */
export interface Suite {
  contract: Contract;
  session: Session;
  fixtures: Fixtures;
  clock: Clock;
  main: Identity;
  other: Identity | undefined;
  /** A token that is no longer valid. */
  expiredToken: string | undefined;
  seed: number;
  runs: number;
  /** How time passes for a check that has to wait; `undefined` where no check may. */
  wait: ((ms: number) => Promise<void>) | undefined;
}

/** Where a check says what it saw. */
export interface Observer {
  /** One thing was as it has to be. */
  passed(operation: Operation): void;
  violated(operation: Operation, finding: Finding): void;
  notObserved(operation: Operation | undefined, reason: string): void;
  /** What is told, and is no violation. */
  note(text: string): void;
}

interface Named {
  /** What `--only` and `--skip` know it by. */
  id: string;
  /** What has to be so, in a sentence. */
  title: string;
  level: Level;
}

/** A check that sends requests of its own. */
export interface RequestCheck extends Named {
  run(suite: Suite, observer: Observer): Promise<void>;
}

/** A check that looks at every answer, whatever it was asked for. */
export interface AnswerCheck extends Named {
  /** A finding, `undefined` where all is well, `'nothing'` where the answer says nothing about it. */
  look(exchange: Exchange): Finding | undefined | 'nothing';
}

/** One named property that a provider must have. */
export type Check = RequestCheck | AnswerCheck;

/** Does something for an operation; where what it needs cannot be had, that is noted, and nothing is thrown. */
export async function observing(
  observer: Observer,
  operation: Operation | undefined,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof FixtureMissing || error instanceof LimitReached)) throw error;
    observer.notObserved(operation, error.message);
  }
}
