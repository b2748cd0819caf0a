import type { Answered, Message } from '../provider.ts';
import {
  bodyOf,
  create,
  type Fault,
  header,
  is,
  isOk,
  isSigned,
  type Json,
  later,
  listChanged,
  parse,
  records,
  refused,
  root,
  setHeader,
  type Wrap,
  withJson,
} from './parts.ts';

/** What one request did, or tried to do, with a record. */
interface Deed {
  what: 'create' | 'complete' | 'delete';
  id: string;
  body: Json;
  isDone: boolean;
}

/** A lock that was taken. */
interface Lock {
  id: string;
  moduleCode: unknown;
  user: string | undefined;
  isLive: boolean;
}

const lastOf = ({ target }: Message): string => target.split('/').at(-1) ?? '';
const dataOf = (answer: Answered): Json => (parse(answer.body)?.data ?? {}) as Json;
const lockIn = (request: Message): string => header(request, 'x-backup-lock-id') ?? '';
const isComplete = (request: Message): boolean => is(request, 'PATCH', '/record/*');
const isRelease = (request: Message): boolean => is(request, 'DELETE', '/lock');

/** Changes how records are shown, both read and listed. */
function showing(answer: Answered, request: Message, show: (record: Json) => Json | undefined): Answered {
  const envelope = parse(answer.body) ?? {};
  if (is(request, 'GET', '/record')) {
    return withJson(answer, { ...envelope, data: records(envelope).flatMap((record) => show(record) ?? []) });
  }
  if (!is(request, 'GET', '/record/*')) return answer;
  const record = show(dataOf(answer));
  return record ? withJson(answer, { ...envelope, data: record }) : refused(400, 13000309);
}

/** Changes how records are shown, by what was done with them before. `undefined` hides a record. */
const remembering =
  (show: (record: Json, deeds: Deed[]) => Json | undefined): Wrap =>
  () => {
    const deeds: Deed[] = [];
    const remember = (what: Deed['what'], id: unknown, request: Message, answer: Answered): void => {
      deeds.push({ what, id: String(id), body: bodyOf(request), isDone: isOk(answer) });
    };
    return async (request, forward) => {
      const answer = await forward(request);
      if (create(request)) remember('create', dataOf(answer).recordId, request, answer);
      if (isComplete(request)) remember('complete', lastOf(request), request, answer);
      if (is(request, 'DELETE', '/record/*')) remember('delete', lastOf(request), request, answer);
      return isOk(answer) ? showing(answer, request, (record) => show(record, deeds)) : answer;
    };
  };

/** Tracks the locks that were taken, and may change a request because of them. */
const locking =
  (
    mend: (request: Message, locks: Lock[]) => Message | Answered,
    learn: (request: Message, used: Lock, locks: Lock[]) => void = () => {},
  ): Wrap =>
  () => {
    const locks: Lock[] = [];
    return async (request, forward) => {
      const mended = mend(request, locks);
      if ('status' in mended) return mended;
      const answer = await forward(mended);
      if (!isOk(answer)) return answer;
      const user = header(request, 'x-user-id');
      const { moduleCode } = bodyOf(request);
      if (is(request, 'POST', '/lock'))
        locks.push({ id: String(dataOf(answer).lockId), moduleCode, user, isLive: true });
      const used = locks.find(({ id }) => id === lockIn(mended));
      if (used && isRelease(request)) used.isLive = false;
      if (used) learn(request, used, locks);
      return answer;
    };
  };

/** Forgets locks that are live. They can still be released, so that a fault does not use up the modules. */
const forgetting =
  (isForgotten: (request: Message, used: Lock, other: Lock) => boolean): Wrap =>
  (world) => {
    const forgotten = new Set<string>();
    const wrap = locking(
      (request) => (forgotten.has(lockIn(request)) && !isRelease(request) ? refused(409, 409) : request),
      (request, used, locks) => {
        for (const other of locks) if (other !== used && isForgotten(request, used, other)) forgotten.add(other.id);
      },
    );
    return wrap(world);
  };

