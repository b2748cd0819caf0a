import { describe, expect, it } from 'vitest';
import { type Operation, readContract } from './contract.ts';
import { type Headers, type Input, mediaTypeViolation, missingCredentials, readRequest } from './validate-request.ts';

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
    '/things/{id}': {
      patch: {
        operationId: 'change',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 2 } },
          { name: 'size', in: 'query', required: true, schema: { type: 'integer' } },
          { name: 'X-Mark', in: 'header', required: true, schema: { type: 'string' } },
          { name: 'X-Note', in: 'header', schema: { type: 'string', minLength: 1 } },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
        },
      },
    },
  },
  components: {
    schemas: {
      Thing: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string' },
          kind: { enum: ['a', 'b'] },
          'x/y~z': { type: 'string' },
          parts: { type: 'array', items: { $ref: '#/components/schemas/Thing' } },
        },
      },
    },
  },
};

function operation(wanted: string): Operation {
  return readContract(contract).operations.find(({ id }) => id === wanted) ?? expect.fail(`there is no ${wanted}`);
}

const nothing: Input = { path: {}, query: new URLSearchParams(), headers: {}, body: Buffer.alloc(0) };

describe('the text of a parameter is converted by the type of its schema', () => {
  const read = (query: string) => readRequest(operation('list'), { ...nothing, query: new URLSearchParams(query) });

  it.each<[string, object]>([
    ['ratio=1.25', { ratio: 1.25 }],
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

describe('the missing headers of a credential', () => {
  const withCredentials = (...credentials: string[][]): Operation => ({ ...operation('list'), credentials });
  const either = withCredentials(['X-Id', 'X-Key'], ['X-Token']);
  const missing = (...names: string[]): string[] => names.map((name) => `header.${name} is missing or empty`);

  it.each<[string, Operation, Headers, string[]]>([
    ['none of it', either, {}, missing('X-Id', 'X-Key', 'X-Token')],
    ['half an alternative', either, { 'x-id': ['a'] }, missing('X-Key', 'X-Token')],
    ['an empty header', either, { 'x-id': [''], 'x-key': ['a'] }, missing('X-Id', 'X-Token')],
    ['a header in two alternatives', withCredentials(['X-Id', 'X-Key'], ['X-Id']), {}, missing('X-Id', 'X-Key')],
    ['an empty header that is repeated with a value', either, { 'x-token': ['', 'a'] }, []],
    ['the first alternative', either, { 'x-id': ['a'], 'x-key': ['a'] }, []],
    ['the last alternative', either, { 'x-token': ['a'] }, []],
    ['no credential, if none is needed', withCredentials(), {}, []],
  ])('are named in a request with %s', (_, wanted, headers, expected) => {
    expect(missingCredentials(wanted, headers)).toEqual(expected);
  });
});

describe('the media type', () => {
  const violation = (type?: string, encoding?: string, wanted = 'create'): string | undefined =>
    mediaTypeViolation(operation(wanted), {
      ...(type !== undefined && { 'content-type': [type] }),
      ...(encoding !== undefined && { 'content-encoding': [encoding] }),
    });

  it.each([
    undefined,
    'application/json',
    'Application/JSON',
    ' application/json ; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json; version=1',
    'application/json; version=1; charset=utf-8',
  ])('%j is accepted', (type) => {
    expect(violation(type)).toBeUndefined();
  });

  it.each([
    '',
    'text/plain',
    'text/plain; charset=utf-8',
    'application/json; charset=latin1',
    'application/json; version=1; charset=latin1',
    'application/json; charset=utf-80',
    'application/json; charset=not-utf-8',
    'application/json; charset=',
  ])('%j is refused', (type) => {
    expect(violation(type)).toBe('header.Content-Type must be application/json, in UTF-8');
  });

  it.each(['identity', 'Identity'])('is accepted with the encoding %s', (encoding) => {
    expect(violation('application/json', encoding)).toBeUndefined();
  });

  it.each(['gzip', ''])('is refused with the encoding %j', (encoding) => {
    expect(violation('application/json', encoding)).toBe('header.Content-Encoding must be identity');
  });

  it('is not checked if the operation has no body', () => {
    expect(violation('text/plain', 'gzip', 'list')).toBeUndefined();
  });
});

describe('a request', () => {
  const change = operation('change');
  const headers = { 'x-mark': ['m'] };
  const bodyOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const good: Input = {
    path: { id: '7' },
    query: new URLSearchParams('size=1'),
    headers,
    body: bodyOf({ name: 'n' }),
  };

  it('has values by the names of the contract, and `undefined` for those that were not sent', () => {
    expect(readRequest(change, good)).toEqual({
      violations: [],
      values: {
        path: { id: '7' },
        query: { size: 1 },
        header: { 'X-Mark': 'm', 'X-Note': undefined },
        body: { name: 'n' },
      },
    });
    expect(readRequest(operation('create'), nothing)).toMatchObject({ violations: [], values: { body: undefined } });
  });

  it.each<[string, Partial<Input>, string[]]>([
    ['a repeated header', { headers: { 'x-mark': ['m', 'm'] } }, ['header.X-Mark must be sent once']],
    ['a repeated query', { query: new URLSearchParams('size=1&size=1') }, ['query.size must be sent once']],
    ['no header', { headers: {} }, ['header.X-Mark is missing or empty']],
    ['an empty header', { headers: { 'x-mark': [''] } }, ['header.X-Mark is missing or empty']],
    ['no query', { query: new URLSearchParams() }, ['query.size is missing or empty']],
    ['an empty query', { query: new URLSearchParams('size=') }, ['query.size is missing or empty']],
    ['no segment of the path', { path: {} }, ['path.id is missing or empty']],
    ['an empty segment of the path', { path: { id: '' } }, ['path.id is missing or empty']],
    ['too long a segment', { path: { id: '777' } }, ['path.id must NOT have more than 2 characters']],
    [
      'an empty header that is optional',
      { headers: { ...headers, 'x-note': [''] } },
      ['header.X-Note must NOT have fewer than 1 characters'],
    ],
    ['no body', { body: Buffer.alloc(0) }, ['body is missing']],
    ['a body that is not UTF-8', { body: Buffer.from([0x22, 0xff, 0x22]) }, ['body is not JSON: it is not UTF-8']],
    ['a byte order mark', { body: Buffer.from('\ufeff{"name":"n"}') }, [expect.stringMatching(/^body is not JSON: /)]],
    ['a body of another type', { body: bodyOf([]) }, ['body must be object']],
    ['a field that is missing', { body: bodyOf({}) }, ['body.name is missing']],
    ['a field in a list', { body: bodyOf({ name: 'n', parts: [{}] }) }, ['body.parts.0.name is missing']],
    [
      'another choice',
      { body: bodyOf({ name: 'n', kind: 'c' }) },
      ['body.kind must be equal to one of the allowed values: a, b'],
    ],
    [
      'a field with a name that pointers escape',
      { body: bodyOf({ name: 'n', 'x/y~z': 1 }) },
      ['body.x/y~z must be string'],
    ],
    [
      'all violations, headers first',
      { path: {}, headers: { 'x-mark': ['m', 'm'] }, body: bodyOf({ name: 1, kind: 'c' }) },
      [
        'header.X-Mark must be sent once',
        'path.id is missing or empty',
        'body.name must be string',
        'body.kind must be equal to one of the allowed values: a, b',
      ],
    ],
  ])('has violations for %s', (_, part, expected) => {
    expect(readRequest(change, { ...good, ...part }).violations).toEqual(expected);
  });

  it('gets no violation for an error in the code that validates it', () => {
    const validate = (): never => {
      throw new RangeError('too deep');
    };
    const body = { ...change.body, validate } as unknown as NonNullable<Operation['body']>;
    expect(() => readRequest({ ...change, body }, good)).toThrow('too deep');
  });
});

describe('a body that is not JSON', () => {
  const violations = (text: string): string[] =>
    readRequest(operation('create'), { ...nothing, body: Buffer.from(text) }).violations;

  // The parser quotes in different forms at the start, in the middle and at the end of a long text, and in a short
  // text.
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
  ])('is refused without a quote from it: %j', (text) => {
    const [violation = '', ...more] = violations(text);
    expect(more).toEqual([]);
    expect(violation).toMatch(/^body is not JSON: [^\n]+$/);
    expect(violation).not.toMatch(/ecret|token"|padding/);
  });

  it.each([
    ['secret', "Unexpected token 's'"],
    ['{', "Expected property name or '}' in JSON at position 1 (line 1 column 2)"],
    // The whole message of the parser is a quote.
    ['undefined', 'unexpected text'],
  ])('is refused with its fault: %j', (text, fault) => {
    expect(violations(text)).toEqual([`body is not JSON: ${fault}`]);
  });
});
