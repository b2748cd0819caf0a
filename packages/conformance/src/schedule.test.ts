import { expect, it } from 'vitest';
import { runTasks, type Task, type Turn } from './schedule.ts';

/** Runs tasks, each of which takes some turns of the event loop, and returns which ran at the same time. */
async function underWay(turns: readonly Turn[], width: number): Promise<Turn[][]> {
  const going: Turn[] = [];
  const seen: Turn[][] = [];
  const task = (turn: Turn): Task => ({
    turn,
    async work() {
      going.push(turn);
      seen.push([...going]);
      for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
      going.splice(going.indexOf(turn), 1);
    },
  });
  await runTasks(turns.map(task), width);
  return seen;
}

it('runs as many tasks at the same time as it may', async () => {
  const seen = await underWay(['any', 'any', 'any', 'any', 'any'], 3);
  expect(seen).toHaveLength(5);
  expect(Math.max(...seen.map((going) => going.length))).toBe(3);
});

it('runs tasks that take locks one after another, at the same time as the others', async () => {
  const seen = await underWay(['locks', 'any', 'locks', 'any', 'locks'], 8);
  expect(Math.max(...seen.map((going) => going.filter((turn) => turn === 'locks').length))).toBe(1);
  expect(seen).toContainEqual(['locks', 'any', 'any']);
});

it('runs tasks with the turn alone last, one after another', async () => {
  const seen = await underWay(['alone', 'any', 'locks', 'alone', 'any'], 8);
  expect(seen.slice(-2)).toEqual([['alone'], ['alone']]);
  expect(seen.slice(0, -2).flat()).not.toContain('alone');
});
