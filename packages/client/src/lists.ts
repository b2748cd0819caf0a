import type { BackupClient, CallInit } from './client.ts';
import { envelopeOf } from './envelope.ts';
import { BackupError } from './errors/backup-error.ts';
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
 * Where the cursor stands, the contract says (`x-pagination`).
 *
 * @param client The client that asks for the pages.
 * @param path The list's path.
 * @param init What a call of the client takes, for each page. With a cursor in it, the list begins there.
 * @throws BackupApiError, and what a call throws, when a page cannot be had; BackupError when the provider names a
 *   cursor again, so that the list would never end.
 */
export async function* iterate<Path extends ListPath>(
  client: Pick<BackupClient, 'GET'>,
  path: Path,
  init: CallInit<List<Path>>,
): AsyncGenerator<ItemOf<Path>, void, undefined> {
  const { cursor, nextCursor, items } = lists[path];
  const used = new Set<unknown>();
  let { query } = init.params as { query: Record<string, unknown> };
  for (;;) {
    const page: unknown = { ...init, params: { ...init.params, query } };
    const call = client.GET(path as ListPath, page as CallInit<List<ListPath>>);
    const envelope = (await envelopeOf<object>(call)) as Record<string, unknown>;
    yield* envelope[items] as ItemOf<Path>[];
    const next = envelope[nextCursor];
    // Absent on the last page (errata E16); other providers may write it empty.
    if (!next) return;
    if (used.has(next)) throw new BackupError(`${path}: a page leads back to a cursor that was used before`);
    used.add(next);
    query = { ...query, [cursor]: next };
  }
}
