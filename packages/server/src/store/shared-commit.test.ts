import { expect, it, vi } from 'vitest';
import { createSharedCommit } from './shared-commit.ts';
import { type Row, type Statement, StoreUnavailable } from './store.ts';

const statement = (sql: string): Statement => ({ sql, values: [] });
const rowsOf = ({ sql }: Statement): Row[] => [{ sql }];

/** Connections whose commits end when the test says so. */
function createConnections() {
  const commits: { sqls: string[]; deadline: number; end(results?: Row[][]): void; fail(error: Error): void }[] = [];
  const alone: string[] = [];
  const run = createSharedCommit({
    runTogether: (statements, deadline) =>
      new Promise((end, fail) => void commits.push({ sqls: statements.map(({ sql }) => sql), deadline, end, fail })),
    async runAlone(one) {
      alone.push(one.sql);
      if (one.sql === 'bad') throw new Error('bad by itself');
      return rowsOf(one);
    },
  });
  const committing = (count: number): Promise<void> => vi.waitFor(() => expect(commits).toHaveLength(count));
  return { run, commits, alone, committing };
}

it('commits statements of one turn together, and those that arrive meanwhile with the next commit', async () => {
  const { run, commits, committing } = createConnections();
  const [a, b] = [run(statement('a'), 10), run(statement('b'), 20)];
  await committing(1);
  const c = run(statement('c'), 30);
  expect(commits.map(({ sqls, deadline }) => ({ sqls, deadline }))).toEqual([{ sqls: ['a', 'b'], deadline: 10 }]);
  commits[0]?.end([[{ sql: 'a' }], []]);
  expect(await Promise.all([a, b])).toEqual([[{ sql: 'a' }], []]);
  await committing(2);
  expect(commits[1]).toMatchObject({ sqls: ['c'], deadline: 30 });
  commits[1]?.end([[]]);
  expect(await c).toEqual([]);
  const d = run(statement('d'), 40);
  await committing(3);
  commits[2]?.end([[]]);
  await d;
});

it('shares one commit among 64 at most', async () => {
  const { run, commits, committing } = createConnections();
  const all = Array.from({ length: 65 }, (_, i) => run(statement(`${i}`), i));
  await committing(1);
  commits[0]?.end(Array(64).fill([]));
  await committing(2);
  commits[1]?.end([[]]);
  await Promise.all(all);
  expect(commits.map(({ sqls }) => sqls.length)).toEqual([64, 1]);
});

it('runs each statement alone if one is refused, so that only that one fails', async () => {
  const { run, commits, alone, committing } = createConnections();
  const all = Promise.allSettled([run(statement('a'), 1), run(statement('bad'), 1), run(statement('c'), 1)]);
  await committing(1);
  commits[0]?.end(undefined);
  expect(await all).toMatchObject([
    { status: 'fulfilled', value: [{ sql: 'a' }] },
    { status: 'rejected', reason: { message: 'bad by itself' } },
    { status: 'fulfilled', value: [{ sql: 'c' }] },
  ]);
  expect(alone).toEqual(['a', 'bad', 'c']);
});

it('does not run statements again that may have been committed, and goes on with the next', async () => {
  const { run, commits, alone, committing } = createConnections();
  const all = Promise.allSettled([run(statement('a'), 1), run(statement('b'), 1)]);
  await committing(1);
  const next = run(statement('next'), 1);
  commits[0]?.fail(new StoreUnavailable('gone', { fate: 'unknown' }));
  const gone = { status: 'rejected', reason: { message: 'gone', fate: 'unknown' } };
  expect(await all).toMatchObject([gone, gone]);
  await committing(2);
  commits[1]?.end([[]]);
  expect(await next).toEqual([]);
  expect(alone).toEqual([]);
});
