import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readJson } from './exact-json.ts';

it('finds duplicate members, at any depth and with any escapes', () => {
  expect(readJson('{"a":1,"b":[{"c":1,"\\u0063":2}],"a":{}}').duplicates).toEqual(['/b/0/c', '/a']);
});

it('keeps how each number was written', () => {
  const { numbers } = readJson('{"code":0.0,"data":[{"id":1842812272691451649},1e0,"1.0",true]}');
  expect([...numbers]).toEqual([
    ['/code', '0.0'],
    ['/data/0/id', '1842812272691451649'],
    ['/data/1', '1e0'],
  ]);
});

it('parses every JSON text as JSON.parse does, and finds no duplicates if there are none', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const { value, duplicates } = readJson(text);
      expect(value).toEqual(JSON.parse(text));
      expect(duplicates).toEqual([]);
    }),
  );
});

it('throws if the text is not JSON', () => {
  expect(() => readJson('{"a":1,}')).toThrow(SyntaxError);
});
