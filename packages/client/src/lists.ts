import type { BackupClient, CallInit } from './client.ts';
import { type Answer, checkAnswer, envelopeOf } from './envelope.ts';
import { lists } from './lists.gen.ts';
import type { paths } from './schema.gen.ts';

/** The paths whose GET is a list that comes in pages. */
export type ListPath = keyof typeof lists;

type List<Path extends ListPath> = paths[Path]['get'];

/** What a list is a list of. */
export type ItemOf<Path extends ListPath> =
  List<Path>['responses'][200]['content']['application/json'][(typeof lists)[Path]['items']][number];

/**
 * Goes through a list, page by page, as far as it is asked to: `for await (const record of iterate(client, path, …))`.
 * The contract says where the cursor is (`x-pagination`).
 *
 * @param client The client that asks for the pages.
 * @param path The list's path.
 * @param init What a call of the client takes, for each page. With a cursor in it, the list begins there.
 * @throws BackupApiError, and what a call throws, if a page is not to be had; BackupParseError if a page has no list, if
 *   its cursor is no text, or if its cursor was there before, so that the list would never end.
 */
export async function* iterate<Path extends ListPath>(
  client: Pick<BackupClient, 'GET'>,
  path: Path,
  init: CallInit<List<Path>>,
): AsyncGenerator<ItemOf<Path>, void, undefined> {
  const { cursor, nextCursor, items } = lists[path];
  const used = new Set<unknown>();
  const { params } = init as { params?: { query?: Record<string, unknown> } };
  let query = params?.query;
  for (;;) {
    const page: unknown = { ...init, params: { ...params, query } };
    const answer = await client.GET(path as ListPath, page as CallInit<List<ListPath>>);
    const envelope = (await envelopeOf(Promise.resolve<Answer<object>>(answer))) as Record<string, unknown>;
    const { [items]: records, [nextCursor]: next } = envelope;
    checkAnswer(answer, Array.isArray(records), `has no list in ${items}`);
    yield* records as ItemOf<Path>[];
    // Absent on the last page (errata E16); other providers may write it empty.
    if (next === undefined || next === null || next === '') return;
    checkAnswer(answer, typeof next === 'string', `has a ${nextCursor} that is no text`);
    checkAnswer(answer, !used.has(next), `leads back to a ${nextCursor} that was used before`);
    used.add(next);
    query = { ...query, [cursor]: next };
  }
}
