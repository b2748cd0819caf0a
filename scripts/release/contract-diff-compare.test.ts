import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { contractDiff } from './contract-diff.ts';
import type { ContractChange } from './contract-diff-compare.ts';
import type { ContractDiff } from './contract-diff-report.ts';
import { type Bump, largest } from './contract-diff-rules.ts';

type Node = Record<string, unknown>;

/** A case: a part of the old and of the new contract, and the bumps for callers and for providers. */
type Case = [name: string, base: Node, revision: Node, callers: Bump | 'none', providers: Bump | 'none'];

const json = (schema: Node): Node => ({ content: { 'application/json': { schema } } });
const object = (properties: Node, more: Node = {}): Node => ({ type: 'object', properties, ...more });
const query = (parameter: Node): Node => ({
  parameters: [{ name: 'size', in: 'query', schema: { type: 'integer' }, ...parameter }],
});
const answer = (response: Node): Node => ({ responses: { 200: { description: 'Good.', ...response } } });

/** Returns cases for the same change of a schema in a request, in a response, and in a component that both share. */
function everywhere(name: string, base: Node, revision: Node, bumps: Record<'request' | 'response', Bump[]>): Case[] {
  const in_ = (schema: Node): Node => object({ it: schema });
  const both = (schema: Node): Node => ({ ...body(reference), ...answer(json(reference)), shared: in_(schema) });
  const reference = { $ref: '#/components/schemas/SHARED' };
  const [callers = 'patch', providers = 'patch'] = [0, 1].map((side) =>
    largest([bumps.request[side] ?? 'patch', bumps.response[side] ?? 'patch']),
  );
  const [request, response] = [bumps.request, bumps.response] as [[Bump, Bump], [Bump, Bump]];
  return [
    [`${name}, in a request`, body(in_(base)), body(in_(revision)), ...request],
    [`${name}, in a response`, answer(json(in_(base))), answer(json(in_(revision))), ...response],
    [`${name}, in a shared component`, both(base), both(revision), callers, providers],
  ];
}
function body(schema: Node): Node {
  return { requestBody: json(schema) };
}

const narrower = { request: ['major', 'minor'], response: ['minor', 'major'] } satisfies Record<string, Bump[]>;
const wider = { request: ['minor', 'major'], response: ['major', 'minor'] } satisfies Record<string, Bump[]>;
const other = { request: ['major', 'major'], response: ['major', 'major'] } satisfies Record<string, Bump[]>;
const added = { request: ['minor', 'minor'], response: ['minor', 'minor'] } satisfies Record<string, Bump[]>;
const removed = { request: ['major', 'minor'], response: ['major', 'minor'] } satisfies Record<string, Bump[]>;
const text = { request: ['patch', 'patch'], response: ['patch', 'patch'] } satisfies Record<string, Bump[]>;

