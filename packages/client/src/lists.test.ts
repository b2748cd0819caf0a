import { answer, type Handler } from '@koodrive-backup/testkit/provider';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { errorOf } from '../test/calls.ts';
import { created, providerOf, userId } from '../test/provider.ts';
import {
  accessToken,
  BackupApiError,
  type BackupClient,
  BackupError,
  BackupParseError,
  BackupRequestError,
  type components,
  createBackupClient,
  iterate,
} from './index.ts';

const path = '/koodrive/ose/v1/backup/record';
const init = { params: { query: { moduleCode: '101', pageSize: 2 } } } as const;

async function listOf(handler: Handler): Promise<{ client: BackupClient; queries: string[] }> {
  const { url, seen } = await providerOf(handler);
  const client = createBackupClient({ baseUrl: url, auth: accessToken('t'), userId });
  return {
    client,
    get queries() {
      return seen.map((request) => request.url.replace(`${path}?moduleCode=101&pageSize=2`, ''));
    },
  };
}

const page = (ids: number[], nextCursor?: string): object => ({
  code: 0,
  msg: 'success',
  data: ids.map((id) => ({ ...created.data, recordId: `${id}` })),
  nextCursor,
});

async function idsOf(client: BackupClient): Promise<string[]> {
  const ids: string[] = [];
  for await (const { recordId } of iterate(client, path, init)) ids.push(recordId);
  return ids;
}

