import type { Level } from '../check.ts';
import type { RefusalForm } from '../judge/oracle.ts';
import type { Profile } from '../requests/scope.ts';
import type { AtFault } from './at-fault.ts';
import type { Coverage } from './coverage.ts';

/** The result of a run. */
export interface Report {
  /** The version of this format. */
  version: 2;
  /** Whether nothing was violated that fails the run. */
  honoured: boolean;
  contract: { title: string; version: string };
  /** The base URL. */
  provider: string;
  level: Level;
  refusal: RefusalForm;
  profile: Profile;
  /** The ids of the tested operations, if not all. */
  operations?: string[];
  /** Whether violations that only the errata decide fail the run. */
  strict: boolean;
  /** The seed that generates the same requests again, and how many were generated for each operation. */
  seed: number;
  runs: number;
  /** Whether checks could wait for locks to expire. */
  slow: boolean;
  /** When the run began, in UTC. */
  startedAt: string;
  durationMs: number;
  /** How many requests were sent. */
  requests: number;
  /** Why the run ended early, if it did. */
  endedEarly?: string;
  /** The causes of violations, one finding for each. Those that fail the run come first. */
  findings: Finding[];
  /** One for each check and operation. The operations of a check have the contract's order. */
  results: Result[];
  /** The outcome of each failure of an earlier report, if this run is a replay. */
  replayed?: Replayed[];
  coverage: Coverage;
  /** What the user did not give, and which checks saw nothing for that reason. */
  missing: Missing[];
  /** Why the run proves less than its verdict seems to say. */
  warnings: string[];
  /** Observations that are not violations. */
  notes: string[];
  /** What the run created and could not remove. */
  leftBehind: string[];
}

/** One cause that violates the contract. */
export interface Finding {
  /** The check that names it, and the operation that shows it. */
  check: string;
  title: string;
  operation?: string;
  /** Whether the finding fails the run. */
  fails: boolean;
  /** All checks and operations that it affects. */
  checks: string[];
  operations: string[];
  /** How many violations it has. */
  violated: number;
  /** The first violation. */
  first: Violation;
}

/** What a check found for an operation. */
export interface Result {
  /** The check's id. */
  check: string;
  title: string;
  level: Level;
  /** An operationId; `undefined` if the check saw no operation. */
  operation?: string;
  /**
   * `our reading`: the check is violated, and only the errata decide it, no page of the vendor. `declared`: the check
   * is violated, and a deviation declares it. `not observed`: the check saw nothing that it could judge.
   */
  outcome: 'passed' | 'violated' | 'our reading' | 'declared' | 'not observed' | 'skipped';
  /** Why the outcome is declared, not observed, or skipped. */
  reason?: string;
  /** How many observations were right. */
  observations: number;
  /** How many observations were violations. */
  violated: number;
  /** The first violations, at most {@link shownViolations}. */
  violations: Violation[];
}

/** How many violations of a check and operation are reported in full. */
export const shownViolations = 3;

/** One observation that violates the contract. */
export interface Violation {
  /** The place in the contract that decides it, a JSON pointer, or an erratum. */
  pointer: string;
  /** The errata that decide it, such as `E13`, if no page of the vendor does. */
  errata?: string[];
  expected: string;
  got: string;
  /** What was deliberately wrong with the request. */
  fault?: string;
  /** Who has to act. */
  atFault: AtFault;
  /** What to do, if it is not obvious. */
  hint?: string;
  /** The number of the request in the run, from 1. The HTTP Archive uses the same number. */
  request?: number;
  /** The check that sent the request, if a check did. */
  sentFor?: string;
  /** If the violation takes several requests: each of them with its answer, in order. This request is the last. */
  steps?: string[];
  /**
   * A command that sends the request again, if it is a single request with a token or without a credential. Variables
   * stand for secrets, and for what the suite has removed.
   */
  curl?: string;
}

/** A failure of an earlier run that was sent again. */
export interface Replayed {
  check: string;
  operation?: string;
  outcome: 'fixed' | 'still fails' | 'declared' | 'not observed';
  /** Why the outcome is declared or not observed. */
  reason?: string;
}

/** Something that the user did not give to the run. */
export interface Missing {
  /** Its name, for example `an app`. */
  what: string;
  /** The option or variable that gives it. */
  option: string;
  /** The checks that saw nothing without it. */
  checks: string[];
}
