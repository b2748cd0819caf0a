import type { Scene } from './stage.ts';

/** What a tool reports about a provider. */
export interface Verdict {
  /** The number of its tests. */
  total: number;
  /** The names of the tests that failed. */
  failed: string[];
}

/** A tool in the comparison, set up for this contract as its documentation describes. */
export interface Tool {
  /** Its name on the command line. */
  name: string;
  /** Its name in the table, with its version. */
  label: string;
  /** How it is set up, for the notes under the table. */
  setup: string;
  /** Whether it is one of `peers/`, which are installed for the comparison only. */
  isPeer?: boolean;
  /** Returns why this machine cannot run it, or `undefined` if it can. */
  missing?(): string | undefined;
  /** Writes the files that it needs into the scene's folder. This is not timed. */
  prepare?: (scene: Scene) => Promise<void>;
  /**
   * Runs it against the scene's provider.
   *
   * @param signal Stops it, at its time limit or when the comparison is stopped.
   * @throws Error if it reported no result.
   */
  run(scene: Scene, signal: AbortSignal): Promise<Verdict>;
}

/** Milliseconds that an answer may take, for every tool that has such a limit. */
export const answerLimitMs = 800;
