import { isJson } from '@koodrive-backup/spec/is-json';
import { lockSeconds } from '../../src/requests/lifetimes.ts';
import type { Answered, Message, Wrapper } from '../provider.ts';
import {
  answered,
  bodies,
  bodyOf,
  create,
  data,
  type Fault,
  header,
  is,
  isOk,
  isSigned,
  type Json,
  later,
  listChanged,
  parse,
  queries,
  records,
  refused,
  requests,
  root,
  setHeader,
  trusted,
  type World,
  type Wrap,
  withJson,
} from './parts.ts';

const createdId = (answer: Answered): string => String((parse(answer.body)?.data as Json | undefined)?.recordId);

/** Remembers the user's live locks, and uses one of them if the lock in the request is refused. */
const lockForgiven =
  (isForgiven: (request: Message, world: World) => boolean): Wrap =>
  (world) => {
    const live = new Set<string>();
    return async (request, forward) => {
      const answer = await forward(request);
      if (isOk(answer) && header(request, 'x-user-id') === world.userId) {
        if (is(request, 'POST', '/lock')) live.add(lockIdOf(answer));
        if (is(request, 'DELETE', '/lock')) live.delete(header(request, 'x-backup-lock-id') ?? '');
      }
      const [lock] = live;
      if (answer.status !== 409 || !lock || !isForgiven(request, world)) return answer;
      return forward(setHeader(request, 'x-backup-lock-id', lock));
    };
  };
/** Carries out requests, but shows records as they were before. */
const frozen =
  (isFrozen: (request: Message) => boolean): Wrap =>
  () => {
    const before = new Map<string, Json>();
    const shown = (record: Json): Json => before.get(String(record.recordId)) ?? record;
    return async (request, forward) => {
      const found = isFrozen(request) ? await forward({ ...request, method: 'GET', body: Buffer.alloc(0) }) : undefined;
      const answer = await forward(request);
      if (!isOk(answer)) return answer;
      const known = found && (parse(found.body)?.data as Json | undefined);
      if (known && !before.has(String(known.recordId))) before.set(String(known.recordId), known);
      const envelope = parse(answer.body) ?? {};
      if (is(request, 'GET', '/record/*')) return withJson(answer, { ...envelope, data: shown(envelope.data as Json) });
      if (!is(request, 'GET', '/record')) return answer;
      return withJson(answer, { ...envelope, data: records(envelope).map(shown) });
    };
  };
const lockIdOf = (answer: Answered): string => String((parse(answer.body)?.data as Json | undefined)?.lockId);

/** Sends a request as the user to whom the record belongs. */
const asOwner =
  (isForgiven: (request: Message) => boolean): Wrap =>
  (world) =>
  async (request, forward) => {
    const answer = await forward(request);
    const isOther = header(request, 'x-user-id') === world.other.userId;
    if (answer.status === 401 || !isOther || !isForgiven(request)) return answer;
    return forward(setHeader(trusted(request, world), 'x-user-id', world.userId));
  };