const string = { type: 'string' };
const schemas: Case[] = [
  everywhere('an optional property more', object({ a: string }), object({ a: string, b: string }), added),
  everywhere('an optional property less', object({ a: string, b: string }), object({ a: string }), removed),
  everywhere(
    'an optional property by another name',
    object({ a: string }),
    object({ b: { type: 'boolean' } }),
    removed,
  ),
  everywhere(
    'an optional property of the same kind by another name',
    object({ a: { ...string, minLength: 2 } }),
    object({ b: { ...string, minLength: 2 } }),
    removed,
  ),
  everywhere(
    'a required property by another name',
    object({ a: { ...string, minLength: 2 } }, { required: ['a'] }),
    object({ b: { ...string, minLength: 2 } }, { required: ['b'] }),
    other,
  ),
  everywhere(
    'a property by another name in an object that allows only named properties',
    object({ a: { ...string, minLength: 2 } }, { additionalProperties: false }),
    object({ b: { ...string, minLength: 2 } }, { additionalProperties: false }),
    other,
  ),
  everywhere(
    'a property becomes required',
    object({ a: string }),
    object({ a: string }, { required: ['a'] }),
    narrower,
  ),
  everywhere(
    'a property is no longer required',
    object({ a: string, b: string }, { required: ['a', 'b'] }),
    object({ a: string, b: string }, { required: ['a'] }),
    wider,
  ),
  everywhere(
    'a required property more',
    object({ a: string }, { required: ['a'] }),
    object({ a: string, b: string }, { required: ['a', 'b'] }),
    narrower,
  ),
  everywhere(
    'a property more in an object that allows only named properties',
    object({ a: string }, { additionalProperties: false }),
    object({ a: string, b: string }, { additionalProperties: false }),
    wider,
  ),
  everywhere(
    'only named properties are allowed',
    object({ a: string }),
    object({ a: string }, { additionalProperties: false }),
    narrower,
  ),
  everywhere('a value more in an enum', { enum: ['a'] }, { enum: ['a', 'b'] }, wider),
  everywhere('a value less in an enum', { enum: ['a', 'b'] }, { enum: ['a'] }, narrower),
  everywhere('another value in an enum', { enum: ['a', 'b'] }, { enum: ['a', 'c'] }, other),
  everywhere('another order in an enum', { enum: ['a', 'b'] }, { enum: ['b', 'a'] }, text),
  everywhere('an enum where there was none', string, { ...string, enum: ['a'] }, narrower),
  everywhere('a larger maximum', { type: 'integer', maximum: 2 }, { type: 'integer', maximum: 3 }, wider),
  everywhere('a smaller maximum', { type: 'integer', maximum: 3 }, { type: 'integer', maximum: 2 }, narrower),
  everywhere('a larger minimum', { type: 'integer', minimum: -3 }, { type: 'integer', minimum: -2 }, narrower),
  everywhere('no minimum', { type: 'integer', minimum: -3 }, { type: 'integer' }, wider),
  everywhere('a maxLength where there was none', string, { ...string, maxLength: 9 }, narrower),
  everywhere('a minLength that allows everything', string, { ...string, minLength: 0 }, text),
  everywhere('a smaller minItems', { type: 'array', minItems: 2 }, { type: 'array', minItems: 1 }, wider),
  everywhere('a coarser multipleOf', { type: 'integer', multipleOf: 2 }, { type: 'integer', multipleOf: 4 }, narrower),
  everywhere('uniqueItems', { type: 'array' }, { type: 'array', uniqueItems: true }, narrower),
  everywhere('another pattern', { ...string, pattern: '^a' }, { ...string, pattern: '^b' }, other),
  everywhere('no pattern', { ...string, pattern: '^a' }, string, wider),
  everywhere('a format', string, { ...string, format: 'date' }, narrower),
  everywhere('another const', { const: 0 }, { const: 1 }, other),
  everywhere('a contentMediaType', string, { ...string, contentMediaType: 'application/json' }, narrower),
  everywhere('another type', string, { type: 'integer' }, other),
  everywhere('numbers instead of integers', { type: 'integer' }, { type: 'number' }, wider),
  everywhere('null is allowed', string, { type: ['string', 'null'] }, wider),
  everywhere('null is no longer allowed', { type: ['string', 'null'] }, string, narrower),
  everywhere('an alternative more', { oneOf: [string] }, { oneOf: [string, { type: 'boolean' }] }, wider),
  everywhere('an alternative less', { anyOf: [string, { type: 'boolean' }] }, { anyOf: [string] }, narrower),
  everywhere('alternatives where there were none', {}, { oneOf: [string, { type: 'boolean' }] }, narrower),
  everywhere('a condition more', { allOf: [string] }, { allOf: [string, { minLength: 2 }] }, narrower),
  everywhere('another description', { description: 'One.' }, { description: 'Two.' }, text),
  everywhere('another example', { ...string, example: 'a' }, { ...string, example: 'b' }, text),
  everywhere('another extension', { 'x-note': 1 }, { 'x-note': 2 }, text),
  everywhere('a keyword that no rule knows', {}, { unevaluatedProperties: false }, other),
].flat();

const promised = (name: string, base: Node, revision: Node, ...bumps: [Bump, Bump]): Case[] =>
  everywhere(name, base, revision, { request: bumps, response: bumps });
