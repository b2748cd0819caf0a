import { answer, type Handler } from '@koodrive-backup/testkit/provider';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { clientOf, errorOf, shownOf } from '../test/calls.ts';
import { create, init, path, providerOf } from '../test/provider.ts';
import {
  accessToken,
  appSignature,
  BackupApiError,
  BackupAuthError,
  BackupNetworkError,
  BackupParseError,
  type Fetch,
  unwrap,
} from './index.ts';

const refusal = { code: 13000102, msg: 'no' };

/** Where a provider may repeat a credential. */
const places: Record<string, (secret: string) => Handler> = {
  'the msg of a 400': (msg) => (response) => answer(response, 400, { ...refusal, msg }),
  'the msg of a 200': (msg) => (response) => answer(response, 200, { ...refusal, msg }),
  'a field of a refusal': (data) => (response) => answer(response, 400, { ...refusal, data }),
  'the code of a gateway': (code) => (response) => answer(response, 400, { error_code: code, error_msg: 'no' }),
  'a code that is a string': (code) => (response) => answer(response, 400, { code, msg: 'no' }),
  'the msg of a gateway': (msg) => (response) => answer(response, 403, { error_code: 'APIGW.0303', error_msg: msg }),
  'the request id of a gateway': (id) => (response) =>
    answer(response, 403, { error_code: 'APIGW.0303', error_msg: 'no', request_id: id }),
  'a header': (secret) => (response) => answer(response, 400, refusal, { 'x-echo': secret }),
  'a header with more text': (secret) => (response) =>
    answer(response, 400, refusal, { 'x-echo': `\\u4e2d\\u000a%0d%00${secret}` }),
  'a cookie': (secret) => (response) => answer(response, 400, refusal, { 'set-cookie': `a=${secret}` }),
  'the request id': (secret) => (response) => answer(response, 400, refusal, { 'x-request-id': secret }),
  'the content type': (secret) => (response) => answer(response, 200, '', { 'content-type': secret }),
  'the reason phrase': (secret) => (response) => {
    response.statusMessage = secret;
    answer(response, 400, refusal);
  },
  'an HTML page': (secret) => (response) => answer(response, 502, `<p>Refused: ${secret}</p>`),
  'broken JSON': (secret) => (response) => answer(response, 200, `{"code":0,"msg":"${secret}`),
  'a 200 without data': (msg) => (response) => answer(response, 200, { code: 0, msg }),
  'a redirect': (secret) => (response) => answer(response, 302, '', { location: `/?token=${secret}` }),
};

const escapes: Record<string, (character: number) => string> = {
  JSON: (code) => `\\u${code.toString(16).padStart(4, '0')}`,
  URL: (code) => `%${code.toString(16).padStart(2, '0')}`,
  HTML: (code) => `&#${code};`,
};

