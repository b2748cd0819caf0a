import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import contract from './dist/openapi.json' with { type: 'json' };
import { contractKey, createContractAjv } from './src/ajv.ts';

const errata = readFileSync(new URL('errata.md', import.meta.url), 'utf8');
const path = '/koodrive/ose/v1/backup/record';
const { post } = contract.paths[path];
const { examples, parameters, responses, schemas, securitySchemes } = contract.components;
const ajv = createContractAjv(contract);
const violationsOf = (schema: string, value: unknown): string[] => {
  const validate = ajv.getSchema(`${contractKey}#/components/schemas/${schema}`);
  if (validate === undefined) throw new Error(`No schema ${schema}`);
  return validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
};

/** One row of a table of the page: the name, the type, whether it is mandatory, and words that tell its meaning. */
type Row = [name: string, type: string, mandatory: boolean, ...meaning: (string | RegExp)[]];

// The page's tables, row by row. A second statement of its facts, made to be compared with the contract.
const tables: { table: string; rows: Row[]; has: Record<string, object>; required: readonly string[] }[] = [
  {
    table: 'Table 1, request headers',
    rows: [
      ['x-backup-lock-id', 'string', true, 'Lock ID'],
      ['Authorization', 'apiKey', true, 'Token authentication', 'Bearer+<access token>'],
      ['X-User-Id', 'string', true, "user's ID on KooDrive", 'app authentication'],
      [
        'X-Date',
        'string',
        true,
        'signed',
        'app authentication',
        '15 minutes',
        'Not later',
        'yyyyMMdd',
        '20251103T070140Z',
      ],
    ],
    has: {
      'x-backup-lock-id': { ...parameters.BackupLockId, ...parameters.BackupLockId.schema },
      Authorization: securitySchemes.accessToken,
      'X-User-Id': { ...parameters.UserId, ...parameters.UserId.schema },
      'X-Date': { ...parameters.Date, ...parameters.Date.schema },
    },
    required: [
      ...Object.values(parameters).flatMap(({ name, required }) => (required ? [name] : [])),
      ...(contract.security.every((alternative) => Object.keys(alternative).length === 1) ? ['Authorization'] : []),
    ],
  },
  {
    table: 'Table 2, request body',
    rows: [
      ['moduleCode', 'string', true, 'Module code', 'from 100 to 102'],
      ['deviceId', 'string', true, 'Device ID'],
      ['properties', 'string', false, 'Custom properties', 'JSON'],
    ],
    has: { ...schemas.CreateBackupRecordRequest.properties, moduleCode: schemas.ModuleCode },
    required: schemas.CreateBackupRecordRequest.required,
  },
  {
    table: 'Table 3, response body',
    rows: [
      ['code', 'integer', true, 'Status code'],
      ['msg', 'string', true, 'Status description'],
      ['data', 'object', true, 'Backup record'],
    ],
    has: { ...schemas.CreateBackupRecordResponse.properties, data: schemas.BackupRecord },
    required: schemas.CreateBackupRecordResponse.required,
  },
  {
    table: 'Table 4, BackupRecord',
    rows: [
      ['recordId', 'string', true, 'Record ID'],
      ['moduleCode', 'string', true, 'Module code'],
      ['status', 'integer', true],
      ['properties', 'string', false, 'Custom properties'],
      ['version', 'integer', true, 'Version'],
      ['createTime', 'string', true, 'Creation time'],
      ['endTime', 'string', false, 'End time'],
      ['deviceInfo', 'object', false, 'Device information'],
    ],
    has: {
      ...schemas.BackupRecord.properties,
      moduleCode: schemas.ModuleCode,
      deviceInfo: schemas.DeviceEntity,
    },
    required: schemas.BackupRecord.required,
  },
  {
    table: 'Table 5, DeviceEntity',
    rows: [
      ['deviceId', 'string', true, 'Device ID'],
      ['machineCode', 'string', false, 'Machine code'],
      ['deviceName', 'string', false, 'Device name'],
      ['deviceOS', 'string', false, 'Device system'],
      ['createTime', 'string', false, 'Creation time'],
    ],
    has: schemas.DeviceEntity.properties,
    required: schemas.DeviceEntity.required,
  },
];

describe.each(tables)('$table', ({ rows, has, required }) => {
  it.each(rows)('has %s, a %s, mandatory: %s', (name, type, _mandatory, ...meaning) => {
    expect(has[name]).toMatchObject({ type });
    const { description } = has[name] as { description: string };
    for (const words of meaning) expect(description.replaceAll('\n', ' ')).toMatch(words);
  });

  it('has no row that the page does not have', () => {
    expect(Object.keys(has).sort()).toEqual(rows.map(([name]) => name).sort());
  });

  it('requires what is mandatory', () => {
    const mandatory = rows.filter((row) => row[2]).map(([name]) => name);
    expect([...required].sort()).toEqual(mandatory.sort());
  });
});

