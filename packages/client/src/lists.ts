import type { BackupClient, CallInit } from './client.ts';
import { type Answer, checkAnswer, envelopeOf } from './envelope.ts';
import { BackupRequestError } from './errors/backup-request-error.ts';
import { lists } from './lists.gen.ts';
import type { paths } from './schema.gen.ts';

/** The paths whose GET is a list that comes in pages. */
export type ListPath = keyof typeof lists;

type List<Path extends ListPath> = paths[Path]['get'];

/** The type of the items in a list. */
export type ItemOf<Path extends ListPath> =
  List<Path>['responses'][200]['content']['application/json'][(typeof lists)[Path]['items']][number];

/**
 * Iterates over the items of a list: `for await (const record of iterate(client, path, …))`. It requests a page only
 * when an item of that page is needed. The contract names the fields of the cursor and the items (`x-pagination`).
 *
 * @param client The client that requests the pages.
 * @param path The list's path.
 * @param init The options of a call, used for each page. If they have a cursor, the list begins there.
 * @throws BackupApiError, or whatever else a call throws, if a page cannot be read. BackupParseError if a page has no
 *   list, if its cursor is not a string, or if the same cursor came before, because the list would then never end.
 */
export async function* iterate<Path extends ListPath>(
  client: Pick<BackupClient, 'GET'>,
  path: Path,
  init: CallInit<List<Path>>,
): AsyncGenerator<ItemOf<Path>, void, undefined> {
  if (!Object.hasOwn(lists, path)) {
    const cause = new TypeError(`the contract has no list at ${String(path).slice(0, 100)}`);
    throw new BackupRequestError('', { operation: '', method: 'GET', path, attempts: 0, cause });
  }
  const { cursor, nextCursor, items } = lists[path];
  const used = new Set<unknown>();
  const { params } = (init ?? {}) as { params?: { query?: Record<string, unknown> } };
  let query = params?.query;
  for (;;) {
    const page: unknown = { ...init, params: { ...params, query } };
    const answer = await client.GET(path as ListPath, page as CallInit<List<ListPath>>);
    const envelope = (await envelopeOf(Promise.resolve<Answer<object>>(answer))) as Record<string, unknown>;
    const { [items]: records, [nextCursor]: next } = envelope;
    checkAnswer(answer, Array.isArray(records), `has no list in ${items}`);
    yield* records as ItemOf<Path>[];
    // The last page has no cursor (errata E16), but some providers may send an empty one.
    if (next === undefined || next === null || next === '') return;
    checkAnswer(answer, typeof next === 'string', `has a ${nextCursor} that is not a string`);
    checkAnswer(answer, !used.has(next), `leads back to a ${nextCursor} that was used before`);
    used.add(next);
    query = { ...query, [cursor]: next };
  }
}