describe.each(Object.keys(places))('a token that the provider repeats in %s', (place) => {
  it('is never shown, whatever its encoding, and not after it was renewed either', async () => {
    let handler: Handler = create;
    const { url } = await providerOf((...request) => handler(...request));
    const property = fc.asyncProperty(
      fc.stringMatching(/^[\w.~/=+-]{8,40}$/).filter((token) => !/^\w+\+/.test(token)),
      fc.array(fc.constantFrom(...Object.keys(escapes)), { maxLength: 2 }),
      fc.boolean(),
      async (token, names, isRenewed) => {
        const encode = (text: string, name: string): string =>
          text.replace(/./g, (character) => escapes[name]?.(character.charCodeAt(0)) ?? '');
        const repeated = names.reduce(encode, token);
        const refuse = places[place]?.(repeated) ?? create;
        const tokens = isRenewed ? [token] : [];
        const onAttempt = vi.fn();
        const client = () =>
          clientOf(url, { auth: accessToken(() => tokens.pop() ?? (isRenewed ? 'another-token' : token)), onAttempt });
        const start = (): void => {
          if (isRenewed) tokens.push(token);
          handler = (response, count, request) =>
            isRenewed && request.headers.authorization === `Bearer+${token}`
              ? answer(response, 401, { code: 401, msg: 'expired' })
              : refuse(response, count, request);
        };
        tokens.length = 0;
        start();
        const error = await errorOf(unwrap(client().POST(path, init)));
        expect([BackupApiError.name, BackupParseError.name]).toContain(error.name);
        tokens.length = 0;
        start();
        const result = await client()
          .POST(path, init)
          .catch((thrown: unknown) => thrown);
        const { response } = result as { response?: Response };
        const shown = [error, error.headers, result, await response?.text(), onAttempt.mock.calls].map(shownOf).join();
        for (const secret of [token, repeated]) expect(shown).not.toContain(secret);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  it('is never shown if it is a signature', async () => {
    let signature = '';
    const { url } = await providerOf((response, count, request) => {
      signature = `${request.headers.authorization}`.replace(/.*=/, '');
      places[place]?.(signature)(response, count, request);
    });
    const client = clientOf(url, { auth: appSignature({ appId: 'app', appSecret: 'hush' }) });
    const shown = shownOf(await errorOf(unwrap(client.POST(path, init))));
    expect(signature).toMatch(/^[\da-f]{64}$/);
    expect(shown).not.toContain(signature);
  });
});

describe('a token in a thrown value', () => {
  const token = 'a-token-of-some-length';
  const withToken = (message: string): Error => new Error(`${message} ${token}`);
  it.each<[string, (init: Parameters<Fetch>[1]) => unknown]>([
    ['an error', () => withToken('failed with')],
    ['a string', () => token],
    ['the stack', () => Object.assign(new Error('x'), { stack: `Error: ${token}` })],
    ['a cause', () => new TypeError('x', { cause: withToken('y') })],
    ['the cause of a cause', () => new TypeError('x', { cause: new Error('y', { cause: withToken('z') }) })],
    ['a cause before another', () => new TypeError('x', { cause: new Error(token, { cause: new Error('z') }) })],
    ['a list of errors', () => new AggregateError([withToken('y')], 'x')],
    ['a field', () => Object.assign(new Error('x'), { config: { headers: { authorization: `Bearer+${token}` } } })],
    ['headers', (sent) => Object.assign(new Error('x'), { options: sent })],
    ['a request', ({ headers }) => Object.assign(new Error('x'), { request: new Request('http://h', { headers }) })],
    [
      'an error that refers to itself',
      () => {
        const error = withToken('x');
        return Object.assign(error, { self: error });
      },
    ],
  ])('that fetch threw is never shown: %s', async (_where, thrownOf) => {
    const onAttempt = vi.fn();
    const fetch: Fetch = (_url, sent) => Promise.reject(thrownOf(sent));
    const error = await errorOf(clientOf('https://koodrive.example.com', { fetch, onAttempt }).POST(path, init));
    expect(error).toBeInstanceOf(BackupNetworkError);
    expect(error.cause).toBeInstanceOf(Error);
    for (const shown of [error, onAttempt.mock.calls]) expect(shownOf(shown)).not.toContain(token);
  });

  it('of a login that refuses to renew it is never shown', async () => {
    const { url } = await providerOf((response) => answer(response, 401, ''));
    const logIn = vi.fn().mockReturnValueOnce(token).mockRejectedValue(withToken('cannot renew'));
    const error = await errorOf(clientOf(url, { auth: accessToken(logIn) }).POST(path, init));
    expect(error).toBeInstanceOf(BackupAuthError);
    expect(error.message).toBe('createBackupRecord: no credential: cannot renew ***');
    expect(shownOf(error)).not.toContain(token);
  });

  it('that is not there changes nothing: the cause is the thrown value itself', async () => {
    const thrown = Object.assign(new TypeError('x', { cause: new Error('y') }), { sent: { to: ['z'], at: null } });
    const fetch: Fetch = () => Promise.reject(thrown);
    expect((await errorOf(clientOf('https://koodrive.example.com', { fetch }).POST(path, init))).cause).toBe(thrown);
  });
});
