import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import contract from './dist/openapi.json' with { type: 'json' };
import { contractKey, createContractAjv } from './src/ajv.ts';
import {
  find,
  type MadeBy,
  mediaType,
  type Operation,
  pointerTo,
  type Schema as ReadSchema,
  readContract,
} from './src/contract.ts';

const errata = readFileSync(new URL('errata.md', import.meta.url), 'utf8');
const { examples, parameters, schemas, securitySchemes } = contract.components;
const { operations } = readContract(contract);
const ajv = createContractAjv(contract);
const violationsOf = (schema: string, value: unknown): string[] => {
  const validate = ajv.getSchema(`${contractKey}#/components/schemas/${schema}`);
  if (validate === undefined) throw new Error(`No schema ${schema}`);
  return validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
};

/** The source of a statement: a page of the vendor, or the number of the erratum with our reading. */
interface Source {
  page?: string;
  neighbour?: string;
  plain?: string;
  ours?: string | readonly string[];
}

interface Sourced {
  'x-source'?: Source;
}

interface Schema extends ReadSchema, Sourced {
  description?: string;
  properties?: Record<string, Schema>;
}

/** Returns the object at a pointer of the contract. The caller has to know its type. */
const at = <Node extends object>(pointer: string): Node => find(contract, pointer).value as Node;

/** Returns the name of the component at a pointer; `undefined` if the pointer does not lead to a component. */
const componentAt = (pointer: string): string | undefined =>
  /^\/components\/\w+\/([^/]+)$/.exec(find(contract, pointer).pointer)?.[1];

/** Pointers to the schemas of an operation's body and of its success. */
function schemasOf({ body, responses }: Operation): { body: string | undefined; answer: string } {
  const { pointer } = responses['200'] ?? expect.fail('there is no success');
  return { body: body?.pointer, answer: `${pointer}${pointerTo('content', mediaType, 'schema')}` };
}

/**
 * One row of a vendor's table: the name, the type, whether it is mandatory, and what else its cells say: words that the
 * description must contain, and keywords that the schema must have. If a table has no column "Mandatory", the value is
 * from E9.
 */
type Row = [name: string, type: string, mandatory: boolean, ...says: (string | object)[]];

const moduleCode: Row = ['moduleCode', 'string', true, 'Module code', { enum: ['100', '101', '102'] }];
const properties: Row = [
  'properties',
  'string',
  false,
  'Custom properties',
  'JSON',
  { contentMediaType: 'application/json' },
];
const lockId: Row = ['x-backup-lock-id', 'string', true, 'Lock ID'];
const recordId: Row = ['recordId', 'string', true, 'Record ID'];

/** The three headers on every page. */
const commonHeaders: Row[] = [
  ['Authorization', 'apiKey', true, 'Token authentication', 'Bearer+<access token>'],
  ['X-User-Id', 'string', true, "user's ID on KooDrive", 'app authentication'],
  ['X-Date', 'string', true, 'signed', 'app authentication', '15 minutes', 'Not later', 'yyyyMMdd', '20251103T070140Z'],
];
const envelope: Row[] = [
  ['code', 'integer', true, 'Status code', { const: 0 }],
  ['msg', 'string', true, 'Status description'],
];

/** The rows of a page, besides {@link commonHeaders} and {@link envelope}. */
interface Page {
  place: string;
  header?: Row[];
  path?: Row[];
  query?: Row[];
  body?: Row[];
  answer?: Row[];
}

