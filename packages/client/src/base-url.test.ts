import { expect, it } from 'vitest';
import { checkedBaseUrl } from './base-url.ts';

it.each([
  ['https://koodrive.example.com', 'https://koodrive.example.com'],
  ['https://koodrive.example.com/', 'https://koodrive.example.com'],
  ['https://gateway.example.com/drive//', 'https://gateway.example.com/drive'],
  ['HTTPS://Koodrive.Example.com:443', 'https://koodrive.example.com'],
  ['http://localhost:4010', 'http://localhost:4010'],
  ['http://mock.localhost', 'http://mock.localhost'],
  ['http://127.0.0.2', 'http://127.0.0.2'],
  ['http://127.255.255.254', 'http://127.255.255.254'],
  ['http://[::1]:1', 'http://[::1]:1'],
])('returns for %s the address %s', (baseUrl, expected) => {
  expect(checkedBaseUrl(baseUrl)).toBe(expected);
});

it.each([
  '',
  'koodrive.example.com',
  '/path',
  'ftp://koodrive.example.com',
  'https://',
  'https://user:secret@koodrive.example.com',
  'https://koodrive.example.com?a=1',
  'https://koodrive.example.com/#a',
  'http://koodrive.example.com',
  'http://127.0.0.1.example.com',
  'http://127.example.com',
  'http://localhost.example.com',
  'http://notlocalhost',
  'http://koodrive.example.com/https',
  'http://evil.example/https',
  'http://evil.example/https:',
  'http://evil.example/localhost',
  'http://localhost.evil.example',
  'http://x127.0.0.1',
  'http://[::2]',
  'https:koodrive.example.com',
  ' https://koodrive.example.com',
  'https://h@koodrive.example.com',
  'xhttps://koodrive.example.com',
])('refuses %j, without showing it', (baseUrl) => {
  expect(() => checkedBaseUrl(baseUrl)).toThrow(TypeError);
  expect(() => checkedBaseUrl(baseUrl)).not.toThrow(/secret/);
});

it('accepts http to any host if that is allowed', () => {
  expect(checkedBaseUrl('http://koodrive.example.com', true)).toBe('http://koodrive.example.com');
});

it.each([undefined, null, 7, {}])('refuses %s', (baseUrl) => {
  expect(() => checkedBaseUrl(baseUrl as unknown as string)).toThrow(
    'baseUrl must be an http(s) URL without credential, query, fragment',
  );
});

it.each(['http://localhost:99999', 'http://localhost:port', 'https://a b', 'https://[::1'])(
  'says that %s is not a URL',
  (baseUrl) => {
    expect(() => checkedBaseUrl(baseUrl)).toThrow('baseUrl is not a URL: check its host and its port');
  },
);

it('says how to allow http', () => {
  expect(() => checkedBaseUrl('http://koodrive.example.com')).toThrow(
    'baseUrl must be https, unless allowInsecure is set',
  );
});
