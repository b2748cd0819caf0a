import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { appSignature } from './app-signature.ts';

// A second implementation of the vendor's app authentication (plain API reference, koodrive_05_0029 to _0035). It
// starts from the raw segments and parameters, not from the URL, and shares nothing with the one under test.
interface Model {
  method: string;
  segments: string[];
  parameters: [name: string, value: string][];
  host: string;
  xDate: string;
  userId: string;
  body: string;
}

function signatureOf(secret: string, { method, segments, parameters, host, xDate, userId, body }: Model): string {
  const pairs = parameters.map(([name, value]) => [percentEncoded(name), percentEncoded(value)] as const);
  const byNameThenValue = pairs.toSorted((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  const canonicalRequest =
    `${method}\n` +
    `${['', ...normalized(segments).map((segment) => percentEncoded(segment)), ''].join('/')}\n` +
    `${byNameThenValue.map(([name, value]) => `${name}=${value}`).join('&')}\n` +
    `host:${host}\nx-date:${xDate}\nx-user-id:${userId}\n` +
    '\nhost;x-date;x-user-id\n' +
    createHash('sha256').update(body, 'utf8').digest('hex');
  const stringToSign = `HMAC-SHA256\n${createHash('sha256').update(canonicalRequest, 'utf8').digest('hex')}`;
  return createHmac('sha256', Buffer.from(secret, 'utf8')).update(stringToSign, 'utf8').digest('hex');
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** Resolves relative segments (RFC 3986, section 5.2.4), and removes empty ones. */
function normalized(segments: string[]): string[] {
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  return kept.filter((segment) => segment !== '');
}

/** Writes every byte as %XY, except those of unreserved characters. */
const percentEncoded = (text: string, keep: RegExp = /[A-Za-z0-9._~-]/): string =>
  [...text].map((character) => (keep.test(character) ? character : hexOf(character))).join('');

const hexOf = (character: string): string =>
  [...Buffer.from(character, 'utf8')].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

// Characters that an application may write into a URL unencoded, other scripts included. The URL parser encodes some.
const rawInPath = /[^\p{Cc}\p{Z}/?#\\%]/u;
const rawInName = /[^\p{Cc}\p{Z}#&%=]/u;
const rawInValue = /[^\p{Cc}\p{Z}#&%]/u;

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...':/?#[]@!$&\'()*+,;=%|^`{}<>"\\ ~.-_aZ0éß漢🌊') }),
);
const segment = fc.oneof(text, fc.constantFrom('', '.', '..', 'a%2Fb', '%', '100%'));
const parameter = fc.tuple(fc.oneof(fc.constantFrom('', 'a', 'A', 'a1'), text), fc.oneof(fc.constant(''), text));
// Includes the default port, which neither `URL` nor the header Host shows.
const authority = fc.constantFrom(
  { written: 'h.example', host: 'h.example' },
  { written: 'H.example:443', host: 'h.example' },
  { written: 'h:8443', host: 'h:8443' },
);

it('an app signature equals that of a second implementation, for any request', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH'),
        segments: fc.array(segment, { maxLength: 5 }),
        parameters: fc.array(parameter, { maxLength: 5 }),
        body: text,
      }),
      fc.record({
        secret: fc.string({ unit: 'binary', minLength: 1 }),
        authority,
        raw: fc.boolean(),
      }),
      async (request, { secret, authority: { written, host }, raw }) => {
        const model = { ...request, host, xDate: '20251103T070140Z', userId: '1505084218764547200' };
        const path = request.segments.map((each) => percentEncoded(each, raw ? rawInPath : undefined)).join('/');
        const query = request.parameters.map(([name, value]) =>
          [percentEncoded(name, raw ? rawInName : undefined), percentEncoded(value, raw ? rawInValue : undefined)].join(
            '=',
          ),
        );
        const unauthorized = {
          method: request.method,
          url: `https://${written}/${path}?${query.join('&')}`,
          headers: new Headers({ 'x-user-id': model.userId, 'x-date': model.xDate }),
          body: request.body,
        };
        const context = { userId: model.userId, signal: new AbortController().signal };
        const auth = appSignature({ appId: 'app', appSecret: secret });
        const authorization = await auth.authorize(unauthorized, context);
        const signature = signatureOf(secret, model);
        expect(authorization).toBe(`HMAC-SHA256 AppId=app,SignedHeaders=host;x-date;x-user-id,Signature=${signature}`);
      },
    ),
    { numRuns: 500 },
  );
});
