import type { Level } from './check.ts';
import type { Coverage } from './coverage.ts';
import type { RefusalForm } from './oracle.ts';

/** What a run has found. */
export interface Report {
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
  /** One for each check and operation, by operation in the contract's order. */
  results: Result[];
  coverage: Coverage;
  /** What is told, and is no violation. */
  notes: string[];
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
  /** A command that sends the request again, without its secrets. */
  curl?: string;
}
