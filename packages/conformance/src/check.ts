import type { Contract, Operation } from '@koodrive-backup/spec/contract';
import type { Arbitrary } from 'fast-check';
import type { StateModel, Step } from './checks/state/model.ts';
import type { AtFault } from './findings/at-fault.ts';
import type { Clock } from './http/clock.ts';
import { type Exchange, type Identity, LimitReached, type SendOptions, type Session } from './http/session.ts';
import type { Call } from './requests/call.ts';
import { FixtureMissing, type Fixtures } from './requests/fixtures.ts';
import type { Scope } from './requests/scope.ts';
import type { Turn } from './schedule.ts';

/**
 * `contract`: what the contract alone decides, for any provider, a mock included. `behaviour`: what only a provider
 * that keeps state and knows its users can do.
 */
export type Level = 'contract' | 'behaviour';

/** What a check has against a provider. */
export interface Objection {
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
  /** The contract with the operations that are tested. */
  contract: Contract;
  /** The contract with all operations. */
  whole: Contract;
  session: Session;
  fixtures: Fixtures;
  clock: Clock;
  main: Identity;
  other: Identity | undefined;
  /** A token that is no longer valid. */
  expiredToken: string | undefined;
  seed: number;
  runs: number;
  /** How much is tried. */
  scope: Scope;
  /** The requests that were accepted as the twins of refused ones: each has to be seen once. */
  provenTwins: Set<string>;
  /** How time passes for a check that has to wait; `undefined` where no check may. */
  wait: ((ms: number) => Promise<void>) | undefined;
  /** Lets some seconds pass, less if the run is interrupted. */
  pause: (ms: number) => Promise<void>;
}

/** Where a check says what it saw. */
export interface Observer {
  /** One thing was as it has to be. */
  passed(operation: Operation): void;
  violated(operation: Operation, objection: Objection): void;
  notObserved(operation: Operation | undefined, reason: string): void;
}

/** What a check may need beside the main user: what it is, how it is given, and what is said if it was not. */
export const needs = {
  token: { what: 'a token', option: '--token', missing: 'there is no token' },
  app: { what: 'an app', option: '--app-id and --app-secret', missing: 'there is no app' },
  other: { what: 'another user', option: '--other-user-id and --other-token', missing: 'there is no other user' },
  expiredToken: { what: 'an expired token', option: 'KOODRIVE_EXPIRED_TOKEN', missing: 'there is no expired token' },
  time: { what: 'time', option: '--slow', missing: 'it takes 20 minutes, and --slow was not given' },
} as const;

/** The name of something that a check may need. */
export type Need = keyof typeof needs;

interface Named {
  /** What `--only` and `--skip` know it by. */
  id: string;
  /** What has to be so, in a sentence. */
  title: string;
  level: Level;
  /** What it cannot do without. Default: nothing. */
  needs?: readonly Need[];
}

/** Judges every answer, and sends nothing. */
export interface AnswerCheck extends Named {
  /** An objection, `undefined` if all is well, `'nothing'` if the answer does not show it. */
  look(exchange: Exchange): Objection | undefined | 'nothing';
}

/** Changes one thing in a request that is accepted, and knows what must follow. */
export interface CaseCheck extends Named {
  /** Whether there is anything to try of an operation. Default: of every one. */
  concerns?(operation: Operation): boolean;
  /** When an operation has its turn. Default: `locks` if it takes or releases locks, or else `any`. */
  turnOf?(operation: Operation): Turn | undefined;
  /**
   * Returns the cases of one operation, or why there are none.
   *
   * @param base A call that is accepted now.
   */
  cases(base: Call, suite: Suite): readonly Case[] | string | Promise<readonly Case[] | string>;
}

/** A request, and what must follow from it. */
export interface Case extends SendOptions {
  /** What is tried, in a few words. */
  name: string;
  /** Made-up calls are made as small as they still fail. */
  call: Call | Arbitrary<Call>;
  /** `either`: the contract leaves it open, but the provider must answer soundly. */
  expect: 'accepted' | 'refused' | 'either';
  /** The place in the contract that decides it. Default: the operation. */
  pointer?: string;
  /** The same request with its fault mended, which must be accepted. Default: the base. */
  twin?: Call;
  /** Whether what was tried was still so when the answer came. If not, nothing was seen. Default: it was. */
  holds?(): boolean;
}

/** A list of steps, each of which a model judges by what the answers before it have made. */
export interface StateCheck extends Named {
  /** The operation to which it is put down if nothing was seen. */
  subject: string;
  /** When it has its turn. Default `any`. */
  turn?: Turn;
  /**
   * Yields the steps one by one, after the model has learnt from the answer to the one before. An array is sent at once.
   */
  steps(model: StateModel, suite: Suite): AsyncIterable<Move> | Iterable<Move>;
}

type Move = Step | readonly Step[];

/** A check that makes its steps up, and makes those as few as it can that show a fault. */
export interface SequenceCheck extends Named {
  run(suite: Suite, observer: Observer): Promise<void>;
}

/** One named property that a provider must have. */
export type Check = AnswerCheck | CaseCheck | StateCheck | SequenceCheck;

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

/** The other user, for checks that need one. */
export function otherUser({ other }: Suite): Identity {
  if (!other) throw new FixtureMissing('there is no other user');
  return other;
}
