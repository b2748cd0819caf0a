import { expect, it } from 'vitest';
import { readTarget } from './target.ts';

it.each([
  ['/a/b', '/a/b', ['', 'a', 'b'], ''],
  ['/a%2Fb/%C3%BC?x=1&y=%20', '/a%2Fb/%C3%BC', ['', 'a/b', 'ü'], 'x=1&y=+'],
  ['/?', '/', ['', ''], ''],
  ['*', '*', ['*'], ''],
  ['http://host:80/a?b', '/a', ['', 'a'], 'b='],
  ['HTTPS://host/a', '/a', ['', 'a'], ''],
  ['http://host', '', [''], ''],
  ['http://host?a=/b', '', [''], 'a=%2Fb'],
])('reads the target %s', (target, path, segments, query) => {
  const read = readTarget(target);
  expect(read).toMatchObject({ path, segments });
  expect(typeof read === 'object' && read.query.toString()).toBe(query);
});

it.each(['ftp://host/a', 'a/b', '/a#b', '/a?b#c', 'host:443', '/%', '/%zz', '/%ff', '/%c3', '/%ed%a0%80'])(
  'refuses the target %j',
  (target) => {
    expect(readTarget(target)).toBe('path must be a path, percent-encoded in UTF-8');
  },
);

it.each(['/a?%', '/a?b=%zz', '/a?%ff=b', '/a?b=%c3', '/a?b=1&c=%ed%a0%80', 'http://host?%'])(
  'refuses the query of %j',
  (target) => {
    expect(readTarget(target)).toBe('query must be percent-encoded in UTF-8');
  },
);
