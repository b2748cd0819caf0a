import vectors from '@koodrive-backup/spec/app-signature-vectors.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { canonicalRequest } from './canonical-request.ts';

const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const linesOf = (url: string): string[] =>
  canonicalRequest({ method: 'GET', url, headers: {}, payloadHash: emptyHash }).split('\n');
const pathOf = (url: string): string | undefined => linesOf(url)[1];
const queryOf = (url: string): string | undefined => linesOf(url)[2];

describe('canonicalRequest', () => {
  it.each(vectors.vectors)('returns the canonical request of vector $name', (vector) => {
    const headers = Object.fromEntries(Object.entries(vector.headers).reverse());
    const payloadHash = vector.canonicalRequest.split('\n').at(-1) ?? '';
    const canonical = canonicalRequest({ method: vector.method, url: vector.url, headers, payloadHash });
    expect(canonical).toBe(vector.canonicalRequest);
  });

  it.each([
    ['https://h', '/'],
    ['https://h/a', '/a/'],
    ['https://h/a/', '/a/'],
    ['https://h/a//b/./c/../d', '/a/b/d/'],
    ['https://h/a b/ü', '/a%20b/%C3%BC/'],
    ['https://h/a%20b/%c3%bc', '/a%20b/%C3%BC/'],
    ["https://h/a!'()*b", '/a%21%27%28%29%2Ab/'],
    ['https://h/a%2Fb', '/a%2Fb/'],
    ['https://h/100%', '/100%25/'],
    ['https://h/a-b_c.d~e', '/a-b_c.d~e/'],
  ])('writes the path of %s as %s', (url, path) => {
    expect(pathOf(url)).toBe(path);
  });

  it.each([
    ['https://h/?', ''],
    ['https://h/?b=2&F=1&a=0', 'F=1&a=0&b=2'],
    ['https://h/?empty', 'empty='],
    ['https://h/?empty=', 'empty='],
    ['https://h/?a=x=y', 'a=x%3Dy'],
    ['https://h/?a=2&a=1', 'a=1&a=2'],
    ['https://h/?a1=x&a=y&a%20=z', 'a=y&a%20=z&a1=x'],
    ['https://h/?a=b c&ü=/', '%C3%BC=%2F&a=b%20c'],
    ['https://h/?a=%2B+', 'a=%2B%2B'],
  ])('writes the query of %s as %s', (url, query) => {
    expect(queryOf(url)).toBe(query);
  });
});