describe('iterate', () => {
  it('requests each page with the cursor of the page before', async () => {
    const pages = [page([1, 2], 'a/b'), page([], 'c'), page([3])];
    const list = await listOf((response, count) => answer(response, 200, pages[count - 1]));
    expect(await idsOf(list.client)).toEqual(['1', '2', '3']);
    expect(list.queries).toEqual(['', '&cursor=a%2Fb', '&cursor=c']);
  });

  it.each([null, ''])('ends if the next cursor is %j', async (nextCursor) => {
    const { client } = await listOf((response) => answer(response, 200, { ...page([1]), nextCursor }));
    expect(await idsOf(client)).toEqual(['1']);
  });

  it('requests no page that is not needed', async () => {
    const list = await listOf((response, count) => answer(response, 200, page([count, -count], `${count}`)));
    for await (const { recordId } of iterate(list.client, path, init)) if (recordId === '-2') break;
    expect(list.queries).toEqual(['', '&cursor=1']);
  });

  it('ends with an error if the cursors form a circle', async () => {
    const list = await listOf((response, count) => answer(response, 200, page([count], `${count % 3}`)));
    await expect(idsOf(list.client)).rejects.toThrow(BackupError);
    expect(list.queries).toHaveLength(4);
  });

  it('throws the refusal of a page after the items of the pages before', async () => {
    const { client } = await listOf((response, count) =>
      count === 1 ? answer(response, 200, page([1], 'a')) : answer(response, 200, { code: 13000102, msg: 'no' }),
    );
    const items = iterate(client, path, init);
    expect((await items.next()).value?.recordId).toBe('1');
    await expect(items.next()).rejects.toThrow(BackupApiError);
  });

  it.each<[string, object]>([
    ['no list', { code: 0, msg: '', data: {} }],
    ['a string instead of a list', { code: 0, msg: '', data: 'ab' }],
    ['a number instead of a list', { code: 0, msg: '', data: 7 }],
  ])('refuses a page with %s', async (_what, body) => {
    const { client } = await listOf((response) => answer(response, 200, body, { 'x-request-id': 'id' }));
    const error = await errorOf(idsOf(client));
    expect(error).toBeInstanceOf(BackupParseError);
    expect(error).toMatchObject({
      message: 'listBackupRecord: the answer has no list in data: HTTP status 200, application/json',
      operation: 'listBackupRecord',
      method: 'GET',
      path,
      status: 200,
      requestId: 'id',
      attempts: 1,
    });
  });

  it.each([7, {}, ['a'], true, 0, false])(
    'refuses a next cursor that is %j, after the items of its page',
    async (nextCursor) => {
      const { client } = await listOf((response) => answer(response, 200, { ...page([1]), nextCursor }));
      const items = iterate(client, path, init);
      expect((await items.next()).value?.recordId).toBe('1');
      const error = await errorOf(items.next());
      expect(error).toBeInstanceOf(BackupParseError);
      expect(error.message).toContain('the answer has a nextCursor that is not a string');
    },
  );

  it.each(['/koodrive/ose/v1/backup/device', 'constructor', undefined])(
    'throws at %s, which is no list',
    async (wrong) => {
      const client = createBackupClient({ baseUrl: 'http://127.0.0.1:1', auth: accessToken('t'), userId });
      const error = await iterate(client, wrong as never, undefined as never)
        .next()
        .catch((thrown) => thrown);
      expect(error).toBeInstanceOf(BackupRequestError);
      expect(error.message).toContain(`the contract has no list at ${wrong}`);
    },
  );

  it('does not change items', async () => {
    const odd = [null, 7, 'a', []];
    const { client } = await listOf((response) => answer(response, 200, { code: 0, msg: '', data: odd }));
    const items: unknown[] = [];
    for await (const item of iterate(client, path, init)) items.push(item);
    expect(items).toEqual(odd);
  });

  it('says that a cursor was used before', async () => {
    const list = await listOf((response) => answer(response, 200, page([], 'a')));
    await expect(idsOf(list.client)).rejects.toThrow('leads back to a nextCursor that was used before');
    expect(list.queries).toEqual(['', '&cursor=a']);
  });

  it('begins at the cursor of its options', async () => {
    const list = await listOf((response) => answer(response, 200, page([1])));
    const query = { ...init.params.query, cursor: 'there' };
    for await (const _ of iterate(list.client, path, { params: { query } }));
    expect(list.queries).toEqual(['&cursor=there']);
  });

  it('requests each page with the signal, the headers and the settings of the first', async () => {
    const { client, queries } = await listOf((response, count) => answer(response, 200, page([count], `${count}`)));
    const { signal } = new AbortController();
    const given = { ...init, signal, headers: { 'x-a': '1' }, timeoutMs: 5000, deadlineMs: 6000, retry: { limit: 1 } };
    const GET = vi.spyOn(client, 'GET');
    const items = iterate(client, path, given);
    await items.next();
    await items.next();
    expect(queries).toEqual([]);
    expect(GET.mock.calls).toEqual([
      [path, given],
      [path, { ...given, params: { query: { ...init.params.query, cursor: '1' } } }],
    ]);
  });

  it('sends the headers with each page, and ends with an abort', async () => {
    const headers: unknown[] = [];
    const { client } = await listOf((response, count, request) => {
      headers.push(request.headers['x-a']);
      answer(response, 200, page([count], `${count}`));
    });
    const controller = new AbortController();
    const items = iterate(client, path, { ...init, signal: controller.signal, headers: { 'x-a': '1' } });
    await items.next();
    await items.next();
    controller.abort(0);
    expect(await items.next().catch((reason: unknown) => reason)).toBe(0);
    expect(headers).toEqual(['1', '1']);
  });

  it('reports a page without a list even if the answer is not from a client', async () => {
    const response = new Response();
    const GET = async () => ({ data: { code: 0, msg: '' }, response });
    const error = await errorOf(iterate({ GET } as unknown as BackupClient, path, init).next());
    expect(error).toBeInstanceOf(BackupParseError);
    expect(error.message).toBe('the answer has no list in data');
  });

  it('is typed by the contract', () => {
    const records = (client: BackupClient) => iterate(client, path, init);
    expectTypeOf(records).returns.toEqualTypeOf<
      AsyncGenerator<components['schemas']['BackupRecord'], void, undefined>
    >();
    // @ts-expect-error A path whose list does not come in pages.
    expectTypeOf(iterate).parameter(1).toEqualTypeOf<'/koodrive/ose/v1/backup/device'>();
  });
});
