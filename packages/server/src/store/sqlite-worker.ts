// The program of a thread that works on a SQLite database. `sqlite-thread.ts` starts it.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openClaims } from './claims.ts';
import { rememberFiles } from './database-files.ts';
import { commitTogether, failed } from './group-commit.ts';
import type { Commit, FromThread, Reply, Request, ToThread, Transaction } from './job.ts';
import { openSqliteConnection } from './sqlite-connection.ts';
import type { ThreadData } from './sqlite-thread.ts';
import type { Row, Statement } from './store.ts';

/** After this many characters, results are sent, so that they do not pile up here. */
const largeResults = 65_536;

if (!parentPort) throw new Error('this program runs in a worker thread only');
const port = parentPort;
const { file, transactions, memory } = workerData as ThreadData;
const { begin } = openClaims(memory);
const connection = openSqliteConnection(file, transactions === undefined);
const { perform, close } = transactions === undefined ? createReader() : await createWriter(transactions);

port.on('message', (first: ToThread) => {
  // All jobs that arrived while the disk was busy share one commit.
  const requests: Request[] = [];
  let message: ToThread | undefined = first;
  for (; message && message !== 'close'; message = receiveMessageOnPort(port)?.message) requests.push(...message);
  if (requests.length > 0) perform(requests);
  if (message !== 'close') return;
  close();
  port.close();
});
post('open');

function post(message: FromThread): void {
  port.postMessage(message);
}

/** The role of a thread: it writes, or it reads. */
interface Role {
  perform(requests: Request[]): void;
  close(): void;
}

async function createWriter(module: string): Promise<Role> {
  const files = rememberFiles(file, connection);
  // While this second connection is open, closing the first one does not put the log into the database.
  const guard = openSqliteConnection(file, true);
  const onCommit = (commit: Commit): void => post({ commit });
  const committing = { connection, files, transactions: await import(module), begin, onCommit };
  return {
    perform: (requests) => post({ replies: commitTogether(committing, requests as Request<Transaction>[]) }),
    close() {
      const isOverwritten = files.isOverwritten();
      if (!isOverwritten) guard.close();
      connection.close();
      files.setLogAside(isOverwritten);
      if (isOverwritten) guard.close();
    },
  };
}

function createReader(): Role {
  return { perform: (requests) => readEach(requests as Request<Statement>[]), close: () => connection.close() };
}

function readEach(requests: Request<Statement>[]): void {
  let replies: Reply[] = [];
  let size = 0;
  for (const request of requests) {
    const reply = read(request);
    replies.push(reply);
    size += sizeOf(reply);
    if (size < largeResults) continue;
    post({ replies });
    [replies, size] = [[], 0];
  }
  if (replies.length > 0) post({ replies });
}

function read({ id, sql, values }: Request<Statement>): Reply {
  try {
    // Nobody waits for a job that was withdrawn.
    return { id, result: begin(id) ? connection.run(sql, values) : [] };
  } catch (error) {
    return failed(id, connection.asUnavailable(error, undefined));
  }
}

function sizeOf(reply: Reply): number {
  let size = 0;
  for (const row of 'result' in reply ? (reply.result as Row[]) : []) {
    for (const name in row) size += `${row[name]}`.length;
  }
  return size;
}
