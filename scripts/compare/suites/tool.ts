import type { Scene } from './stage.ts';

/** What a tool says of a provider. */
export interface Verdict {
  /** How many things it looked at. */
  total: number;
  /** Those that failed, by name. */
  failed: string[];
}

/** A tool in the comparison, set up for this contract as its documentation says. */
export interface Tool {
  /** As the command line names it. */
  name: string;
  /** As the table names it: with the versions of all that decides. */
  label: string;
  /** How it is set up, for the text under the table. */
  setup: string;
  /** Whether it is one of `peers/`, which are installed for the comparison only. */
  isPeer?: boolean;
  /** Why this machine cannot run it; `undefined` where it can. */
  missing?(): string | undefined;
  /** Writes what it needs into the scene's folder. This is not timed. */
  prepare?: (scene: Scene) => Promise<void>;
  /**
   * Runs it against the scene's provider.
   *
   * @param signal Ends it: at its time limit, or because nobody waits for it.
   * @throws Error where it came to no verdict.
   */
  run(scene: Scene, signal: AbortSignal): Promise<Verdict>;
}

/** How long an answer may take, in milliseconds, for every tool that has such a limit. */
export const answerLimitMs = 800;
