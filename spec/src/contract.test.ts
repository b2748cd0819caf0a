import { describe, expect, it } from 'vitest';
import { type Operation, operationsAt, readContract } from './contract.ts';

type Changes = Record<string, unknown>;

const json = (media: object): object => ({ content: { 'application/json': media } });
const envelope = { $ref: '#/components/schemas/Envelope' };
const id = { name: 'id', in: 'path', required: true, schema: { $ref: '#/components/schemas/Id' } };

/** Creates a contract with one operation that has every part. The changes replace parts of it. */
const contractWith = (changes: { path?: Changes; operation?: Changes; components?: Changes } = {}): object => ({
  openapi: '3.1.0',
  info: { title: 'Things', version: '1.2.3' },
  security: [{ token: [] }],
  paths: {
    '/things/{id}': {
      parameters: [id, { $ref: '#/components/parameters/Date' }],
      post: {
        operationId: 'changeThing',
        requestBody: { $ref: '#/components/requestBodies/Thing' },
        responses: { 200: json({ schema: envelope }), default: { $ref: '#/components/responses/Refusal' } },
        ...changes.operation,
      },
      ...changes.path,
    },
    '/things/all': { get: { operationId: 'listThings', responses: {} } },
  },
  components: {
    securitySchemes: {
      token: { type: 'apiKey', in: 'header', name: 'X-Token', description: 'A token.' },
      app: { type: 'apiKey', in: 'header', name: 'X-App' },
    },
    parameters: {
      Date: { name: 'X-Date', in: 'header', 'x-set-by-client': true, schema: { type: 'string', example: 'today' } },
    },
    requestBodies: {
      Thing: {
        required: true,
        ...json({
          schema: { $ref: '#/components/schemas/Thing' },
          examples: { one: { $ref: '#/components/examples/One' } },
        }),
      },
    },
    responses: { Refusal: json({ schema: { type: 'object' }, example: { code: 1 } }) },
    examples: { One: { value: { name: 'one' } } },
    schemas: {
      Id: { $ref: '#/components/schemas/Word' },
      Word: { type: 'string', pattern: '^[a-z]+$' },
      Envelope: {
        type: 'object',
        properties: { data: { type: 'array', items: { $ref: '#/components/schemas/Thing' } } },
      },
      Thing: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { $ref: '#/components/schemas/Word' },
          example: { $ref: '#/components/schemas/Word' },
          parts: { type: 'array', items: { $ref: '#/components/schemas/Thing' } },
        },
        example: { $ref: 'of no meaning here' },
      },
    },
    ...changes.components,
  },
});

function readWith(changes?: Parameters<typeof contractWith>[0], wanted = 'changeThing'): Operation {
  const found = readContract(contractWith(changes)).operations.find((operation) => operation.id === wanted);
  return found ?? expect.fail(`there is no ${wanted}`);
}

const word = { type: 'string', pattern: '^[a-z]+$' };

describe('readContract', () => {
  it('reads the title and the version of the contract', () => {
    expect(readContract(contractWith())).toMatchObject({ title: 'Things', version: '1.2.3' });
  });

  it('returns operations without path parameters first, and otherwise in the order of the contract', () => {
    const paths = ['/{a}', '/b', '/{a}/c', '/d'].map((path) => [path, { get: { operationId: path } }]);
    const { operations } = readContract({ ...contractWith(), paths: Object.fromEntries(paths) });
    expect(operations.map(({ id }) => id)).toEqual(['/b', '/d', '/{a}', '/{a}/c']);
  });

  it('prefers a path without parameters to one that also matches', () => {
    const { operations } = readContract(contractWith());
    expect(operationsAt(operations, ['', 'things', 'all']).map(({ id }) => id)).toEqual(['listThings', 'changeThing']);
  });

  it('reads an operation, with the headers that it uses', () => {
    expect(readWith()).toMatchObject({
      method: 'POST',
      path: '/things/{id}',
      pointer: '/paths/~1things~1{id}/post',
      security: [[{ name: 'token', header: 'X-Token', description: 'A token.' }]],
      credentials: [['X-Token']],
      headers: ['X-Token', 'X-Date', 'Content-Type'],
    });
  });

  it('reads the fields for paging through a list', () => {
    const pagination = { cursor: 'from', nextCursor: 'next', items: 'data' };
    expect(readWith({ operation: { 'x-pagination': pagination } }).pagination).toEqual(pagination);
  });

  it('reads alternatives and combinations of credentials', () => {
    const security = [{ token: [], app: [] }, { app: [] }];
    const operation = readWith({ operation: { security } });
    expect(operation.credentials).toEqual([['X-Token', 'X-App'], ['X-App']]);
    expect(operation.security[1]).toEqual([{ name: 'app', header: 'X-App', description: '' }]);
    expect(readWith({ operation: { security: [] } }).credentials).toEqual([]);
  });
});

