import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Row, Statement } from './store.ts';

/** How {@link createSharedCommit} reaches the database. */
interface Connections {
  /**
   * Runs statements in one transaction, in one round trip.
   *
   * @returns The rows of each statement; `undefined` if the database refused one of them, so that nothing was done.
   * @throws StoreUnavailable if it is not known whether they were committed.
   */
  runTogether(statements: Statement[], deadline: number): Promise<Row[][] | undefined>;
  /** Runs one statement, in a transaction of its own. */
  runAlone(statement: Statement, deadline: number): Promise<Row[]>;
}

/** The most statements in one commit, so that no answer waits for too many others. */
const mostTogether = 64;

interface Waiting {
  statement: Statement;
  deadline: number;
  resolve: (rows: Row[] | Promise<Row[]>) => void;
  reject: (error: unknown) => void;
}

/**
 * Creates a function that runs statements, and commits those together that arrive while an earlier commit is under way:
 * PostgreSQL then waits for the disk, and this process for PostgreSQL, once for all of them. If the database refuses
 * one, each is run alone, so that the others do not fail with it.
 *
 * @returns The function. It gives up at `deadline`, in the time of `performance.now()`.
 */
export function createSharedCommit({
  runTogether,
  runAlone,
}: Connections): (statement: Statement, deadline: number) => Promise<Row[]> {
  let waiting: Waiting[] = [];
  let isUnderWay = false;

  async function commitAll(): Promise<void> {
    while (waiting.length > 0) {
      // By the end of this turn of the event loop, all requests that arrived in it are waiting.
      await endOfTurn();
      const together = waiting.slice(0, mostTogether);
      waiting = waiting.slice(mostTogether);
      await commit(together);
    }
    isUnderWay = false;
  }

  async function commit(together: Waiting[]): Promise<void> {
    try {
      const statements = together.map(({ statement }) => statement);
      // The first statement arrived first, so its deadline is the earliest, unless a later one is run again.
      const results = await runTogether(statements, together[0]?.deadline ?? 0);
      for (const [i, { statement, deadline, resolve }] of together.entries()) {
        resolve(results?.[i] ?? runAlone(statement, deadline));
      }
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }

  return (statement, deadline) =>
    new Promise((resolve, reject) => {
      waiting.push({ statement, deadline, resolve, reject });
      if (isUnderWay) return;
      isUnderWay = true;
      commitAll();
    });
}
