import type { Level } from '../check.ts';
import type { RefusalForm } from '../judge/oracle.ts';
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
  /** The seed with which the same requests are made up again. */
  seed: number;
  /** When it began, in UTC. */
  startedAt: string;
  durationMs: number;
  /** How many requests were sent. */
  requests: number;
  /** What violates the contract, one for each cause. */
  findings: Finding[];
  /** One for each check and operation, by operation in the contract's order. */
  results: Result[];
  coverage: Coverage;
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
  /** `not observed`: the check saw nothing to judge by. `declared`: it is violated, and that is known. */
  outcome: 'passed' | 'violated' | 'declared' | 'not observed' | 'skipped';
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
  /**
   * Commands, one a line, that send again the request and those that led to it. Secrets, and what the suite has removed,
   * are variables in them.
   */
  curl?: string;
}