const promises: Case[] = [
  promised('a default', string, { ...string, default: 'a' }, 'minor', 'major'),
  promised('another default', { ...string, default: 'a' }, { ...string, default: 'b' }, 'major', 'major'),
  promised('a longer life', { 'x-lifetime-seconds': 1 }, { 'x-lifetime-seconds': 2 }, 'minor', 'major'),
  promised('a shorter life', { 'x-lifetime-seconds': 2 }, { 'x-lifetime-seconds': 1 }, 'major', 'minor'),
].flat();

const pages = { cursor: 'cursor', nextCursor: 'next', items: 'data' };
const [one, two] = [
  { code: 1, name: 'one' },
  { code: 2, name: 'two' },
];
const token = [{ token: [] }];
const either = [{ token: [] }, { signature: [] }];
const operations: Case[] = [
  ['an optional parameter more', {}, query({}), 'minor', 'minor'],
  ['a required parameter more', {}, query({ required: true }), 'major', 'minor'],
  ['an optional parameter less', query({}), {}, 'major', 'minor'],
  ['a required parameter less', query({ required: true }), {}, 'major', 'major'],
  ['an optional parameter by another name', query({}), query({ name: 'length' }), 'major', 'minor'],
  [
    'a required parameter by another name',
    query({ required: true }),
    query({ name: 'length', required: true }),
    'major',
    'major',
  ],
  ['a parameter becomes required', query({}), query({ required: true }), 'major', 'minor'],
  ['a parameter is no longer required', query({ required: true }), query({}), 'minor', 'major'],
  ['a parameter moves', query({}), query({ in: 'header' }), 'major', 'major'],
  ['a parameter is deprecated', query({}), query({ deprecated: true }), 'minor', 'patch'],
  ['a parameter that the client sets', query({}), query({ 'x-set-by-client': true }), 'major', 'patch'],
  ['an optional body', {}, body(string), 'minor', 'minor'],
  ['a required body', {}, { requestBody: { required: true, ...json(string) } }, 'major', 'minor'],
  ['no body', body(string), {}, 'major', 'minor'],
  ['a body becomes required', body(string), { requestBody: { required: true, ...json(string) } }, 'major', 'minor'],
  [
    'a media type more in a request',
    { requestBody: { content: { 'text/csv': {} } } },
    { requestBody: { content: { 'text/csv': {}, 'text/html': {} } } },
    'minor',
    'major',
  ],
  [
    'a media type less in a request',
    { requestBody: { content: { 'text/csv': {}, 'text/html': {} } } },
    { requestBody: { content: { 'text/csv': {} } } },
    'major',
    'minor',
  ],
  [
    'a media type less in a response',
    answer({ content: { 'text/csv': {}, 'text/html': {} } }),
    answer({ content: { 'text/csv': {} } }),
    'major',
    'major',
  ],
  ['a header more', answer({}), answer({ headers: { ETag: { schema: string } } }), 'minor', 'minor'],
  ['a required header more', answer({}), answer({ headers: { ETag: { required: true } } }), 'minor', 'major'],
  ['a header less', answer({ headers: { ETag: { schema: string } } }), answer({}), 'major', 'minor'],
  [
    'a header less whose name begins with x-, like that of an extension',
    answer({ headers: { 'x-trace': { schema: string } } }),
    answer({ headers: {} }),
    'major',
    'minor',
  ],
  [
    'a property less whose name begins with x-, like that of an extension',
    answer(json(object({ 'x-trace': string, a: string }))),
    answer(json(object({ a: string }))),
    'major',
    'minor',
  ],
  ['an error code more', { 'x-error-codes': [one] }, { 'x-error-codes': [one, two] }, 'minor', 'patch'],
  ['an error code less', answer({ 'x-error-codes': [one, two] }), answer({ 'x-error-codes': [one] }), 'major', 'patch'],
  [
    'other code samples',
    { 'x-codeSamples': [{ lang: 'sh', source: 'true' }] },
    { 'x-codeSamples': [{ lang: 'sh', source: 'false' }] },
    'patch',
    'patch',
  ],
  ['code samples', {}, { 'x-codeSamples': [{ lang: 'sh', source: 'true' }] }, 'patch', 'patch'],
  ['a server for one operation', {}, { servers: [{ url: 'https://own.example.com' }] }, 'minor', 'patch'],
  [
    'a status more',
    { responses: { 200: { description: 'a' } } },
    { responses: { 200: { description: 'a' }, 409: { description: 'b' } } },
    'major',
    'minor',
  ],
  [
    'a status more beside a default response',
    { responses: { 200: { description: 'a' }, default: { description: 'b' } } },
    { responses: { 200: { description: 'a' }, default: { description: 'b' }, 409: { description: 'c' } } },
    'minor',
    'minor',
  ],
  [
    'a status less',
    { responses: { 200: { description: 'a' }, 409: { description: 'b' } } },
    { responses: { 200: { description: 'a' } } },
    'major',
    'major',
  ],
  ['another operationId', {}, { operationId: 'other' }, 'major', 'patch'],
  ['another summary', { summary: 'One' }, { summary: 'Two' }, 'patch', 'patch'],
  ['an operation is deprecated', {}, { deprecated: true }, 'minor', 'patch'],
  ['a credential more', { security: token }, { security: either }, 'minor', 'major'],
  ['a credential less', { security: either }, { security: token }, 'major', 'minor'],
  ['another credential', { security: token }, { security: [{ signature: [] }] }, 'major', 'major'],
  ['a credential that was not required', { security: [] }, { security: token }, 'major', 'minor'],
  ['a credential that is no longer required', { security: token }, { security: [] }, 'minor', 'major'],
  // An operation without its own list inherits the contract's list, which accepts either credential.
  ['one of the two inherited credentials', {}, { security: token }, 'major', 'minor'],
  ['both inherited credentials, written out', {}, { security: either }, 'none', 'none'],
  ['pages', {}, { 'x-pagination': pages }, 'minor', 'major'],
  ['no pages', { 'x-pagination': pages }, {}, 'major', 'minor'],
  [
    'pages by another name',
    { 'x-pagination': pages },
    { 'x-pagination': { ...pages, cursor: 'after' } },
    'major',
    'major',
  ],
  ['no change', query({}), query({}), 'none', 'none'],
];