describe('parameters', () => {
  const namesOf = ({ parameters }: Operation): string[] => parameters.map((one) => `${one.in}.${one.name}`);

  it('are those of the path, if the operation has none of its own', () => {
    const { parameters } = readWith();
    expect(parameters).toMatchObject([
      { in: 'path', name: 'id', required: true, isSetByClient: false, schema: word },
      { in: 'header', name: 'X-Date', required: false, isSetByClient: true, example: 'today' },
    ]);
    expect(parameters.map(({ pointer }) => pointer)).toEqual([
      '/paths/~1things~1{id}/parameters/0',
      '/components/parameters/Date',
    ]);
  });

  it('name the operation that creates their values, in `x-made-by` of their own or of their schema', () => {
    const [made, other] = ['one', 'two'].map((operation) => ({ operation, field: 'data.id' }));
    const parameters = [
      { name: 'a', in: 'query', schema: {} },
      { name: 'b', in: 'query', schema: { 'x-made-by': made } },
      { name: 'c', in: 'query', schema: { 'x-made-by': made }, 'x-made-by': other },
    ];
    const found = readWith({ operation: { parameters } }).parameters.filter(({ in: place }) => place === 'query');
    expect(found.map(({ madeBy }) => madeBy)).toEqual([undefined, made, other]);
  });

  it('of the operation override those of its path in the same place', () => {
    const own = { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 1 } };
    const elsewhere = { name: 'X-Date', in: 'query', schema: {} };
    const other = { name: 'X-Other', in: 'header', schema: {} };
    const operation = readWith({ operation: { parameters: [own, elsewhere, other] } });
    expect(namesOf(operation)).toEqual(['header.X-Date', 'path.id', 'query.X-Date', 'header.X-Other']);
    const [, { validate } = expect.fail('there is no id')] = operation.parameters;
    expect([validate('A'), validate('aa')]).toEqual([true, false]);
  });

  it('have their own example, or else that of their schema', () => {
    const parameter = { name: 'q', in: 'query', schema: { example: 'c' } };
    const exampleOf = (more: object): unknown =>
      readWith({ operation: { parameters: [{ ...parameter, ...more }] } }).parameters.at(-1)?.example;
    expect(exampleOf({})).toBe('c');
    expect(exampleOf({ example: 'b' })).toBe('b');
    expect(exampleOf({ examples: { first: { value: 'a' } } })).toBe('a');
  });
});

describe('bodies and answers', () => {
  it('have their schema, examples and pointer', () => {
    const { body, responses } = readWith();
    expect(body).toMatchObject({
      required: true,
      pointer: '/components/requestBodies/Thing/content/application~1json/schema',
      examples: { one: { name: 'one' } },
      example: { name: 'one' },
    });
    expect([body?.validate({ name: 'a' }), body?.validate({ name: 'A' })]).toEqual([true, false]);
    expect(Object.values(responses).map(({ pointer }) => pointer)).toEqual([
      '/paths/~1things~1{id}/post/responses/200',
      '/components/responses/Refusal',
    ]);
    expect(responses.default).toMatchObject({ examples: {}, example: { code: 1 }, schema: { type: 'object' } });
    expect([responses[200]?.validate({ data: [{ name: 'a' }] }), responses[200]?.validate({ data: [{}] })]).toEqual([
      true,
      false,
    ]);
  });

  it('are optional if the contract does not require them', () => {
    expect(readWith({ operation: { requestBody: json({ schema: {} }) } }).body?.required).toBe(false);
  });

  it('have a schema without references, even if it contains itself', () => {
    const thing = readWith().responses[200]?.schema.properties?.data?.items;
    expect(thing?.properties).toMatchObject({ name: word, example: word });
    expect(thing?.properties?.parts?.items).toBe(thing);
  });

  it('do not change a value', () => {
    expect(readWith().body?.schema.example).toEqual({ $ref: 'of no meaning here' });
  });
});

