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
 * `contract`: properties that the contract alone decides, for any provider, a mock included. `behaviour`: properties
 * that only a provider with state and users can have.
 */
export type Level = 'contract' | 'behaviour';

/** One violation that a check saw. */
export interface Objection {
  /** The place in the contract, a JSON pointer, or the erratum that decides it. */
  pointer: string;
  expected: string;
  got: string;
  /** What was deliberately wrong with the request. */
  fault?: string;
  exchange?: Exchange;
  /** Who has to act. Default: the provider, or the setup if a credential or lock that the user gave does not work. */
  atFault?: AtFault;
  /** The exchanges that led to the violation, in order, without `exchange`. */
  before?: readonly Exchange[];
}

/** Everything that checks share in one run. */
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
  /** Decides how many of the possible requests are sent. */
  scope: Scope;
  /** Twins of refused requests that the provider has accepted: each needs to be sent only once. */
  provenTwins: Set<string>;
  /** Waits, or moves an injected clock, for a check that needs minutes to pass. `undefined` if no check may wait. */
  wait: ((ms: number) => Promise<void>) | undefined;
  /** Waits `ms` milliseconds, or until the run is interrupted. */
  pause: (ms: number) => Promise<void>;
}

/** Receives what one check saw. */
export interface Observer {
  /** One observation was right. */
  passed(operation: Operation): void;
  violated(operation: Operation, objection: Objection): void;
  notObserved(operation: Operation | undefined, reason: string): void;
}

/** What a check may need beside the main user: its name, the option that gives it, and the reason if it is missing. */
export const needs = {
  token: { what: 'a token', option: '--token', missing: 'there is no token' },
  app: { what: 'an app', option: '--app-id and --app-secret', missing: 'there is no app' },
  other: { what: 'another user', option: '--other-user-id and --other-token', missing: 'there is no other user' },
  expiredToken: { what: 'an expired token', option: 'KOODRIVE_EXPIRED_TOKEN', missing: 'there is no expired token' },
  time: { what: 'time', option: '--slow', missing: 'the check takes 20 minutes, and --slow was not given' },
} as const;

/** The name of something that a check may need. */
export type Need = keyof typeof needs;

interface Named {
  /** The name that `--only` and `--skip` accept. */
  id: string;
  /** The property that the provider must have, as one or two sentences. */
  title: string;
  level: Level;
  /** What the check cannot run without. Default: nothing. */
  needs?: readonly Need[];
}

/** A check that judges every answer and sends nothing. */
export interface AnswerCheck extends Named {
  /** Returns an objection, `undefined` if the answer is right, or `'nothing'` if the check does not apply to it. */
  look(exchange: Exchange): Objection | undefined | 'nothing';
}

/** A check that changes one thing in an accepted request and knows the verdict that must follow. */
export interface CaseCheck extends Named {
  /** Whether the check applies to an operation. Default: to every one. */
  concerns?(operation: Operation): boolean;
  /** When the cases of an operation are sent. Default: `locks` if it takes or releases locks, otherwise `any`. */
  turnOf?(operation: Operation): Turn | undefined;
  /**
   * Returns the cases of one operation, or why there are none.
   *
   * @param base A call that is accepted now.
   */
  cases(base: Call, suite: Suite): readonly Case[] | string | Promise<readonly Case[] | string>;
}

/** A request, and the verdict that it must get. */
export interface Case extends SendOptions {
  /** What the request tries, in a few words. */
  name: string;
  /** A generated call that fails is shrunk to the smallest one that still fails. */
  call: Call | Arbitrary<Call>;
  /** `either`: the contract leaves the verdict open, but the answer itself must be valid. */
  expect: 'accepted' | 'refused' | 'either';
  /** The place in the contract that decides the verdict. Default: the operation. */
  pointer?: string;
  /** The same request without the fault, which must be accepted. Default: the base. */
  twin?: Call;
  /**
   * Returns whether the case was still true when the answer came. (An X-Date may no longer be in the future, for
   * example.) If not, the case counts as not observed. Default: it was true.
   */
  holds?(): boolean;
}

/** A list of steps. A model that learns from each answer judges the next one. */
export interface StateCheck extends Named {
  /** The operation that the report names if the check saw nothing. */
  subject: string;
  /** When the steps are sent. Default `any`. */
  turn?: Turn;
  /**
   * Yields the steps. The model has learnt from the answer to a step before the next one is asked for. The steps of an
   * array are sent at the same time.
   */
  steps(model: StateModel, suite: Suite): AsyncIterable<Move> | Iterable<Move>;
}

type Move = Step | readonly Step[];

/** A check that generates its steps, and shrinks a failing sequence to as few steps as still show the violation. */
export interface SequenceCheck extends Named {
  run(suite: Suite, observer: Observer): Promise<void>;
}

/** One named property that a provider must have. */
export type Check = AnswerCheck | CaseCheck | StateCheck | SequenceCheck;

/**
 * Runs `work` for an operation. Reports the operation as not observed, instead of throwing, if the provider does not
 * supply what the work needs or no more requests may be sent.
 */
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

/**
 * Returns the other user, for checks that need one.
 *
 * @throws FixtureMissing if the run has no other user.
 */
export function otherUser({ other }: Suite): Identity {
  if (!other) throw new FixtureMissing(needs.other.missing);
  return other;
}