// The tables of the pages, row by row. They state the vendor's facts a second time, to compare them with the contract.
const pages: Record<string, Page> = {
  createBackupLock: {
    place: 'POST /lock',
    // The page has no table of the body, so this is from its example (E12).
    body: [moduleCode],
    answer: [['data', 'LockInfo', true]],
  },
  renewalBackupLock: { place: 'PATCH /lock', header: [lockId] },
  releaseBackupLock: { place: 'DELETE /lock', header: [lockId] },
  createBackupRecord: {
    place: 'POST /record',
    header: [lockId],
    body: [moduleCode, ['deviceId', 'string', true, 'Device ID'], properties],
    answer: [['data', 'BackupRecord', true]],
  },
  listBackupRecord: {
    place: 'GET /record',
    query: [
      moduleCode,
      ['pageSize', 'integer', true, { minimum: 1, maximum: 100 }],
      ['cursor', 'string', false, { maxLength: 1000 }],
      ['deviceId', 'string', false, 'Device ID'],
    ],
    answer: [
      ['data', 'Array<BackupRecord>', true],
      ['nextCursor', 'string', false],
    ],
  },
  getBackupRecord: { place: 'GET /record/{recordId}', path: [recordId], answer: [['data', 'BackupRecord', true]] },
  completeBackup: { place: 'PATCH /record/{recordId}', path: [recordId], header: [lockId], body: [properties] },
  deleteBackupRecord: { place: 'DELETE /record/{recordId}', path: [recordId], header: [lockId] },
  bindDevice: {
    place: 'POST /device',
    header: [['X-traceid', 'string', false, '58 characters', { minLength: 58, maxLength: 58 }]],
    body: [
      ['machineCode', 'string', true, 'Machine code', { pattern: '^[a-zA-Z0-9_]{1,64}$' }],
      // With its hyphen escaped (E21).
      ['deviceName', 'string', false, 'Device name', { pattern: '^[a-zA-Z0-9\\-_\\s]{1,32}$' }],
      ['deviceOS', 'string', false, 'Device system', { pattern: '^[a-zA-Z0-9_\\s]{1,32}$' }],
    ],
    answer: [['data', 'DeviceEntity', true]],
  },
  listBoundDevice: { place: 'GET /device', answer: [['data', 'Array<DeviceEntity>', true]] },
  unbindDevice: {
    place: 'DELETE /device/{deviceId}',
    path: [['deviceId', 'string', true, 'Device ID']],
    answer: [['data', 'DeviceEntity', true]],
  },
};

/** The tables of objects in answers, by the vendor's name for each. */
const entities: Record<string, Row[]> = {
  LockInfo: [['lockId', 'string', true, 'Lock ID']],
  BackupRecord: [
    recordId,
    moduleCode,
    ['status', 'integer', true, { enum: [0, 1, 2] }],
    properties,
    ['version', 'integer', true, 'Version'],
    ['createTime', 'string', true, 'Creation time', { format: 'date-time' }],
    ['endTime', 'string', false, 'End time', { format: 'date-time' }],
    ['deviceInfo', 'DeviceEntity', false],
  ],
  DeviceEntity: [
    ['deviceId', 'string', true, 'Device ID'],
    ['machineCode', 'string', false, 'Machine code'],
    ['deviceName', 'string', false, 'Device name'],
    ['deviceOS', 'string', false, 'Device system'],
    ['createTime', 'string', false, 'Creation time', { format: 'date-time' }],
  ],
};

/** The facts about a field or a parameter of the contract that a row also has. */
interface Field {
  type: string | undefined;
  mandatory: boolean;
  description: string;
  schema: Schema;
  /** Its own source, or the one that it inherits. */
  source: Source | undefined;
}

function typeOf(pointer: string): string | undefined {
  const { type } = at<Schema>(pointer);
  if (type === 'array') return `Array<${typeOf(`${pointer}/items`)}>`;
  return type === 'object' ? (componentAt(pointer) ?? type) : type;
}

function fieldsOf(pointer: string | undefined): Record<string, Field> {
  const { properties = {}, required = [], 'x-source': inherited } = pointer ? at<Schema>(pointer) : {};
  const fields = Object.entries(properties).map(([name, { 'x-source': source = inherited }]): [string, Field] => {
    const property = `${pointer}${pointerTo('properties', name)}`;
    const { description = '', ...schema } = at<Schema>(property);
    return [name, { type: typeOf(property), mandatory: required.includes(name), description, schema, source }];
  });
  return Object.fromEntries(fields);
}

function parametersIn(place: string, operation: Operation): Record<string, Field> {
  const { 'x-source': inherited } = at<Sourced>(operation.pointer);
  const fields = operation.parameters
    .filter((parameter) => parameter.in === place)
    .map(({ name, required, pointer }): [string, Field] => {
      const { description, 'x-source': source = inherited } = at<Sourced & { description: string }>(pointer);
      const schema = at<Schema>(`${pointer}/schema`);
      const descriptions = [description, schema.description].filter(Boolean).join(' ');
      return [name, { type: schema.type, mandatory: required, description: descriptions, schema, source }];
    });
  return Object.fromEntries(fields);
}

