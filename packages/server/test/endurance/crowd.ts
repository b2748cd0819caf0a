import { setTimeout as sleep } from 'node:timers/promises';
import { type ServerProcess, startProcess } from '@koodrive-backup/testkit/server-process';
import { type Caller, type Credential, createCaller } from '../caller.ts';
import type { TestStorage } from '../storage.ts';
import { issueTokens, Ledger, moduleCode } from './load.ts';

const clientsPerUser = 10;

/** The result of a crowd. */
export interface CrowdResult {
  acknowledged: number;
  /** How often a lock was given, and how often it was refused because another client had it. */
  locks: number;
  refusedLocks: number;
  /** How often a server was too busy. */
  busy: number;
}

/** A time in which a client certainly held a lock, by the clock of this process. */
interface Held {
  userId: string;
  from: number;
  to: number;
  client: number;
}

/**
 * Lets many clients create records under locks, on several servers with one database. The clients share users, so that
 * many of them want each lock. Each client sends its requests to the servers in turn.
 *
 * @param turns How often each client gets its lock, and creates two records.
 * @throws Error if two clients hold one lock, an id occurs twice, or a record is lost.
 */
export async function crowd(
  storage: TestStorage,
  { processes, clients, turns }: { processes: number; clients: number; turns: number },
): Promise<CrowdResult> {
  const userIds = Array.from({ length: Math.ceil(clients / clientsPerUser) }, (_, i) => `user-${i}`);
  const started = await Promise.allSettled(Array.from({ length: processes }, () => startProcess(storage)));
  const servers = started.flatMap((server) => (server.status === 'fulfilled' ? [server.value] : []));
  try {
    if (servers.length < processes) throw new Error(`${servers.length} of ${processes} servers started`);
    const credentials = await issueTokens(storage, userIds);
    const ledger = new Ledger();
    const history: Held[] = [];
    let [refusedLocks, busy] = [0, 0];

    /** Asks again while a server is too busy, which is allowed: the crowd tests correctness, not speed. */
    async function served<Answer extends { status: number }>(ask: () => Promise<Answer>): Promise<Answer> {
      for (;;) {
        const answer = await ask();
        if (answer.status !== 503) return answer;
        busy++;
        await sleep(50);
      }
    }

    async function takeTurns(client: number, credential: Credential, callers: Caller[]): Promise<void> {
      let at = client;
      const next = (): Caller => callers[at++ % callers.length] ?? fail('there is no server');
      const device = await served(() => next().call('bindDevice', { body: { machineCode: `m${client}` } }));
      expectStatus(device.status, 'bindDevice');
      const { deviceId } = device.envelope.data;
      for (let turn = 0; turn < turns; ) {
        const lock = await served(() => next().call('createBackupLock', { body: { moduleCode } }));
        const from = performance.now();
        if (lock.status === 409) {
          refusedLocks++;
          // Different times, so that the clients do not ask again all at once.
          await sleep(5 + (refusedLocks % 20));
          continue;
        }
        expectStatus(lock.status, 'createBackupLock');
        const { lockId } = lock.envelope.data;
        const worker = { ...credential, deviceId, lockId };
        for (const completes of [false, true]) {
          const { status } = await served(async () => ({ status: await ledger.create(next(), worker, completes) }));
          expectStatus(status, 'createBackupRecord');
        }
        history.push({ userId: credential.userId, from, to: performance.now(), client });
        const busyBefore = busy;
        const { status } = await served(() => next().call('releaseBackupLock', { lockId }));
        // After an answer of 503 the lock may have been released already.
        if (status !== 409 || busy === busyBefore) expectStatus(status, 'releaseBackupLock');
        turn++;
      }
    }

    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        const credential = credentials[client % credentials.length] ?? fail('there is no user');
        const callers = servers.map(({ url }) => createCaller(url, credential));
        try {
          await takeTurns(client, credential, callers);
        } finally {
          for (const caller of callers) caller.close();
        }
      }),
    );
    checkHistory(history);
    // Each server must return every record.
    for (const { url } of servers) await ledger.verify(url, credentials);
    return { acknowledged: ledger.acknowledged, locks: history.length, refusedLocks, busy };
  } finally {
    await Promise.all(servers.map((server: ServerProcess) => server.kill()));
  }
}

/** @throws Error if two clients held one user's lock at the same time. */
function checkHistory(history: Held[]): void {
  const latest = new Map<string, Held>();
  for (const held of history.sort((a, b) => a.from - b.from)) {
    const { userId, from, client } = held;
    const before = latest.get(userId);
    if (before && before.to > from) {
      fail(`${userId}'s lock was held by client ${before.client}, and given to client ${client} meanwhile`);
    }
    latest.set(userId, held);
  }
}

function expectStatus(status: number, operation: string): void {
  if (status !== 200) fail(`${operation} was refused with ${status}`);
}

function fail(message: string): never {
  throw new Error(message);
}
