import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Row, Statement } from './store.ts';

/** How {@link createSharedCommit} reaches the database. */
interface Connections {
  /**
   * Runs statements in one transaction, in one round trip.
   *
   * @returns The rows of each; `undefined` if the database refused one of them, so that nothing is done.
   * @throws StoreUnavailable if it is not known what became of them.
   */
  runTogether(statements: Statement[], deadline: number): Promise<Row[][] | undefined>;
  /** Runs one statement, in a transaction of its own. */
  runAlone(statement: Statement, deadline: number): Promise<Row[]>;
}

/** Most statements of one commit, so that no answer waits for a crowd. */
const mostTogether = 64;

interface Waiting {
  statement: Statement;
  deadline: number;
  resolve: (rows: Row[] | Promise<Row[]>) => void;
  reject: (error: unknown) => void;
}

/**
 * Commits statements together that arrive while an earlier commit is under way: PostgreSQL then waits for the disk, and
 * this process for PostgreSQL, once for all of them. If the database refuses one, each is run alone, so that it does not
 * take the others along.
 *
 * @returns Runs a statement. `deadline` is the time of `performance.now()` until when.
 */
export function createSharedCommit({
  runTogether,
  runAlone,
}: Connections): (statement: Statement, deadline: number) => Promise<Row[]> {
  let waiting: Waiting[] = [];
  let isUnderWay = false;

  async function commitAll(): Promise<void> {
    while (waiting.length > 0) {
      // At the end of a turn all requests that it brought are in.
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
      // The first one came first, so its time ends first.
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