const { type, description, 'x-source': source } = securitySchemes.accessToken;
const authorization: Field = {
  type,
  // Every security scheme uses this header, so it is mandatory.
  mandatory: contract.security.every((alternative) => Object.keys(alternative).length === 1),
  description,
  schema: {},
  source,
};

const tables: { table: string; rows: Row[]; has: Record<string, Field> }[] = [
  ...operations.flatMap((operation) => {
    const { header = [], path = [], query = [], body = [], answer = [] } = pages[operation.id] ?? {};
    const schemas = schemasOf(operation);
    return [
      {
        table: `${operation.id}, header`,
        rows: [...header, ...commonHeaders],
        has: { ...parametersIn('header', operation), Authorization: authorization },
      },
      { table: `${operation.id}, path`, rows: path, has: parametersIn('path', operation) },
      { table: `${operation.id}, query`, rows: query, has: parametersIn('query', operation) },
      { table: `${operation.id}, body`, rows: body, has: fieldsOf(schemas.body) },
      { table: `${operation.id}, answer`, rows: [...envelope, ...answer], has: fieldsOf(schemas.answer) },
    ];
  }),
  ...Object.entries(entities).map(([table, rows]) => ({
    table,
    rows,
    has: fieldsOf(pointerTo('components', 'schemas', table)),
  })),
];

const remedy = (table: string): string =>
  `The contract and the table "${table}" of spec/openapi.test.ts are not the same. Where the vendor's page has changed, ` +
  'change both: the row here says what the page prints, and is never made from the contract.';

describe.each(tables)('$table', ({ table, rows, has }) => {
  it('has exactly the rows of the page', () => {
    expect(Object.keys(has).sort(), remedy(table)).toEqual(rows.map(([name]) => name).sort());
  });

  it.each(rows)('has %s, a %s, mandatory: %s', (name, type, mandatory, ...says) => {
    const { description, schema, source: _, ...field } = has[name] as Field;
    expect(field, `${name}: ${remedy(table)}`).toEqual({ type, mandatory });
    expect(description, `${name} has no description`).not.toBe('');
    for (const cell of says) {
      if (typeof cell === 'object') expect(schema, `${name}: ${remedy(table)}`).toMatchObject(cell);
      else expect(description.replaceAll('\n', ' '), `${name}: ${remedy(table)}`).toContain(cell);
    }
  });
});