const cases: Case[] = [...schemas, ...promises, ...operations];
const pathOf = (index: number): string => `/case-${index}`;

/** Returns one contract in which every case has its own operation, and its own component if the case shares one. */
function contract(side: 1 | 2): Record<string, Node> {
  const isNew = side === 2;
  const paths: Node = {};
  const schemas: Node = {};
  cases.forEach((one, index) => {
    const { shared, ...operation } = one[side];
    const name = `Shared${index}`;
    if (shared) schemas[name] = shared;
    const whole = { operationId: `case${index}`, ...operation };
    paths[pathOf(index)] = { post: JSON.parse(JSON.stringify(whole).replaceAll('SHARED', name)) as Node };
  });
  const { 'openapi.yaml': devices = {}, ...files } = deviceContract(isNew);
  const { 'openapi.yaml': trees = {}, ...treeFiles } = recursiveContract(isNew);
  return {
    ...files,
    ...treeFiles,
    'openapi.yaml': {
      openapi: '3.1.0',
      info: { title: isNew ? 'New cases' : 'Cases', version: '1.0.0' },
      servers: [{ url: isNew ? 'https://new.example.com' : 'https://old.example.com' }],
      security: either,
      paths: { ...paths, ...(devices.paths as Node), ...(trees.paths as Node) },
      components: {
        ...(devices.components as Node),
        schemas: { ...schemas, ...(devices.schemas as Node), ...(trees.schemas as Node) },
        securitySchemes: {
          token: { type: 'apiKey', in: 'header', name: 'Authorization' },
          signature: { type: 'apiKey', in: 'header', name: 'Authorization' },
          cookie: { type: 'apiKey', in: isNew ? 'query' : 'cookie', name: 'sid' },
        },
      },
    },
  };
}