export const stateFaults: Fault[] = [
  [
    'a record needs a bound device',
    'unbound-device-accepted',
    () => {
      const unbound = new Set<string>();
      return async (request, forward) => {
        if (!is(request, 'POST', '/record')) {
          const answer = await forward(request);
          if (isOk(answer) && is(request, 'DELETE', '/device/*')) unbound.add(request.target.split('/').at(-1) ?? '');
          return answer;
        }
        const deviceId = String(bodyOf(request).deviceId);
        return unbound.has(deviceId) ? answered(400, { code: 13000309, msg: 'no such device' }) : forward(request);
      };
    },
  ],
  ['no live lock is needed to create', 'lock-needed', lockForgiven(create)],
  ['no live lock is needed to delete', 'lock-needed', lockForgiven((request) => is(request, 'DELETE', '/record/*'))],
  [
    'an unknown lock is released',
    'lock-needed',
    () => async (request, forward) => {
      const answer = await forward(request);
      return is(request, 'DELETE', '/lock') && answer.status === 409
        ? answered(200, { code: 0, msg: 'success' })
        : answer;
    },
  ],
  [
    'a lock is released twice',
    'lock-needed',
    () => {
      const released = new Set<string>();
      return async (request, forward) => {
        const answer = await forward(request);
        if (!is(request, 'DELETE', '/lock')) return answer;
        const lock = header(request, 'x-backup-lock-id') ?? '';
        if (isOk(answer)) released.add(lock);
        return released.has(lock) ? answered(200, { code: 0, msg: 'success' }) : answer;
      };
    },
  ],
  [
    'a released lock can be renewed',
    'lock-needed',
    () => async (request, forward) => {
      const answer = await forward(request);
      return is(request, 'PATCH', '/lock') && answer.status === 409
        ? answered(200, { code: 0, msg: 'success' })
        : answer;
    },
  ],
  [
    'releasing does nothing',
    'examples-accepted',
    // The server refuses a renewal for the same reasons.
    requests((request) => (is(request, 'DELETE', '/lock') ? { ...request, method: 'PATCH' } : request)),
  ],
  [
    'a lock is handed out twice',
    'lock-exclusive',
    () => {
      let last: Answered | undefined;
      return async (request, forward) => {
        const answer = await forward(request);
        if (!is(request, 'POST', '/lock')) return answer;
        if (isOk(answer)) last = answer;
        return answer.status === 409 ? (last ?? answer) : answer;
      };
    },
  ],
  [
    'of two who ask at once both get the lock',
    'lock-parallel',
    () => {
      let last: { at: number; answer: Answered } | undefined;
      return async (request, forward) => {
        const answer = await forward(request);
        if (!is(request, 'POST', '/lock')) return answer;
        if (isOk(answer)) last = { at: Date.now(), answer };
        return answer.status === 409 && last && Date.now() - last.at < 100 ? last.answer : answer;
      };
    },
    ['lock-exclusive'],
  ],
  [
    "another user's lock is good",
    'lock-other-user',
    ({ userId }) => {
      const locks = new Map<string, string>();
      return async (request, forward) => {
        const owner = locks.get(header(request, 'x-backup-lock-id') ?? '');
        const [own] = [...locks].find(([, user]) => user === userId) ?? [];
        const isAnothers = owner !== undefined && owner !== userId && header(request, 'x-user-id') === userId;
        if (isAnothers && own && create(request)) return forward(setHeader(request, 'x-backup-lock-id', own));
        const answer = await forward(request);
        if (!isOk(answer)) return answer;
        if (is(request, 'POST', '/lock')) locks.set(lockIdOf(answer), header(request, 'x-user-id') ?? '');
        if (is(request, 'DELETE', '/lock')) locks.delete(header(request, 'x-backup-lock-id') ?? '');
        return answer;
      };
    },
  ],
  [
    "a lock stands in another user's way",
    'lock-other-user',
    (world) => {
      let held = 0;
      return async (request, forward) => {
        const isOther = header(request, 'x-user-id') === world.other.userId;
        if (isOther && is(request, 'POST', '/lock') && held > 0) return refused(409, 409);
        const answer = await forward(request);
        if (isOther || !isOk(answer)) return answer;
        if (is(request, 'POST', '/lock')) held += 1;
        if (is(request, 'DELETE', '/lock')) held -= 1;
        return answer;
      };
    },
  ],
  ['a new record has version 0', 'record-new', data('POST', '/record', (record) => ({ ...record, version: 0 }))],
  ['a new record has status 1', 'record-new', data('POST', '/record', (record) => ({ ...record, status: 1 }))],
  [
    'a new record has an endTime',
    'record-new',
    data('POST', '/record', (record) => ({ ...record, endTime: record.createTime })),
  ],
  [
    'createTime is local time that says it is UTC',
    'record-new',
    data('POST', '/record', (record) => ({ ...record, createTime: later(record.createTime, 8 * 3_600_000) })),
  ],
  [
    'createTime differs between creating and reading',
    'record-found',
    data('GET', '/record/*', (record) => ({ ...record, createTime: later(record.createTime, 1) })),
  ],
  [
    'a new record is not in the list',
    'record-found',
    listChanged((envelope) => ({ ...envelope, data: records(envelope).filter(({ status }) => status !== 0) })),
    ['list-filtered'],
  ],
  [
    'a record that was created cannot be read',
    'record-found',
    () => async (request, forward) => {
      const answer = await forward(request);
      const isNew = isOk(answer) && (parse(answer.body)?.data as Json)?.status === 0;
      return is(request, 'GET', '/record/*') && isNew ? refused(400, 13000309) : answer;
    },
    ['examples-accepted'],
  ],
  ['a completion changes nothing', 'record-completed', frozen((request) => is(request, 'PATCH', '/record/*'))],
  [
    'a completed record has no endTime',
    'record-completed',
    data('GET', '/record/*', ({ endTime: _, ...record }) => record),
  ],
  [
    'endTime moves with each reading',
    'record-completed',
    () => {
      let n = 0;
      return async (request, forward) => {
        const answer = await forward(request);
        const envelope = parse(answer.body);
        const record = envelope?.data as Json | undefined;
        if (!is(request, 'GET', '/record/*') || !record?.endTime) return answer;
        n += 1;
        return withJson(answer, { ...envelope, data: { ...record, endTime: later(record.endTime, n) } });
      };
    },
  ],
  ['the version is not counted', 'record-completed', data('GET', '/record/*', (record) => ({ ...record, version: 1 }))],
  [
    'a completion without properties removes them',
    'record-completed',
    bodies('PATCH', '/record/*', (body) => ({ properties: 'null', ...body })),
  ],
  [
    'new properties of a completion are passed over',
    'record-completed',
    requests((request) => {
      const { properties } = bodyOf(request);
      const isValid = typeof properties === 'string' && isJson(properties) && !isSigned(request);
      return isValid && is(request, 'PATCH', '/record/*') ? withJson(request, {}) : request;
    }),
  ],
  ['a deletion changes nothing', 'record-deleted', frozen((request) => is(request, 'DELETE', '/record/*'))],
  [
    'a deleted record is completed',
    'record-deleted',
    () => async (request, forward) => {
      const answer = await forward(request);
      const isDeleted = answer.status === 409 && /recordId/.test(answer.body.toString());
      return is(request, 'PATCH', '/record/*') && isDeleted ? answered(200, { code: 0, msg: 'success' }) : answer;
    },
  ],
  [
    'records that are created at once get one id',
    'creates-in-parallel',
    () => {
      let last: { at: number; user: string | undefined; recordId: unknown } | undefined;
      return async (request, forward) => {
        const at = Date.now();
        const answer = await forward(request);
        if (!create(request) || !isOk(answer)) return answer;
        const user = header(request, 'x-user-id');
        const envelope = parse(answer.body);
        const data = envelope?.data as Json;
        if (!last || last.user !== user || at - last.at >= 5) {
          last = { at, user, recordId: data.recordId };
          return answer;
        }
        return withJson(answer, { ...envelope, data: { ...data, recordId: last.recordId } });
      };
    },
  ],
  [
    'a write is lost under concurrency',
    'creates-in-parallel',
    () => {
      let open = 0;
      const lost = new Set<string>();
      return async (request, forward) => {
        if (is(request, 'GET', '/record'))
          return listed(await forward(request), (record) => !lost.has(String(record.recordId)));
        if (!create(request)) return forward(request);
        open += 1;
        const answer = await forward(request);
        if (open > 4 && lost.size === 0) lost.add(createdId(answer));
        open -= 1;
        return answer;
      };
    },
  ],
  [
    'a page loses its last record',
    'list-pages',
    listChanged((envelope) => (envelope.nextCursor ? { ...envelope, data: records(envelope).slice(0, -1) } : envelope)),
  ],
  [
    'a page repeats the last record of the one before',
    'list-pages',
    () => {
      let last: Json | undefined;
      return async (request, forward) => {
        const answer = await forward(request);
        const envelope = parse(answer.body);
        if (!is(request, 'GET', '/record') || !isOk(answer) || !envelope) return answer;
        const page = records(envelope);
        const all = request.target.includes('cursor=') && last ? [last, ...page.slice(0, -1)] : page;
        last = page.at(-1);
        return withJson(answer, { ...envelope, data: all });
      };
    },
  ],
  ['nextCursor is missing where there are more', 'list-pages', listChanged(({ nextCursor: _, ...rest }) => rest)],
  [
    'the oldest record is first',
    'list-pages',
    listChanged((envelope) => ({ ...envelope, data: records(envelope).toReversed() })),
    ['list-filtered'],
  ],
  [
    'pageSize is passed over',
    'list-pages',
    queries((query) => {
      if (/^\d+$/.test(query.get('pageSize') ?? '')) query.set('pageSize', '100');
    }),
  ],
  [
    'a list is not filtered by deviceId',
    'list-filtered',
    (world) => async (request, forward) => {
      const answer = await forward(request);
      if (!is(request, 'GET', '/record') || !isOk(answer)) return answer;
      const [path = '', query = ''] = request.target.split('?');
      const search = new URLSearchParams(query);
      search.delete('deviceId');
      const isOwn = header(request, 'x-user-id') === world.userId;
      const sent = { ...request, target: `${path}?${search}` };
      const unfiltered = await forward(isOwn ? trusted(sent, world) : sent);
      // A cursor of the filtered list is of no use for the other.
      return isOk(unfiltered) ? unfiltered : answer;
    },
  ],
  [
    'a list is not filtered by moduleCode',
    'list-filtered',
    () => async (request, forward) => {
      const answer = await forward(request);
      if (!is(request, 'GET', '/record') || !isOk(answer)) return answer;
      const all: unknown[] = [];
      for (const code of ['100', '101', '102']) {
        const one = await forward({
          ...request,
          target: request.target.replace(/moduleCode=\d+/, `moduleCode=${code}`),
        });
        all.push(...((parse(one.body)?.data as unknown[]) ?? []));
      }
      return withJson(answer, { ...parse(answer.body), data: all });
    },
  ],
  [
    'a cursor that is none begins anew',
    'cursor-refused',
    () => async (request, forward) => {
      const answer = await forward(request);
      return answer.status === 400 && /cursor=[^&]/.test(request.target)
        ? forward({ ...request, target: request.target.replace(/&cursor=[^&]*/, '') })
        : answer;
    },
  ],
  [
    'a cursor is good for another list',
    'cursor-refused',
    () => {
      const known = new Set<string>();
      return async (request, forward) => {
        const answer = await forward(request);
        const { nextCursor } = parse(answer.body) ?? {};
        if (typeof nextCursor === 'string') known.add(nextCursor);
        const cursor = /cursor=([^&]*)/.exec(request.target)?.[1] ?? '';
        return answer.status === 400 && known.has(cursor)
          ? answered(200, { code: 0, msg: 'success', data: [] })
          : answer;
      };
    },
  ],
  [
    'an unknown record is found',
    'unknown-id-refused',
    () => {
      let last: Answered | undefined;
      return async (request, forward) => {
        const answer = await forward(request);
        if (!is(request, 'GET', '/record/*')) return answer;
        if (isOk(answer)) last = answer;
        const isUnknown = answer.status === 400 && parse(answer.body)?.code === 13000309;
        return isUnknown && last ? last : answer;
      };
    },
  ],
  [
    'an unknown record is deleted',
    'unknown-id-refused',
    () => async (request, forward) => {
      const answer = await forward(request);
      const isUnknown = parse(answer.body)?.code === 13000309;
      return is(request, 'DELETE', '/record/*') && isUnknown ? answered(200, { code: 0, msg: 'success' }) : answer;
    },
  ],
  [
    'an unknown id makes it fail',
    'unknown-id-refused',
    () => async (request, forward) =>
      /\/record\/[^\d]/.test(request.target) ? answered(500, { code: 500, msg: 'failed' }) : forward(request),
    ['no-server-error'],
  ],
  ["another user's record can be read", 'others-private', asOwner((request) => is(request, 'GET', '/record/*'))],
  ["another user's records are listed", 'others-private', asOwner((request) => is(request, 'GET', '/record'))],
  ["another user's device can be unbound", 'others-private', asOwner((request) => is(request, 'DELETE', '/device/*'))],
  ["another user's devices are listed", 'others-private', asOwner((request) => is(request, 'GET', '/device'))],
  [
    'a machine that is bound again is a new device',
    'device-bound',
    data('POST', '/device', (device) => ({
      ...device,
      deviceId: `${device.deviceId}${Math.floor(performance.now()) % 10}${Math.random()}`,
    })),
  ],
  [
    'deviceName of a bound device does not change',
    'device-bound',
    () => {
      const names = new Map<unknown, unknown>();
      return async (request, forward) => {
        const answer = await forward(request);
        const envelope = parse(answer.body);
        const device = envelope?.data as Json | undefined;
        if (!is(request, 'POST', '/device') || !isOk(answer) || !device) return answer;
        if (!names.has(device.deviceId)) names.set(device.deviceId, device.deviceName);
        return withJson(answer, { ...envelope, data: { ...device, deviceName: names.get(device.deviceId) } });
      };
    },
  ],
  ['deviceOS is lost', 'device-bound', data('POST', '/device', ({ deviceOS: _, ...device }) => device)],
  [
    'the device that was bound last is in front',
    'device-bound',
    data('GET', '/device', (devices) => (devices as unknown as Json[]).toReversed()),
  ],
  [
    'an unbound device stays',
    'device-unbound',
    () => {
      let kept: Answered | undefined;
      return async (request, forward) => {
        const answer = await forward(request);
        if (is(request, 'GET', '/device') && isOk(answer) && kept) return kept;
        if (is(request, 'DELETE', '/device/*') && isOk(answer)) {
          const list = await forward({ ...request, method: 'GET', target: `${root}/device` });
          if (!isOk(list)) return answer;
          kept = withJson(list, {
            code: 0,
            msg: 'success',
            data: [...((parse(list.body)?.data as unknown[]) ?? []), parse(answer.body)?.data],
          });
        }
        return answer;
      };
    },
    ['device-bound'],
  ],
  [
    'a record of an unbound device is gone',
    'device-unbound',
    () => {
      const devices = new Map<string, unknown>();
      const unbound = new Set<unknown>();
      return async (request, forward) => {
        const answer = await forward(request);
        const last = request.target.split('/').at(-1) ?? '';
        if (is(request, 'DELETE', '/device/*') && isOk(answer)) unbound.add(last);
        if (create(request) && isOk(answer)) devices.set(createdId(answer), bodyOf(request).deviceId);
        return is(request, 'GET', '/record/*') && unbound.has(devices.get(last)) ? refused(400, 13000309) : answer;
      };
    },
  ],
  ['a lock lasts two seconds', 'lock-lasts', lasting(2_000)],
  [
    'a lock ends with the first record that is created under it',
    'lock-lasts',
    () => {
      const used = new Set<string>();
      return async (request, forward) => {
        const lock = header(request, 'x-backup-lock-id') ?? '';
        if (used.has(lock) && is(request, 'PATCH', '/lock')) return refused(409, 409);
        const answer = await forward(request);
        if (create(request) && isOk(answer)) used.add(lock);
        return answer;
      };
    },
    ['examples-accepted'],
  ],
  ['a lock lasts five minutes', 'lock-expires', lasting(300_000)],
  ['a lock that replaces an expired one has expired too', 'lock-expires', replacedTooLate, ['any-order']],
  [
    'a lock never expires',
    'lock-expires',
    () => {
      const held = new Set<string>();
      return async (request, forward) => {
        const answer = await forward(request);
        const lock = header(request, 'x-backup-lock-id') ?? '';
        if (is(request, 'POST', '/lock') && isOk(answer)) held.add(lockIdOf(answer));
        if (is(request, 'DELETE', '/lock') && isOk(answer)) held.delete(lock);
        const isKept = is(request, 'PATCH', '/lock') && answer.status === 409 && held.has(lock);
        return isKept ? answered(200, { code: 0, msg: 'success' }) : answer;
      };
    },
  ],
];