describe('a contract that cannot be checked is refused', () => {
  const gone = { $ref: '#/components/schemas/Gone' };
  const parameter = { name: 'q', in: 'query', schema: {} };
  const token = { type: 'apiKey', in: 'header', name: 'X-Token' };

  it.each<[string, Parameters<typeof contractWith>[0], string]>([
    ...[
      { ...token, in: 'query' },
      { ...token, in: 'cookie' },
      { type: 'http', scheme: 'bearer' },
      { ...token, type: 'http' },
    ].map((scheme): [string, Parameters<typeof contractWith>[0], string] => [
      `a credential by ${scheme.type} in ${'in' in scheme ? scheme.in : 'Authorization'}`,
      { components: { securitySchemes: { token: scheme } } },
      'cannot check the security scheme token',
    ]),
    [
      'a security scheme that does not exist',
      { operation: { security: [{ gone: [] }] } },
      'the contract has nothing at /components/securitySchemes/gone',
    ],
    [
      'a parameter in a cookie',
      { operation: { parameters: [{ ...parameter, in: 'cookie' }] } },
      'cannot check the parameter q, because it is in cookie',
    ],
    [
      'a parameter without a schema',
      { operation: { parameters: [{ name: 'q', in: 'query' }] } },
      'the contract has nothing at /paths/~1things~1{id}/post/parameters/0/schema',
    ],
    [
      'a body that is not JSON',
      { operation: { requestBody: { content: { 'text/plain': { schema: {} } } } } },
      'the contract has nothing at /paths/~1things~1{id}/post/requestBody/content/application~1json',
    ],
    ['a parameter that refers to nothing', { path: { parameters: [gone] } }, 'nothing at /components/schemas/Gone'],
    [
      'a schema of a parameter that refers to nothing',
      { operation: { parameters: [{ ...parameter, schema: gone }] } },
      'nothing at /components/schemas/Gone',
    ],
    [
      'a body that refers to nothing',
      { operation: { requestBody: { $ref: '#/components/requestBodies/Gone' } } },
      'nothing at /components/requestBodies/Gone',
    ],
    [
      'a field of an answer that refers to nothing',
      { operation: { responses: { 200: json({ schema: { properties: { data: gone } } }) } } },
      'nothing at /components/schemas/Gone',
    ],
    [
      'an example that refers to nothing',
      { operation: { requestBody: json({ schema: {}, examples: { one: { $ref: '#/components/examples/Gone' } } }) } },
      'nothing at /components/examples/Gone',
    ],
    [
      'a reference to another file',
      { operation: { parameters: [{ $ref: 'more.yaml#/components/parameters/Date' }] } },
      'the contract is not bundled: it refers to more.yaml#/components/parameters/Date',
    ],
    [
      'a schema of a parameter with an error in it',
      { operation: { parameters: [{ ...parameter, schema: { type: 'word' } }] } },
      'type must be JSONType',
    ],
    [
      'a schema of a body with an error in it',
      { operation: { requestBody: json({ schema: { maxLenght: 1 } }) } },
      'unknown keyword: "maxLenght"',
    ],
  ])('%s', (_, changes, message) => {
    expect(() => readWith(changes)).toThrow(message);
  });

  it('an answer whose schema has an error, when the answer is judged', () => {
    const { responses } = readWith({ operation: { responses: { 200: json({ schema: { maxLenght: 1 } }) } } });
    expect(() => responses[200]?.validate).toThrow('unknown keyword: "maxLenght"');
  });
});
