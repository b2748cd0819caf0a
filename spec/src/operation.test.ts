import { expect, it } from 'vitest';
import { type Operation, operationsAt, pathValues, readContract } from './contract.ts';

const paths = ['/things', '/things/{id}', '/things/{id}/parts/{part}', '/things/all', '/{id}.json', '/v{id}'];
const { operations } = readContract({
  info: {},
  paths: Object.fromEntries(paths.map((path) => [path, { get: { operationId: path } }])),
});
const at = (path: string): Operation[] => operationsAt(operations, path.split('/'));

it.each([
  ['/things', ['/things']],
  ['/things/', ['/things/{id}']],
  ['/things/7', ['/things/{id}']],
  ['/things/all', ['/things/all', '/things/{id}']],
  ['/things/7/parts/8', ['/things/{id}/parts/{part}']],
  ['/things/7/others/8', []],
  ['/things/7/parts', []],
  ['/others', []],
  ['/others/7', []],
  ['', []],
  ['/', []],
])('the path %j belongs to %j', (path, expected) => {
  expect(at(path).map(({ id }) => id)).toEqual(expected);
});

it('treats a name in braces as a parameter only if it is a whole segment', () => {
  expect([...at('/7.json'), ...at('/v7')]).toEqual([]);
  expect([...at('/{id}.json'), ...at('/v{id}')].map(({ id }) => id)).toEqual(['/{id}.json', '/v{id}']);
});

it.each([
  ['/things', {}],
  ['/things/7', { id: '7' }],
  ['/things/7/parts/8', { id: '7', part: '8' }],
])('the path %j has the parameters %j', (path, expected) => {
  const [operation = expect.fail(`nothing at ${path}`)] = at(path);
  expect(pathValues(operation, path.split('/'))).toEqual(expected);
});
