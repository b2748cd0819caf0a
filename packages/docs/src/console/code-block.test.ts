import { expect, it } from 'vitest';
import { readableJson } from './code-block.ts';

it.each([
  ['{"a":[1,"b c"],"d":null}', '{\n  "a": [\n    1,\n    "b c"\n  ],\n  "d": null\n}'],
  ['{ "a" : "b \\" c" }', '{\n  "a": "b \\" c"\n}'],
  ['<html>', '<html>'],
  ['{"id":1842862763295184641}', '{"id":1842862763295184641}'],
  ['{"a":1,"a":2}', '{"a":1,"a":2}'],
])('puts each member of %s on a line, or changes nothing', (text, expected) => {
  expect(readableJson(text)).toBe(expected);
});