describe('the other facts of the page', () => {
  it('is one operation, createBackupRecord, POST on its path, and its statuses', () => {
    expect(Object.keys(contract.paths)).toEqual([path]);
    expect(Object.keys(contract.paths[path])).toEqual(['post']);
    expect(post.operationId).toBe('createBackupRecord');
    expect(Object.keys(post.responses).sort()).toEqual(['200', '400', '401', '500', 'default']);
  });

  it('sends the three header parameters, of which the client sets two', () => {
    const sent = post.parameters.map(({ $ref }) => $ref.split('/').at(-1));
    expect(sent.sort()).toEqual(Object.keys(parameters).sort());
    const setByClient = Object.values(parameters).filter((parameter) => 'x-set-by-client' in parameter);
    expect(setByClient.map(({ name }) => name).sort()).toEqual(['X-Date', 'X-User-Id']);
  });

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

  it('names its source, the date of it, and that it is unofficial', () => {
    for (const words of ['Creating a Backup Record', '2026-02-12', 'not affiliated', 'errata.md', 'Unofficial']) {
      expect(contract.info.description).toContain(words);
    }
    expect(errata).toContain('2026-02-12');
  });

  it('marks the hosts that the page does not name as borrowed', () => {
    const remote = contract.servers.filter(({ url }) => url.startsWith('https:'));
    expect(remote).toHaveLength(2);
    for (const { description } of remote) expect(description).toContain('Borrowed');
  });
});

describe('the patterns of headers', () => {
  const accepts = (pattern: string, value: string): boolean => new RegExp(pattern, 'u').test(value);

  it.each(['20251103T070140Z', '20240229T235959Z'])('take %s for an X-Date', (value) => {
    expect(accepts(parameters.Date.schema.pattern, value)).toBe(true);
  });

  it.each(['', '2025-11-03T07:01:40Z', '20251103T070140', '20251303T070140Z', '20251103T240000Z', '20251103T070140Z '])(
    'do not take %j for an X-Date',
    (value) => {
      expect(accepts(parameters.Date.schema.pattern, value)).toBe(false);
    },
  );

  it.each([parameters.UserId, parameters.BackupLockId])(
    'take the example of $name, and no empty or repeated one',
    (at) => {
      expect(accepts(at.schema.pattern, at.example)).toBe(true);
      for (const value of ['', ' ', `${at.example}, ${at.example}`])
        expect(accepts(at.schema.pattern, value)).toBe(false);
    },
  );
});

describe('the examples', () => {
  const used = [
    ['request', post.requestBody.content['application/json']] as const,
    ['200', post.responses['200'].content['application/json']] as const,
    ...Object.entries(responses).map(([name, response]) => [name, response.content['application/json']] as const),
  ].flatMap(([place, { schema, examples: named }]) =>
    Object.values(named).map(({ $ref }: { $ref: string }) => ({ place, schema: schema.$ref, example: $ref })),
  );
  const nameOf = (reference: string): string => reference.split('/').at(-1) ?? '';

  it('are all in use', () => {
    expect(new Set(used.map(({ example }) => nameOf(example)))).toEqual(new Set(Object.keys(examples)));
  });

  it.each(used)('hold $example valid in $place', ({ schema, example }) => {
    const { value } = examples[nameOf(example) as keyof typeof examples];
    expect(violationsOf(nameOf(schema), value)).toEqual([]);
  });

  it('show every field once', () => {
    const { data } = examples.CreateBackupRecordResponseEveryField.value;
    expect(Object.keys(data).sort()).toEqual(Object.keys(schemas.BackupRecord.properties).sort());
    expect(Object.keys(data.deviceInfo).sort()).toEqual(Object.keys(schemas.DeviceEntity.properties).sort());
    expect(examples.CreateBackupRecordResponseEveryField.summary).toContain('of this project');
  });

  it('are the page’s, but for the deviceId that its table makes a string', () => {
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
  it.each([
    ['a deviceId that is a number', 'CreateBackupRecordRequest', { ...request, deviceId: 1 }],
    ['an empty deviceId', 'CreateBackupRecordRequest', { ...request, deviceId: '' }],
    ['a moduleCode that is a number', 'CreateBackupRecordRequest', { ...request, moduleCode: 101 }],
    ['another moduleCode', 'CreateBackupRecordRequest', { ...request, moduleCode: '103' }],
    ['properties that are no JSON', 'CreateBackupRecordRequest', { ...request, properties: '{' }],
    ['empty properties', 'CreateBackupRecordRequest', { ...request, properties: '' }],
    ['properties that are an object', 'CreateBackupRecordRequest', { ...request, properties: {} }],
    ['a request without its device', 'CreateBackupRecordRequest', { moduleCode: '101' }],
    ['a success with another code', 'CreateBackupRecordResponse', { ...response, code: 1 }],
    ['a success without data', 'CreateBackupRecordResponse', { code: 0, msg: 'success' }],
    ['a refusal with code 0', 'ErrorResponse', { code: 0, msg: 'success' }],
    ['a code that is a string', 'ErrorResponse', { code: '400', msg: 'no' }],
    ['a status that the page does not name', 'BackupRecord', { ...record, status: 3 }],
    ['a recordId that is a number', 'BackupRecord', { ...record, recordId: 1 }],
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

  it('give the source of each code that the page does not print', () => {
    for (const { code } of schemas.ErrorResponse.properties.code['x-error-codes']) expect(errata).toContain(`${code}`);
  });
});
