import type { Level } from '../check.ts';
import type { RefusalForm } from '../judge/oracle.ts';
import type { Profile } from '../requests/scope.ts';
import type { AtFault } from './at-fault.ts';
import type { Coverage } from './coverage.ts';

/** What a run has found. */
export interface Report {
  /** The version of this format. */
  version: 2;
  /** Whether no check was violated. */
  honoured: boolean;
  contract: { title: string; version: string };
  /** The base URL. */
  provider: string;
  level: Level;
  refusal: RefusalForm;
  profile: Profile;
  /** The operations that were tested, if not all. */
  operations?: string[];
  /** Whether a violation that only our reading decides counts as violated. */
  strict: boolean;
  /** The seed with which the same requests are made up again, and how many of each operation. */
  seed: number;
  runs: number;
  /** Whether checks could wait for locks to expire. */
  slow: boolean;
  /** When it began, in UTC. */
  startedAt: string;
  durationMs: number;
  /** How many requests were sent. */
  requests: number;
  /** Why the run ended early, if it did. */
  endedEarly?: string;
  /** What violates the contract, one for each cause. Those that fail the run come first. */
  findings: Finding[];
  /** One for each check and operation, by operation in the contract's order. */
  results: Result[];
  /** What became of the failures of an earlier report, if this run has sent them again. */
  replayed?: Replayed[];
  coverage: Coverage;
  /** Which checks saw nothing because something was not given to the run. */
  missing: Missing[];
  /** Why the run proves less than its verdict seems to say. */
  warnings: string[];
  /** What is told, and is no violation. */
  notes: string[];
  /** What the run has created and could not remove. */
  leftBehind: string[];
}

/** One cause that violates the contract. */
export interface Finding {
  /** The check that names it, and the operation that shows it. */
  check: string;
  title: string;
  operation?: string;
  /** Whether it fails the run. */
  fails: boolean;
  /** All checks and operations that it reaches. */
  checks: string[];
  operations: string[];
  /** How often it was seen. */
  violated: number;
  /** The first of them. */
  first: Violation;
}

/** What a check has found of an operation. */
export interface Result {
  /** The check's id. */
  check: string;
  title: string;
  level: Level;
  /** An operationId; `undefined` where the check saw no operation. */
  operation?: string;
  /**
   * `our reading`: it is violated, and no page of the vendor decides it, only the errata. `declared`: it is violated,
   * and that is known. `not observed`: the check saw nothing to judge by.
   */
  outcome: 'passed' | 'violated' | 'our reading' | 'declared' | 'not observed' | 'skipped';
  /** Why it was declared, not observed, or skipped. */
  reason?: string;
  /** How often what was looked at was as it has to be. */
  observations: number;
  /** How often it was not. */
  violated: number;
  /** The first of them, at most {@link shownViolations}. */
  violations: Violation[];
}

/** How many violations of a check and operation are told in full. */
export const shownViolations = 3;

/** Something that a provider must not do, and did. */
export interface Violation {
  /** The place in the contract that decides it, a JSON pointer, or an erratum. */
  pointer: string;
  /** The errata that decide it, as `E13`, if no page of the vendor does. */
  errata?: string[];
  expected: string;
  got: string;
  /** What was wrong with the request, on purpose. */
  fault?: string;
  /** Who has to act. */
  atFault: AtFault;
  /** What to do, where that does not go without saying. */
  hint?: string;
  /** Which of the run's requests it was, from 1 on: the one of that number in the HTTP Archive. */
  request?: number;
  /** The check that the request was sent for, if it was sent for one. */
  sentFor?: string;
  /** If it takes several requests: each of them in order, this one last, with what was answered. */
  steps?: string[];
  /**
   * A command that sends the request again, if it is a single one with a token or without a credential. Secrets, and
   * what the suite has removed, are variables in it.
   */
  curl?: string;
}

/** A failure of an earlier run that was sent again. */
export interface Replayed {
  check: string;
  operation?: string;
  outcome: 'fixed' | 'still fails' | 'declared' | 'not observed';
  /** Why it was declared or not observed. */
  reason?: string;
}

/** Something that was not given to the run. */
export interface Missing {
  /** As `an app`. */
  what: string;
  /** How it is given. */
  option: string;
  /** The checks that saw nothing without it. */
  checks: string[];
}
