import { createHash, createHmac } from 'node:crypto';
import vectors from '@koodrive-backup/spec/app-signature-vectors.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { stringToSign } from './canonical-request.ts';

const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');
const signed = (target: string, method = 'GET'): string =>
  stringToSign({ method, target, headers: [], body: Buffer.alloc(0) });
/** Returns the string to sign of a canonical request with a path and a query, without headers or body. */
const expected = (path: string, query = ''): string =>
  `HMAC-SHA256\n${sha256(`GET\n${path}\n${query}\n\n\n${sha256('')}`)}`;

describe('stringToSign', () => {
  it.each(vectors.vectors)('is that of vector $name, and so is the signature', (vector) => {
    const { pathname, search } = new URL(vector.url);
    const text = stringToSign({
      method: vector.method,
      target: pathname + search,
      headers: Object.entries(vector.headers).sort(([a], [b]) => (a < b ? -1 : 1)),
      body: Buffer.from(vector.body),
    });
    expect(text).toBe(`HMAC-SHA256\n${vector.canonicalRequestHash}`);
    expect(createHmac('sha256', vectors.appSecret).update(text).digest('hex')).toBe(vector.signature);
  });

  it.each([
    ['/', '/'],
    ['/a', '/a/'],
    ['/a/', '/a/'],
    ['/a%20b/%c3%bc', '/a%20b/%C3%BC/'],
    ["/a!'()*b", '/a%21%27%28%29%2Ab/'],
    ['/a%2Fb', '/a%2Fb/'],
    ['/a/../b', '/a/../b/'],
    ['/100%', '/100%25/'],
    ['/a-b_c.d~e', '/a-b_c.d~e/'],
  ])('has the path of %s as %s', (target, path) => {
    expect(signed(target)).toBe(expected(path));
  });

  it.each([
    ['/?', ''],
    ['/?b=2&F=1&a=0', 'F=1&a=0&b=2'],
    ['/?empty', 'empty='],
    ['/?a=x=y', 'a=x%3Dy'],
    ['/?a=2&a=1', 'a=1&a=2'],
    ['/?a1=x&a=y&a%20=z', 'a=y&a%20=z&a1=x'],
    ['/?a=%2B+', 'a=%2B%2B'],
    ['/?a=b?c', 'a=b%3Fc'],
    ['/?a=%zz', 'a=%25zz'],
    ['/?&&a=1&', 'a=1'],
    // One value has every reserved character, another has unreserved ones only.
    ["/?a=!$&b='()*&c=+,;:@&d=/?", 'a=%21%24&b=%27%28%29%2A&c=%2B%2C%3B%3A%40&d=%2F%3F'],
    ['/?a=%21%24%26%23%5B%5D%25', 'a=%21%24%26%23%5B%5D%25'],
    ['/?a==', 'a=%3D'],
    ['/?a=-._~', 'a=-._~'],
    // A pair with an empty name counts as a pair.
    ['/?=', '='],
    ['/?=x', '=x'],
    ['/?b=1&=x&=', '=&=x&b=1'],
    ['/?%2B=1&*=2', '%2A=2&%2B=1'],
    ['/?a=%e2%82%ac', 'a=%E2%82%AC'],
    ['/?a=%0a%00%7f', 'a=%0A%00%7F'],
    ['/?%61=%62', 'a=b'],
    ['/?a=2&A=1&_=0&-=0', '-=0&A=1&_=0&a=2'],
  ])('has the query of %s as %s', (target, query) => {
    expect(signed(target)).toBe(expected('/', query));
  });

  it('hashes the bytes of headers as they came', () => {
    // node:http hands a header to the server in this form.
    const value = Buffer.from('ü').toString('latin1');
    const text = stringToSign({ method: 'GET', target: '/', headers: [['x-name', value]], body: Buffer.alloc(0) });
    expect(text).toBe(`HMAC-SHA256\n${sha256(`GET\n/\n\nx-name:ü\n\nx-name\n${sha256('')}`)}`);
  });
});
