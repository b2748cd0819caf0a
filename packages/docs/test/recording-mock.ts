import { startMock } from '@koodrive-backup/mock';
import { answer, type Provider, startProvider } from '@koodrive-backup/testkit/provider';

/** A request as the mock got it. */
export type Seen = Provider['seen'][number];

/** Starts the mock behind a provider that records what it passes on, headers included. */
export async function startRecordingMock(): Promise<Provider> {
  const mock = await startMock();
  const provider = await startProvider(async (response, _, { method, url, headers, body }) => {
    const { host: _host, connection: _connection, 'content-length': _length, ...forwarded } = headers;
    const init = { method, headers: forwarded as Record<string, string> };
    const answered = await fetch(`${mock.url}${url}`, body.length === 0 ? init : { ...init, body: `${body}` });
    answer(response, answered.status, await answered.json());
  });
  return {
    ...provider,
    async close() {
      await provider.close();
      await mock.close();
    },
  };
}

/** Returns whether X-Date is a minute before the request, which was sent between `since` and now. */
export function isDatedAMinuteBack({ headers }: Seen, since: number): boolean {
  const date = Date.parse(`${headers['x-date']}`.replace(/^(\d{4})(..)(..T..)(..)/, '$1-$2-$3:$4:'));
  // X-Date has no milliseconds, so it may be up to a second earlier.
  return since - 61_000 < date && date <= Date.now() - 60_000;
}

/** A shell script that accepts the options of BSD's and macOS's date that the samples use, and runs GNU's `date`. */
export const bsdDate = (date: string): string => `case "$*" in
  '+%s') ${date} +%s ;;
  '-u -r '*) ${date} -u -d "@$3" "$4" ;;
  *) echo 'date: illegal option' >&2; false ;;
esac`;
