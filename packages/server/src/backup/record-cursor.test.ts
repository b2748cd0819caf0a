import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { call, lockHeader, refusedWith, succeed } from '../../test/calls.ts';
import { isSoak } from '../../test/soak.ts';
import { startTestServer, type TestServer, type User } from '../../test/test-server.ts';
import { sweep } from '../ops/sweep.ts';
import { openStorage } from '../store/open-store.ts';

const { ParameterCheckFailed } = contract.components.examples;

let server: TestServer;
let user: User;
let headers: Record<string, string>;
beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  user = await server.newUser();
  headers = await lockHeader(server, user);
});
afterAll(() => server.close());

interface Page {
  ids: string[];
  nextCursor: string | undefined;
}

const list = (query: object, as = user) =>
  call(server, as, 'listBackupRecord', { query: { moduleCode: '101', pageSize: '2', ...query } });

async function page(query: object): Promise<Page> {
  const { status, text, envelope } = await list(query);
  expect(status, text).toBe(200);
  return { ids: (envelope.data ?? []).map(({ recordId }) => recordId), nextCursor: envelope.nextCursor };
}

async function create(moduleCode = '101', deviceId = 'd'): Promise<string> {
  const { recordId } = await succeed(server, user, 'createBackupRecord', { headers, body: { moduleCode, deviceId } });
  return recordId;
}

const remove = (recordId: string) => succeed(server, user, 'deleteBackupRecord', { headers, path: { recordId } });

it('leads through all records of the list, the newest first, also of one module and device only', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 5; count++) ids.unshift(await create());
  await create('102');
  await create('101', 'e');
  for (const pageSize of ['1', '2', '4', '5', '100']) {
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const next = await page({ pageSize, deviceId: 'd', ...(cursor !== undefined && { cursor }) });
      pages.push(next.ids);
      cursor = next.nextCursor;
    } while (cursor !== undefined);
    expect(pages.flat()).toEqual(ids);
    expect(pages).toHaveLength(Math.ceil(5 / Number(pageSize)));
  }
});

it('stays correct while records are added and deleted between pages', async () => {
  const change = fc.oneof(
    fc.constant('add' as const),
    fc.nat({ max: 20 }).map((index) => ({ remove: index })),
  );
  const step = fc.record({ changes: fc.array(change, { maxLength: 3 }), pageSize: fc.integer({ min: 1, max: 4 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 8 }),
      fc.array(step, { minLength: 10, maxLength: 10 }),
      async (first, steps) => {
        user = await server.newUser();
        headers = await lockHeader(server, user);
        const initial: string[] = [];
        for (let count = 0; count < first; count++) initial.unshift(await create());
        const all = [...initial];
        const seen: string[] = [];
        let cursor: string | undefined;
        for (const { changes, pageSize } of steps) {
          const query = { pageSize: `${pageSize}`, ...(cursor !== undefined && { cursor }) };
          const { ids, nextCursor } = await page(query);
          seen.push(...ids);
          cursor = nextCursor;
          if (cursor === undefined) break;
          expect(ids).toHaveLength(pageSize);
          for (const what of changes) {
            const removed = what === 'add' ? undefined : all[what.remove % all.length];
            if (removed !== undefined) await remove(removed);
            else all.unshift(await create());
          }
        }
        // Each step returns at least one record, so the list must have ended by now.
        expect(cursor).toBeUndefined();
        expect(seen).toEqual(initial);
      },
    ),
    { numRuns: isSoak ? 500 : 5 },
  );
});

it('stays correct if the record that it points behind is gone', async () => {
  const [oldest, middle] = [await create(), await create(), await create()];
  const { ids, nextCursor = '' } = await page({ pageSize: '2' });
  expect(ids.at(-1)).toBe(middle);
  await remove(middle);
  server.time += 60_000;
  const { store } = await openStorage({ data: server.data });
  await sweep(store, () => server.time);
  await store.close();
  expect((await page({})).ids).not.toContain(middle);
  expect(await page({ cursor: nextCursor })).toEqual({ ids: [oldest], nextCursor: undefined });
});

it('is valid for its own list only', async () => {
  await Promise.all([create(), create(), create(), create('102'), create('102'), create('102')]);
  const { ids, nextCursor = '' } = await page({ deviceId: 'd' });
  const other = await server.newUser();
  const foreign = [
    list({ cursor: nextCursor, deviceId: 'd', moduleCode: '102' }),
    list({ cursor: nextCursor, deviceId: 'e' }),
    list({ cursor: nextCursor }),
    list({ cursor: nextCursor, deviceId: 'd' }, other),
    list({ cursor: ids.at(-1), deviceId: 'd' }),
    list({ cursor: Buffer.from(ids.at(-1) ?? '').toString('base64url'), deviceId: 'd' }),
  ];
  for (const answer of await Promise.all(foreign)) {
    const msg = refusedWith(400, answer, ParameterCheckFailed.value.code);
    expect(msg).toBe('query.cursor must be a cursor of this list');
  }
  expect((await page({ cursor: nextCursor, deviceId: 'd', pageSize: '50' })).ids).toHaveLength(1);
});

it('is refused if any part of it is changed', async () => {
  await Promise.all([create(), create(), create()]);
  const { nextCursor = '' } = await page({});
  const changed = [...nextCursor].map((character, at) => {
    const other = character === 'A' ? 'B' : 'A';
    return `${nextCursor.slice(0, at)}${other}${nextCursor.slice(at + 1)}`;
  });
  const others = [
    // Shorter than the code that authenticates it.
    'AAAA',
    nextCursor.slice(1),
    nextCursor.slice(0, -1),
    `${nextCursor}A`,
    `${nextCursor}=`,
    `${nextCursor} `,
    `${nextCursor}!`,
  ];
  for (const cursor of [...changed, ...others]) {
    refusedWith(400, await list({ cursor }), ParameterCheckFailed.value.code);
  }
  expect((await page({ cursor: nextCursor })).ids).toHaveLength(1);
});
