import { inParallel } from './http/in-parallel.ts';

/**
 * When something may be done. `any`: beside all else. `locks`: beside all else, but one after the other, since a user has
 * one live lock of a module (errata, E12). `alone`: when nothing else is under way.
 */
export type Turn = 'any' | 'locks' | 'alone';

/** A piece of a run that needs nothing of the others. */
export interface Task {
  turn: Turn;
  work(): Promise<void>;
}

/**
 * Does all tasks. Those that are done alone come last.
 *
 * @param width How many are done at a time.
 */
export async function runTasks(tasks: readonly Task[], width: number): Promise<void> {
  const of = (turn: Turn): Task[] => tasks.filter((task) => task.turn === turn);
  const locks: Task = { turn: 'any', work: () => inOrder(of('locks')) };
  await inParallel([locks, ...of('any')], ({ work }) => work(), width);
  await inOrder(of('alone'));
}

async function inOrder(tasks: readonly Task[]): Promise<void> {
  for (const { work } of tasks) await work();
}
