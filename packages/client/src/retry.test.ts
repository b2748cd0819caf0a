import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupNetworkError } from './errors/backup-network-error.ts';
import { isRetried, retryDelay } from './retry.ts';

describe('isRetried', () => {
  const answerOf = (status: number, headers: Record<string, string> = {}) => ({
    response: new Response('', { status, headers }),
  });
  /** Wraps what `fetch` threw, as the client does. */
  const errorOf = (cause: unknown) => ({ error: new BackupNetworkError('listRecords: no answer', { cause }) });
  const coded = (code: string, message = ''): Error => Object.assign(new Error(message), { code });
  const nested = (cause: Error): Error => new TypeError('fetch failed', { cause });
  const circular = new Error('again');
  circular.cause = circular;
  const inMessage = (message: string): Error => nested(new Error(message));

  it.each<[string, Parameters<typeof isRetried>[1]]>([
    ['429', answerOf(429)],
    ['503 with Retry-After', answerOf(503, { 'retry-after': '1' })],
    ['Node: nobody listens', errorOf(nested(coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1')))],
    ['Node: nobody listens at several addresses', errorOf(nested(coded('ECONNREFUSED')))],
    ['Node: no such name', errorOf(nested(coded('ENOTFOUND', 'getaddrinfo ENOTFOUND a.invalid')))],
    ['Node: no name server', errorOf(nested(coded('EAI_AGAIN', 'getaddrinfo EAI_AGAIN a.invalid')))],
    ['Node: no such address', errorOf(nested(coded('EAI_ADDRFAMILY')))],
    ['Node: a name server that refuses', errorOf(nested(coded('EREFUSED', 'queryA EREFUSED a.invalid')))],
    ['Node: no route to the network', errorOf(nested(coded('ENETUNREACH', 'connect ENETUNREACH 255.255.255.255:80')))],
    ['Node: no route to the host', errorOf(nested(coded('EHOSTUNREACH')))],
    ['undici: no connection in time', errorOf(nested(coded('UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error')))],
    ['undici: a refused stream', errorOf(inMessage('Stream closed with error code NGHTTP2_REFUSED_STREAM'))],
    ['Bun: nobody listens', errorOf(coded('ECONNREFUSED', 'ECONNREFUSED: Unable to connect.'))],
    ['old Bun: nobody listens', errorOf(coded('ConnectionRefused', 'Unable to connect.'))],
    ['old Bun: no such name', errorOf(coded('FailedToOpenSocket', 'Was there a typo in the url or port?'))],
    [
      'Deno: no connection',
      errorOf(inMessage('error sending request for url (http://h/): client error (Connect): dns')),
    ],
  ])('sends a POST again after %s', (_what, ended) => {
    expect(isRetried('POST', ended, {}, 0)).toBe(true);
  });

  it.each<[string, Parameters<typeof isRetried>[1]]>([
    ['500', answerOf(500)],
    ['503 without Retry-After', answerOf(503)],
    ['503 with an empty Retry-After', answerOf(503, { 'retry-after': '' })],
    ['Node: a reset', errorOf(nested(coded('ECONNRESET', 'read ECONNRESET')))],
    ['undici: an end', errorOf(nested(coded('UND_ERR_SOCKET', 'other side closed')))],
    ['undici: no headers in time', errorOf(nested(coded('UND_ERR_HEADERS_TIMEOUT', 'Headers Timeout Error')))],
    ['Deno: a reset', errorOf(inMessage('error sending request for url (http://h/): client error (SendRequest)'))],
    ['a browser that does not say why', errorOf(new TypeError('Failed to fetch'))],
    ['a string that was thrown', errorOf('ECONNREFUSED')],
    ['an error that is its own cause', errorOf(circular)],
  ])('sends only idempotent or explicitly allowed requests again after %s', (_what, ended) => {
    expect(isRetried('POST', ended, {}, 0)).toBe(false);
    expect(isRetried('DELETE', ended, {}, 0)).toBe(false);
    expect(isRetried('POST', ended, { ambiguous: true }, 0)).toBe(true);
    expect(isRetried('GET', ended, {}, 0)).toBe(true);
    expect(isRetried('HEAD', ended, {}, 0)).toBe(true);
    expect(isRetried('GET', ended, { ambiguous: false }, 0)).toBe(false);
  });

  it.each([200, 301, 400, 401, 404, 409, 499])('sends nothing again after %s', (status) => {
    expect(isRetried('GET', answerOf(status), { ambiguous: true }, 0)).toBe(false);
  });

  it('sends again up to the limit, which is 2 by default', () => {
    const times = (limit?: number): number =>
      [0, 1, 2, 3].filter((retries) => isRetried('GET', answerOf(429), limit === undefined ? {} : { limit }, retries))
        .length;
    expect([times(), times(0), times(1), times(3)]).toEqual([2, 0, 1, 3]);
  });
});

describe('retryDelay', () => {
  const now = Date.UTC(2026, 0, 31, 12);
  const at = (seconds: number): string => new Date(now + seconds * 1000).toUTCString();

  it.each([
    ['0', 0],
    ['7', 7000],
    ['99999', 60_000],
    ['9'.repeat(400), 60_000],
    [at(9), 9000],
    [at(-9), 0],
    [at(9999), 60_000],
  ])('waits as Retry-After: %s says, within bounds', (retryAfter, ms) => {
    expect(retryDelay(0, 0.5, retryAfter, now)).toBe(ms);
  });

  it.each(['', '-5', 'NaN', '1.5', 'soon'])('ignores Retry-After: %j', (retryAfter) => {
    expect(retryDelay(0, 0.5, retryAfter, now)).toBe(250);
  });

  it.each([
    [0, 500],
    [1, 1000],
    [3, 4000],
    [20, 20_000],
    [2000, 20_000],
  ])('after %s retries, waits at most %s ms', (retries, ms) => {
    expect(retryDelay(retries, 1, '', now)).toBe(ms);
    expect(retryDelay(retries, 0, '', now)).toBe(0);
  });

  it('is always a number of milliseconds from 0 to 60,000', () => {
    const header = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), header, (retries, random, retryAfter) => {
        const ms = retryDelay(retries, random, retryAfter, now);
        expect(ms >= 0 && ms <= 60_000).toBe(true);
      }),
    );
  });
});