/** Creates a provider whose new lock has expired at once if it replaces an expired one. */
function replacedTooLate(): Wrapper {
  const ends = new Map<string, number>();
  const dead = new Set<string>();
  return async (request, forward) => {
    const used = header(request, 'x-backup-lock-id') ?? '';
    if (dead.has(used)) return refused(409, 409);
    const answer = await forward(request);
    if (!isOk(answer) || !/\/lock$/.test(request.target)) return answer;
    const now = Date.parse(header(answer, 'date') ?? '');
    const id = request.method === 'POST' ? lockIdOf(answer) : used;
    if (request.method === 'POST' && [...ends.values()].some((end) => now > end)) dead.add(id);
    if (request.method === 'DELETE') ends.delete(id);
    else ends.set(id, now + lockSeconds * 1000);
    return answer;
  };
}

/** Ends locks too soon, by the provider's clock. */
function lasting(ms: number): Wrap {
  return () => {
    const ends = new Map<string, number>();
    return async (request, forward) => {
      const answer = await forward(request);
      const now = Date.parse(header(answer, 'date') ?? '');
      if (is(request, 'POST', '/lock') && isOk(answer)) ends.set(lockIdOf(answer), now + ms);
      const end = ends.get(header(request, 'x-backup-lock-id') ?? '');
      return is(request, 'PATCH', '/lock') && end !== undefined && now > end ? refused(409, 409) : answer;
    };
  };
}

function listed(answer: Answered, isKept: (record: Json) => boolean): Answered {
  const envelope = parse(answer.body);
  return envelope && isOk(answer) ? withJson(answer, { ...envelope, data: records(envelope).filter(isKept) }) : answer;
}