describe('the sources', () => {
  const errataByNumber = new Map(
    [...errata.matchAll(/^### (E\d+)\. [\s\S]*?(?=^##)/gm)].map(([text, number = '']) => [number, text]),
  );
  const oursOf = ({ ours = [] }: Source): readonly string[] => (typeof ours === 'string' ? [ours] : ours);

  /** The names in the tables of a page. */
  function printedOn(page: string): Set<string> {
    const { header = [], path = [], query = [], body = [], answer = [] } = pages[page] ?? {};
    const own = [commonHeaders, header, path, query, body.filter((row) => !isOurs(page, row)), envelope, answer];
    return new Set(own.flat().map(([name]) => name));
  }

  /** The names in the tables of objects in answers. Several pages have these tables. */
  const inEntities = Object.values(entities).flatMap((rows) => rows.map(([name]) => name));

  // The page has no table of the body: the field is from its example (E12).
  const isOurs = (page: string, [name]: Row): boolean => page === 'createBackupLock' && name === 'moduleCode';

  interface Statement {
    what: string;
    /** The erratum must name at least one of these. */
    names: string[];
    source: Source;
  }

  /** All parts of the contract that have their own source. */
  function statements(node: unknown, path: string[] = []): Statement[] {
    if (typeof node !== 'object' || node === null) return [];
    const { 'x-source': source } = node as Sourced;
    const below = Object.entries(node).flatMap(([key, value]) => statements(value, [...path, key]));
    return source ? [{ what: path.join('/'), names: namesOf(path), source }, ...below] : below;
  }

  function namesOf(path: string[]): string[] {
    const pointer = pointerTo(...path);
    const operation = operations.find((one) => one.pointer === pointer);
    if (operation) return [operation.id, ...fieldNames(pointer), ...operation.parameters.map(({ name }) => name)];
    const { name } = at<{ name?: string }>(pointer);
    if (name) return [name];
    if (path.includes('examples')) return ['example'];
    return [path.at(-1) ?? '', ...fieldNames(pointer), ...usesOf(pointerTo(...path.slice(0, 3)))];
  }

  const partsOf = (pointer: string): [name: string, pointer: string][] =>
    Object.entries(at(pointer)).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null ? [[name, `${pointer}${pointerTo(name)}`]] : [],
    );

  const fieldNames = (pointer: string): string[] =>
    partsOf(pointer).flatMap(([name, part]) => [
      ...(name === 'properties' ? Object.keys(at(part)) : []),
      ...fieldNames(part),
    ]);

  /** All references in the contract, with their targets. */
  function references(pointer: string): { from: string; to: string }[] {
    return partsOf(pointer).flatMap(([, from]) => {
      const to = find(contract, from).pointer;
      return from === to ? references(from) : [{ from, to }];
    });
  }

  const allReferences = references('');

  /** The keys of the references to a component, and the operations that have it as their answer or body. */
  const usesOf = (component: string): string[] =>
    allReferences.filter(({ to }) => to === component).flatMap(({ from }) => [keyOf(from), ...operationAt(from)]);

  function keyOf(pointer: string): string {
    const [, holder = '', key = ''] = /^(.*)\/(.*)$/.exec(pointer) ?? [];
    const { name } = at<{ name?: unknown }>(holder);
    // The name of a parameter is next to its schema.
    return key === 'schema' && typeof name === 'string' ? name : key;
  }

  const operationAt = (inner: string): string[] =>
    operations.filter(({ pointer }) => inner.startsWith(`${pointer}/`)).map(({ id }) => id);

  const all = statements(contract);

  it.each(all)('of $what are pages and errata that exist', ({ source }) => {
    expect([undefined, 'createBackupRecord']).toContain(source.page);
    expect([undefined, ...Object.keys(pages)]).toContain(source.neighbour);
    expect(oursOf(source).filter((number) => !errataByNumber.has(number))).toEqual([]);
  });

  it.each(all.filter(({ source }) => source.ours))('of $what have errata that name it', ({ names, source }) => {
    for (const number of oursOf(source)) {
      const text = errataByNumber.get(number) ?? '';
      expect(
        names.some((name) => new RegExp(`\\b${name}\\b`, 'i').test(text)),
        `${number} names none of ${names}`,
      ).toBe(true);
    }
  });

  it.each(tables)('of $table are pages that print it, or only errata if no page does', ({ table, has }) => {
    const [own = ''] = table.split(',');
    for (const [name, { source = {} }] of Object.entries(has)) {
      const page = source.page ?? source.neighbour;
      if (page) expect([...printedOn(page), ...inEntities], `${name}: ${remedy(table)}`).toContain(name);
      else expect(printedOn(own), `${name}, of no page: ${remedy(table)}`).not.toContain(name);
    }
  });
});

describe('the values that an operation creates', () => {
  const made = [
    ...Object.entries(schemas),
    ...operations.flatMap(({ parameters }) => parameters.map(({ name, pointer }) => [name, at(pointer)] as const)),
  ].flatMap(([name, node]) => ('x-made-by' in node ? [{ name, by: node['x-made-by'] as MadeBy }] : []));

  it.each(made)('$name are in the answer that `x-made-by` names', ({ by }) => {
    const operation = operations.find(({ id }) => id === by.operation) ?? expect.fail(`there is no ${by.operation}`);
    const names = by.field.split('.').flatMap((name) => ['properties', name]);
    expect(typeOf(`${schemasOf(operation).answer}${pointerTo(...names)}`)).toBe('string');
  });

  it('are those of locks, records, devices and pages', () => {
    expect(made.map(({ name }) => name).sort()).toEqual(['DeviceId', 'LockId', 'RecordId', 'cursor']);
  });
});

describe('the operations', () => {
  it('are those of the pages above, each with its method and path', () => {
    const found = operations.map(
      ({ id, method, path }) => `${id}: ${method} ${path.replace('/koodrive/ose/v1/backup', '')}`,
    );
    const expected = Object.entries(pages).map(([id, { place }]) => `${id}: ${place}`);
    expect(found.sort(), remedy('pages')).toEqual(expected.sort());
  });

  it('have one file each, with the name of the operation', () => {
    const files = globSync('paths/*.yaml', { cwd: import.meta.dirname });
    const ids = files.map((file) => parse(readFileSync(new URL(file, import.meta.url), 'utf8')).operationId as string);
    expect(ids).toEqual(files.map((file) => basename(file, '.yaml')));
    expect(ids.sort()).toEqual(operations.map(({ id }) => id).sort());
  });

  it('require a body exactly if their page has one', () => {
    const asking = operations.filter(({ body }) => body?.required).map(({ id }) => id);
    const withBody = Object.entries(pages).flatMap(([id, { body }]) => (body ? [id] : []));
    expect(asking.sort()).toEqual(withBody.sort());
  });

  it('answer with the statuses of the vendor, and with 409 if they need or take a lock', () => {
    for (const { id, responses, parameters } of operations) {
      const locks = id === 'createBackupLock' || parameters.some(({ name }) => name === 'x-backup-lock-id');
      const expected = ['200', '400', '401', ...(locks ? ['409'] : []), '500', 'default'];
      expect(Object.keys(responses).sort(), id).toEqual(expected);
      if (!responses['409']) continue;
      const { description } = at<{ description: string }>(responses['409'].pointer);
      expect(description.replaceAll('\n', ' ')).toMatch(/The vendor documents no 409: our reading \(E\d+/);
    }
  });

  it('use no object of the contract without a table', () => {
    const judged = operations.flatMap((operation) => Object.values(schemasOf(operation)));
    const names = new Set([...judged.flatMap((schema) => schema && componentAt(schema)), ...Object.keys(entities)]);
    const objects = Object.entries(schemas).filter(([, schema]) => schema.type === 'object');
    expect(objects.map(([name]) => name).filter((name) => !names.has(name))).toEqual(['ErrorResponse']);
  });
});

describe('the contract', () => {
  it('leaves two header parameters to the client', () => {
    const setByClient = Object.values(parameters).filter((parameter) => 'x-set-by-client' in parameter);
    expect(setByClient.map(({ name }) => name).sort()).toEqual(['X-Date', 'X-User-Id']);
  });

  it.each([
    ['a lock', schemas.LockInfo, 600],
    ['a token', securitySchemes.accessToken, 1200],
    ['an app signature', securitySchemes.appSignature, 900],
    ['an X-Date', parameters.Date, 900],
  ])(
    'says in words and in seconds how long %s is valid',
    (_, { description, 'x-lifetime-seconds': seconds }, known) => {
      expect(seconds).toBe(known);
      expect(description.replaceAll('\n', ' ')).toContain(`${seconds / 60} minutes`);
    },
  );

  it('explains each moduleCode', () => {
    expect(schemas.ModuleCode.enum).toEqual(['100', '101', '102']);
    expect(Object.entries(schemas.ModuleCode['x-enumDescriptions'])).toEqual([
      ['100', 'Folder backup.'],
      ['101', 'Album backup.'],
      ['102', 'Address book backup.'],
    ]);
  });

  it('explains each status', () => {
    const { status } = schemas.BackupRecord.properties;
    expect(status.enum).toEqual([0, 1, 2]);
    expect(Object.values(status['x-enumDescriptions'])).toEqual(['New.', 'Completed.', 'To be deleted.']);
  });

  it('offers two ways to authenticate, in the header that the page names', () => {
    expect(contract.security).toEqual([{ accessToken: [] }, { appSignature: [] }]);
    for (const scheme of Object.values(securitySchemes)) {
      expect(scheme).toMatchObject({ in: 'header', name: 'Authorization' });
    }
  });

  it('names its source and its date, and says that it is unofficial', () => {
    for (const words of ['Creating a Backup Record', '2026-02-12', 'not affiliated', 'errata.md', 'Unofficial']) {
      expect(contract.info.description.replaceAll('\n', ' ')).toContain(words);
    }
    expect(errata).toContain('2026-02-12');
  });

  it('marks the hosts that the page does not name as borrowed', () => {
    const remote = contract.servers.filter(({ url }) => url.startsWith('https:'));
    expect(remote).toHaveLength(2);
    for (const server of remote) expect(server).toMatchObject({ 'x-source': { plain: 'koodrive_05_0009' } });
  });
});

const accepts = (pattern: string, value: string): boolean => new RegExp(pattern, 'u').test(value);

describe('the patterns of headers', () => {
  it.each(['20251103T070140Z', '20240229T235959Z'])('accept the X-Date %s', (value) => {
    expect(accepts(parameters.Date.schema.pattern, value)).toBe(true);
  });

  it.each(['', '2025-11-03T07:01:40Z', '20251103T070140', '20251303T070140Z', '20251103T240000Z', '20251103T070140Z '])(
    'refuse the X-Date %j',
    (value) => {
      expect(accepts(parameters.Date.schema.pattern, value)).toBe(false);
    },
  );

  it.each([
    { example: parameters.UserId.example, pattern: parameters.UserId.schema.pattern },
    { example: parameters.BackupLockId.example, pattern: schemas.LockId.pattern },
  ])('accept the example $example, but no empty or repeated value', ({ example, pattern }) => {
    expect(accepts(pattern, example)).toBe(true);
    for (const value of ['', ' ', `${example}, ${example}`]) expect(accepts(pattern, value)).toBe(false);
  });
});

describe('the patterns of identifiers in a path', () => {
  it.each([
    { name: 'recordId', example: parameters.RecordId.example, pattern: schemas.RecordId.pattern },
    { name: 'deviceId', example: parameters.DeviceId.example, pattern: schemas.DeviceId.pattern },
  ])('accept the example of $name, but no value that is not one segment', ({ example, pattern }) => {
    expect(accepts(pattern, example)).toBe(true);
    for (const value of ['.a', '..a', '...', 'a.', '-']) expect(accepts(pattern, value), value).toBe(true);
    for (const value of ['', '.', '..', 'a/b', './a', 'a b', 'a\n', '\0', 'ü']) {
      expect(accepts(pattern, value), value).toBe(false);
    }
  });
});

describe('the examples', () => {
  const used = operations.flatMap(({ id, body, responses }) => {
    const answers = Object.entries(responses).map(([status, { pointer }]): [place: string, holder: string] => [
      status,
      `${pointer}${pointerTo('content', mediaType)}`,
    ]);
    const holders = body ? [['request', body.pointer.replace(/\/schema$/, '')] as const, ...answers] : answers;
    return holders.flatMap(([place, holder]) =>
      Object.keys(at(`${holder}/examples`)).map((name) => ({
        place: `${id}, ${place}`,
        schema: componentAt(`${holder}/schema`) ?? expect.fail(`the schema at ${holder} has no name`),
        example: componentAt(`${holder}${pointerTo('examples', name)}`),
      })),
    );
  });

  it('are all in use', () => {
    expect(new Set(used.map(({ example }) => example))).toEqual(new Set(Object.keys(examples)));
  });

  it.each(used)('are valid: $example in $place', ({ schema, example }) => {
    const { value } = examples[example as keyof typeof examples];
    expect(violationsOf(schema, value)).toEqual([]);
  });

  it('show every field once', () => {
    const { data } = examples.CreateBackupRecordResponseEveryField.value;
    expect(Object.keys(data).sort()).toEqual(Object.keys(schemas.BackupRecord.properties).sort());
    expect(Object.keys(data.deviceInfo).sort()).toEqual(Object.keys(schemas.DeviceEntity.properties).sort());
    expect(examples.CreateBackupRecordResponseEveryField.summary).toContain('of this project');
  });

  it('of a list begin with its last page, because otherwise clients that follow the mock’s cursor loop forever', () => {
    const lists = operations.filter(({ pagination }) => pagination);
    expect(lists).not.toEqual([]);
    for (const { responses, pagination } of lists) {
      const first = responses['200']?.example ?? expect.fail('there is no example');
      expect(first).not.toHaveProperty(pagination?.nextCursor ?? '');
    }
  });

  it('are those of the page, except for the deviceId, which is a string in its table', () => {
    const [, block = ''] = errata.match(/```http\n([\s\S]*?)```/) ?? [];
    const body = block.slice(block.indexOf('{'));
    expect(body).toContain('"deviceId": 1842812272691451648');
    const corrected: unknown = JSON.parse(body.replace(/: (\d+),/, ': "$1",'));
    expect(corrected).toEqual(examples.CreateBackupRecordRequest.value);
    expect(block).toContain(`x-backup-lock-id: ${parameters.BackupLockId.example}\n`);
  });
});

describe('the schemas refuse', () => {
  const request = examples.CreateBackupRecordRequest.value;
  const response = examples.CreateBackupRecordResponse.value;
  const record = response.data;
  const device = examples.BindDeviceRequest.value;
  it.each([
    ['a deviceId that is a number', 'BackupRecordInput', { ...request, deviceId: 1 }],
    ['an empty deviceId', 'BackupRecordInput', { ...request, deviceId: '' }],
    ['a moduleCode that is a number', 'BackupRecordInput', { ...request, moduleCode: 101 }],
    ['another moduleCode', 'BackupRecordInput', { ...request, moduleCode: '103' }],
    ['properties that are not JSON', 'BackupRecordInput', { ...request, properties: '{' }],
    ['empty properties', 'BackupRecordInput', { ...request, properties: '' }],
    ['properties that are an object', 'BackupRecordInput', { ...request, properties: {} }],
    ['a request without its device', 'BackupRecordInput', { moduleCode: '101' }],
    ['a success with another code', 'BackupRecordEnvelope', { ...response, code: 1 }],
    ['a success without data', 'BackupRecordEnvelope', { code: 0, msg: 'success' }],
    ['a refusal with code 0', 'ErrorResponse', { code: 0, msg: 'success' }],
    ['a code that is a string', 'ErrorResponse', { code: '400', msg: 'no' }],
    ['a status that the page does not name', 'BackupRecord', { ...record, status: 3 }],
    ['a recordId that is a number', 'BackupRecord', { ...record, recordId: 1 }],
    ['a machineCode with hyphens', 'DeviceInput', { machineCode: '78e41c7e-db02' }],
    ['a machineCode that is too long', 'DeviceInput', { machineCode: 'a'.repeat(65) }],
    ['an empty deviceName', 'DeviceInput', { ...device, deviceName: '' }],
    ['a deviceName with a dot', 'DeviceInput', { ...device, deviceName: 'v1.0' }],
    ['a deviceOS with a hyphen', 'DeviceInput', { ...device, deviceOS: 'an-droid' }],
    ['a lock without its module', 'BackupLockInput', {}],
    ['a lock id with a space', 'LockInfo', { lockId: 'a b' }],
    ['properties of a completion that are not JSON', 'BackupCompletionInput', { properties: '' }],
    ['an object instead of a list', 'BackupRecordPage', { ...response, data: record }],
    ['a list with something else in it', 'BackupRecordPage', { ...response, data: [record, {}] }],
    ['an empty nextCursor', 'BackupRecordPage', { ...response, data: [], nextCursor: '' }],
    ['a success without its message', 'SuccessResponse', { code: 0 }],
    ['a time without its zone', 'BackupRecord', { ...record, createTime: '2025-12-17T07:59:20' }],
  ])('%s', (_what, schema, value) => {
    expect(violationsOf(schema, value)).not.toEqual([]);
  });
});

describe('the errata', () => {
  it('say for each contradiction what the table says, what the example shows, our reading, and what the client does', () => {
    const sections = errata.match(/^### E\d+\. [\s\S]*?(?=^##)/gm) ?? [];
    expect(sections.length).toBeGreaterThan(9);
    for (const section of sections) {
      for (const row of ['A table says', 'The example shows', 'Our reading', 'The client']) {
        expect(section).toContain(`| ${row} |`);
      }
    }
  });

  it('begin with a table of all their titles', () => {
    const titles = [...errata.matchAll(/^### (E\d+)\. (.*)$/gm)].map(([, number, title]) => `| ${number} | ${title} |`);
    const rows = [...errata.matchAll(/^\| E\d+ \| .*? \|/gm)].map(([row]) => row);
    expect(rows).toEqual(titles);
  });

  it('are numbered without gaps, and include every number that the contract names', () => {
    const numbers = [...errata.matchAll(/^### E(\d+)\. /gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const named = [...`${JSON.stringify(contract)}${errata}`.matchAll(/\bE(\d+)\b/g)].map(([, number]) =>
      Number(number),
    );
    expect(named.filter((number) => !numbers.includes(number))).toEqual([]);
  });

  it('name the source of each code that the page does not print', () => {
    const ranges = [...errata.matchAll(/\bfrom (\d{8}) to (\d{8})\b/g)].map(([, from, to]) => [
      Number(from),
      Number(to),
    ]);
    const named = (code: number): boolean =>
      errata.includes(`${code}`) || ranges.some(([from = 0, to = 0]) => from <= code && code <= to);
    const codes = schemas.ErrorResponse.properties.code['x-error-codes'].map(({ code }) => code);
    expect(codes.filter((code) => !named(code))).toEqual([]);
  });
});