/** Faults that only show if several requests are sent in one order. */
export const orderFaults: Fault[] = [
  // Comes first, because it takes the fewest requests: a normal test run uses only the first fault of each check.
  [
    'a list forgets records that were completed',
    'any-order',
    listChanged((envelope) => ({ ...envelope, data: records(envelope).filter(({ status }) => status !== 1) })),
  ],
  [
    'a deleted record comes back where it was asked to be completed',
    'any-order',
    remembering((record, deeds) => {
      const isTried = deeds.some(({ what, id, isDone }) => what === 'complete' && id === record.recordId && !isDone);
      return record.status === 2 && isTried ? { ...record, status: 1 } : record;
    }),
  ],
  [
    'a completion without properties brings back those of the creation',
    'any-order',
    remembering((record, deeds) => {
      const mine = deeds.filter(({ what, id, isDone }) => what !== 'delete' && id === record.recordId && isDone);
      if (mine.at(-1)?.body.properties !== undefined) return record;
      const { properties: _, ...rest } = record;
      const { properties } = mine[0]?.body ?? {};
      return properties === undefined ? rest : { ...rest, properties };
    }),
  ],
  [
    'deleting a record deletes the one that was created before it too',
    'any-order',
    remembering((record, deeds) => {
      const ids = deeds.filter(({ what }) => what === 'create').map(({ id }) => id);
      const next = ids[ids.indexOf(String(record.recordId)) + 1];
      return deeds.some(({ what, id, isDone }) => what === 'delete' && id === next && isDone) ? undefined : record;
    }),
  ],
  [
    'a completion is that of the newest record, whichever it names',
    'any-order',
    () => {
      const owners = new Map<string, string | undefined>();
      return async (request, forward) => {
        const user = header(request, 'x-user-id');
        const isOwn = isComplete(request) && owners.get(lastOf(request)) === user && !isSigned(request);
        const newest = [...owners.keys()].findLast((id) => owners.get(id) === user);
        const target = isOwn ? request.target.replace(/\d+$/, newest ?? '') : request.target;
        const answer = await forward({ ...request, target });
        if (create(request) && isOk(answer)) owners.set(String(dataOf(answer).recordId), user);
        return answer;
      };
    },
  ],
  [
    'the version stops at 3',
    'any-order',
    remembering((record) => ({ ...record, version: Math.min(Number(record.version), 3) })),
  ],
  [
    'deleting a record takes its endTime away',
    'any-order',
    remembering(({ endTime, ...record }) => (record.status === 1 ? { ...record, endTime } : record)),
  ],
  [
    'deleting a record moves its endTime',
    'any-order',
    remembering((record) =>
      record.status === 2 && 'endTime' in record ? { ...record, endTime: later(record.endTime, 1000) } : record,
    ),
  ],
  [
    'a released lock is good again once its module has a new one',
    'any-order',
    locking((request, locks) => {
      const used = locks.find(({ id }) => id === lockIn(request));
      const live = locks.findLast(
        ({ user, moduleCode, isLive }) => user === used?.user && moduleCode === used?.moduleCode && isLive,
      );
      const isOnce = request.headers.filter(([name]) => /^x-backup-lock-id$/i.test(name)).length === 1;
      return used && live && isOnce && !isRelease(request) ? setHeader(request, 'x-backup-lock-id', live.id) : request;
    }),
  ],
  [
    "renewing a lock ends the user's others",
    'any-order',
    forgetting((request, used, other) => is(request, 'PATCH', '/lock') && used.user === other.user),
  ],
  [
    "releasing a lock ends another user's of the same module",
    'any-order',
    forgetting((request, used, other) => isRelease(request) && used.moduleCode === other.moduleCode),
  ],
  [
    'a completion ends the lock',
    'examples-accepted',
    () => async (request, forward) => {
      const answer = await forward(request);
      if (isOk(answer) && is(request, 'PATCH', '/record/*')) {
        await forward({ ...request, method: 'DELETE', target: `${root}/lock`, body: Buffer.alloc(0) });
      }
      return answer;
    },
  ],
];