/** Returns operations in two files that share components, which in turn share a component. */
function deviceContract(isNew: boolean): Record<string, Node> {
  const refer = (name: string, file = ''): Node => ({ $ref: `${file}#/components/${name}` });
  const oneOrOther = `paths/${isNew ? 'add' : 'remove'}-devices.yaml`;
  const operation = (operationId: string, more: Node): Node => ({
    operationId,
    security: token,
    ...answer({}),
    ...more,
  });
  return {
    'paths/get-device.yaml': operation('getDevice', answer(json(refer('schemas/Device', '../openapi.yaml')))),
    // A file that only one of the contracts has.
    [oneOrOther]: operation(isNew ? 'addDevices' : 'removeDevices', { summary: 'One or the other' }),
    'openapi.yaml': {
      paths: {
        [isNew ? '/devices/{deviceId}' : '/devices/{id}']: {
          parameters: [{ name: isNew ? 'deviceId' : 'id', in: 'path', required: true, schema: string }],
          get: { $ref: 'paths/get-device.yaml' },
          put: operation('putDevice', { ...body(refer('schemas/Device')), ...answer(json(refer('schemas/Empty'))) }),
        },
        '/devices': {
          parameters: [refer('parameters/Trace')],
          get: operation('listDevices', {
            security: [{ cookie: [] }],
            responses: { 200: refer('responses/Devices') },
          }),
          [isNew ? 'post' : 'delete']: { $ref: oneOrOther },
        },
        '/switched': {
          get: operation('getSwitched', answer(json(refer(isNew ? 'schemas/Full' : 'schemas/Empty')))),
          post: operation('postFull', body(refer('schemas/Full'))),
        },
      },
      components: {
        parameters: { Trace: { name: 'X-Trace', in: 'header', schema: { ...string, maxLength: isNew ? 3 : 2 } } },
        responses: { Devices: { description: 'All.', ...json({ type: 'array', items: refer('schemas/Device') }) } },
      },
      schemas: {
        Device: object({ state: refer('schemas/State'), parts: { type: 'array', items: refer('schemas/Device') } }),
        State: { enum: isNew ? ['on', 'off', 'lost'] : ['on', 'off'] },
        Empty: object({}),
        Full: object({ more: string }),
        [isNew ? 'Fresh' : 'Stale']: { type: isNew ? 'boolean' : 'integer' },
      },
    },
  };
}

/** Returns schemas that refer to themselves: directly, through each other, in their own allOf, and as a file. */
function recursiveContract(isNew: boolean): Record<string, Node> {
  const refer = (name: string): Node => ({ $ref: `#/components/schemas/${name}` });
  const word = { ...string, maxLength: isNew ? 3 : 2 };
  const get = (operationId: string, schema: Node): Node => ({
    get: { operationId, security: token, ...answer(json(schema)) },
  });
  return {
    'schemas/chain.yaml': object({ word, next: { $ref: '#' }, last: { $ref: 'chain.yaml' } }),
    'openapi.yaml': {
      paths: {
        '/tree': get('getTree', refer('Tree')),
        '/branch': get('getBranch', refer('Branch')),
        '/knot': get('getKnot', refer('Knot')),
        '/chain': get('getChain', { $ref: 'schemas/chain.yaml' }),
        '/loop': get('getLoop', refer('Loop')),
      },
      schemas: {
        Tree: object({ word, left: refer('Tree'), right: { anyOf: [refer('Tree'), { type: 'null' }] } }),
        Branch: object({ leaf: refer('Leaf') }),
        Leaf: object({ word, branches: { type: 'array', items: refer('Branch') } }),
        Knot: { allOf: [refer('Knot'), word] },
        // Refers to itself only in the new contract.
        Loop: object({ [isNew ? 'loop' : 'line']: isNew ? refer('Loop') : string }),
      },
    },
  };
}

/** Writes files into `spec/`. */
function write(repository: string, files: Record<string, Node>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(repository, 'spec', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, stringify(content, { aliasDuplicateObjects: false }));
  }
}

/** Commits the first contract in a new repository, and compares the second with it. */
function compare(base: Record<string, Node>, revision: Record<string, Node>): ContractDiff {
  const repository = mkdtempSync(join(tmpdir(), 'contract-diff-rules-'));
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: repository });
  };
  try {
    write(repository, base);
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'contract');
    rmSync(join(repository, 'spec'), { recursive: true });
    write(repository, revision);
    return contractDiff(repository, 'HEAD');
  } finally {
    rmSync(repository, { recursive: true });
  }
}

const worst = (changes: ContractChange[], side: 'callers' | 'providers'): Bump | 'none' =>
  largest(changes.map((change) => change[side].bump)) ?? 'none';

