import { inParallel } from './http/in-parallel.ts';

/**
 * When a task may run. `any`: at the same time as all others. `locks`: at the same time as the others, but one `locks`
 * task after another, because a user has one live lock of a module (errata, E12). `alone`: when no other task runs.
 */
export type Turn = 'any' | 'locks' | 'alone';

/** A part of a run that does not depend on the other parts. */
export interface Task {
  turn: Turn;
  work(): Promise<void>;
}

/**
 * Runs all tasks. Those with the turn `alone` come last.
 *
 * @param width How many tasks run at the same time.
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
