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

/** Whether X-Date is a minute before the time of the request, which was sent after `since` and before now. */
export function isDatedAMinuteBack({ headers }: Seen, since: number): boolean {
  const date = Date.parse(`${headers['x-date']}`.replace(/^(\d{4})(..)(..T..)(..)/, '$1-$2-$3:$4:'));
  // X-Date has no milliseconds: they are cut off.
  return since - 61_000 < date && date <= Date.now() - 60_000;
}

/** The words of BSD's and macOS's date that the samples use, as a case for GNU's, which `date` runs. */
export const bsdDate = (date: string): string => `case "$*" in
  '+%s') ${date} +%s ;;
  '-u -r '*) ${date} -u -d "@$3" "$4" ;;
  *) echo 'date: illegal option' >&2; false ;;
esac`;