let changes: ContractChange[];
beforeAll(() => {
  ({ changes } = compare(contract(1), contract(2)));
});

describe('the bump that a change needs', () => {
  it.each(cases.map(([name, , , callers, providers], index) => ({ name, callers, providers, index })))(
    '$name: $callers for callers, $providers for providers',
    ({ callers, providers, index }) => {
      const own = changes.filter(
        ({ operations, typeName }) => typeName !== 'Server' && operations.some(({ path }) => path === pathOf(index)),
      );
      expect({ callers: worst(own, 'callers'), providers: worst(own, 'providers') }).toEqual({ callers, providers });
    },
  );
});

describe('the operations that a change affects', () => {
  it.each<[subject: string, operations: string[], bumps: string]>([
    // Affected through a component of a component, from another file, and through a component that refers to itself.
    [
      'modified State.enum',
      ['getDevice in response', 'putDevice in request', 'listDevices in response'],
      'major for callers, major for providers',
    ],
    // An operation that is added or removed as a whole has its own change.
    ['modified Trace.schema.maxLength', ['listDevices in request'], 'minor for callers, major for providers'],
    ['added addDevices', ['addDevices in '], 'minor for callers, minor for providers'],
    ['removed removeDevices', ['removeDevices in '], 'major for callers, minor for providers'],
    ['modified cookie.in', ['listDevices in request'], 'major for callers, major for providers'],
    // The name of a path parameter is only in the generated types.
    [
      'modified /devices/{deviceId} key',
      ['getDevice in request', 'putDevice in request,response'],
      'major for callers, patch for providers',
    ],
    [
      'modified /devices/{deviceId} parameters.deviceId.name',
      ['getDevice in request', 'putDevice in request'],
      'major for callers, patch for providers',
    ],
    // Affected through schemas that refer to themselves.
    ['modified Tree.word.maxLength', ['getTree in response'], 'major for callers, minor for providers'],
    ['modified Leaf.word.maxLength', ['getBranch in response'], 'major for callers, minor for providers'],
    ['modified Knot.allOf.1.maxLength', ['getKnot in response'], 'major for callers, minor for providers'],
    [
      'modified getChain responses.200.content.application/json.schema.word.maxLength',
      ['getChain in response'],
      'major for callers, minor for providers',
    ],
    ['added Loop.loop', ['getLoop in response'], 'minor for callers, minor for providers'],
    // getSwitched now refers to a schema to which postFull already referred.
    ['added Full.more', ['getSwitched in response'], 'minor for callers, minor for providers'],
    ['added Fresh', [], 'minor for callers, patch for providers'],
    ['removed Stale', [], 'major for callers, patch for providers'],
    ['modified info.title', [], 'patch for callers, patch for providers'],
  ])('are those of %s: %j', (subject, reached, bumps) => {
    const found = changes.filter((change) => `${change.kind} ${change.subject}` === subject);
    expect(found).toHaveLength(1);
    for (const { operations: all, callers, providers } of found) {
      expect(all.map(({ operationId, uses }) => `${operationId} in ${uses}`)).toEqual(reached);
      expect(`${callers.bump} for callers, ${providers.bump} for providers`).toBe(bumps);
    }
  });

  it('are all operations for a server', () => {
    const [server] = changes.filter(({ typeName }) => typeName === 'Server');
    expect(server?.callers.bump).toBe('major');
    expect(server?.operations.length).toBeGreaterThan(cases.length);
  });

  it('come with the place of the change in the files of both contracts', () => {
    const [device] = changes.filter(({ subject }) => subject === 'State.enum');
    expect(device?.base?.file).toBe('HEAD:spec/openapi.yaml');
    expect(device?.revision?.file).toBe('spec/openapi.yaml');
    // Changes that Redocly does not find.
    const lists = changes.filter(({ subject }) => subject.endsWith('x-error-codes'));
    expect(lists.map(({ subject }) => subject.replace(/^case\d+/, 'case'))).toEqual([
      'case responses.200.x-error-codes',
      'case x-error-codes',
    ]);
    for (const { revision } of lists) expect(revision?.line).toBeGreaterThan(1);
  });
});
