// What the thread of a SQLite database runs. `sqlite-thread.ts` starts it, and says what to do.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Job } from './job.ts';
import { openSqliteEngine } from './sqlite-engine.ts';
import type { Outcome, SentJob } from './sqlite-thread.ts';
import { StoreUnavailable } from './store.ts';

const port = parentPort;
if (!port) throw new Error('this is the program of a thread');
const engine = openSqliteEngine(workerData);

port.on('message', (message: SentJob[] | 'close') => {
  if (message === 'close') {
    engine.close();
    return port.close();
  }
  const jobs = [...message];
  // All that has arrived while the disk was busy shares one commit.
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) jobs.push(...next.message);
  port.postMessage(perform(jobs));
});
port.postMessage('open');

function perform(sent: SentJob[]): Outcome[] {
  const outcomes: Outcome[] = [];
  const jobs = sent.map(
    (job, i): Job => ({
      ...job,
      resolve(result) {
        outcomes[i] = { result };
      },
      reject(error) {
        outcomes[i] = {
          error: error as Error,
          ...(error instanceof StoreUnavailable && { unavailable: { fate: error.fate } }),
        };
      },
    }),
  );
  engine.perform(jobs);
  return outcomes;
}
