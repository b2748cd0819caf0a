import { answer, type Handler } from '@koodrive-backup/testkit/provider';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { created, providerOf, userId } from '../test/provider.ts';
import {
  accessToken,
  BackupApiError,
  type BackupClient,
  BackupError,
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
  it('goes through all pages, each asked for with the cursor of the one before', async () => {
    const pages = [page([1, 2], 'a/b'), page([], 'c'), page([3])];
    const list = await listOf((response, count) => answer(response, 200, pages[count - 1]));
    expect(await idsOf(list.client)).toEqual(['1', '2', '3']);
    expect(list.queries).toEqual(['', '&cursor=a%2Fb', '&cursor=c']);
  });

  it.each([null, ''])('ends where the next cursor is %j', async (nextCursor) => {
    const { client } = await listOf((response) => answer(response, 200, { ...page([1]), nextCursor }));
    expect(await idsOf(client)).toEqual(['1']);
  });

  it('asks for no page that nobody wants', async () => {
    const list = await listOf((response, count) => answer(response, 200, page([count, -count], `${count}`)));
    for await (const { recordId } of iterate(list.client, path, init)) if (recordId === '-2') break;
    expect(list.queries).toEqual(['', '&cursor=1']);
  });

  it('does not go round in circles', async () => {
    const list = await listOf((response, count) => answer(response, 200, page([count], `${count % 3}`)));
    await expect(idsOf(list.client)).rejects.toThrow(BackupError);
    expect(list.queries).toHaveLength(4);
  });

  it('throws what a page is refused with, after the items before it', async () => {
    const { client } = await listOf((response, count) =>
      count === 1 ? answer(response, 200, page([1], 'a')) : answer(response, 200, { code: 13000102, msg: 'no' }),
    );
    const items = iterate(client, path, init);
    expect((await items.next()).value?.recordId).toBe('1');
    await expect(items.next()).rejects.toThrow(BackupApiError);
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
