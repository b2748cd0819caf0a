import { describe, expect, it } from 'vitest';
import { type Operation, readContract } from './contract.ts';
import { mediaTypeViolation, readRequest } from './validate-request.ts';

const contract = {
  openapi: '3.1.0',
  info: { title: 'Things', version: '1' },
  paths: {
    '/things': {
      get: {
        operationId: 'list',
        parameters: [
          { name: 'ratio', in: 'query', schema: { type: 'number', maximum: 2 } },
          { name: 'count', in: 'query', schema: { type: 'integer' } },
          { name: 'deep', in: 'query', schema: { type: 'boolean' } },
          { name: 'name', in: 'query', schema: { type: 'string' } },
        ],
      },
      post: { operationId: 'create', requestBody: { content: { 'application/json': { schema: { type: 'object' } } } } },
    },
  },
};

function operation(wanted: string): Operation {
  return readContract(contract).operations.find(({ id }) => id === wanted) ?? expect.fail(`there is no ${wanted}`);
}

const nothing = { path: {}, query: new URLSearchParams(), headers: {}, body: Buffer.alloc(0) };

describe('a parameter travels as text, and is read by the type of its schema', () => {
  const read = (query: string) => readRequest(operation('list'), { ...nothing, query: new URLSearchParams(query) });

  it.each<[string, object]>([
    ['ratio=1.5', { ratio: 1.5 }],
    ['ratio=-1', { ratio: -1 }],
    ['count=10', { count: 10 }],
    ['deep=true', { deep: true }],
    ['deep=false', { deep: false }],
    ['name=1', { name: '1' }],
    ['name=true', { name: 'true' }],
  ])('%s', (query, expected) => {
    const { violations, values } = read(query);
    expect(violations).toEqual([]);
    expect(values.query).toMatchObject(expected);
  });

  it.each([
    ['ratio=2.5', 'query.ratio must be <= 2'],
    ['ratio=1e0', 'query.ratio must be number'],
    ['ratio=.5', 'query.ratio must be number'],
    ['ratio=0x1', 'query.ratio must be number'],
    ['ratio=', 'query.ratio must be number'],
    ['count=1.5', 'query.count must be integer'],
    ['deep=1', 'query.deep must be boolean'],
  ])('%s is refused', (query, violation) => {
    expect(read(query).violations).toEqual([violation]);
  });
});

describe('the media type', () => {
  const headers = { 'content-type': ['text/plain'], 'content-encoding': ['gzip'] };

  it('counts if the operation has a body', () => {
    expect(mediaTypeViolation(operation('create'), headers)).toBe(
      'header.Content-Type must be application/json, in UTF-8',
    );
  });

  it('does not count if the operation has none', () => {
    expect(mediaTypeViolation(operation('list'), headers)).toBeUndefined();
  });
});

describe('a body that is not JSON', () => {
  const violations = (text: string): string[] =>
    readRequest(operation('create'), { ...nothing, body: Buffer.from(text) }).violations;

  // The parser quotes in another form at the start, in the middle and at the end of a long text, and of a short one.
  const long = '\n  "padding": "so that there is more than is quoted, before and after",';
  it.each([
    'secret\nsecret',
    '{\n  "token": secret\n}',
    `{${long}\n "token":\nsecret,\n${long}\n}`,
    `{${long}\n "token":\n secret`,
    `\nsecret,\n${long}\n`,
    '"secret\n"',
    '{"secret"\n"secret"}',
    '{}\nsecret\n',
    '\u2028"\nsecret',
  ])('is refused without a word of it: %j', (text) => {
    const [violation = '', ...more] = violations(text);
    expect(more).toEqual([]);
    expect(violation).toMatch(/^body is not JSON: [^\n]+$/);
    expect(violation).not.toMatch(/ecret|token"|padding/);
  });
});
