import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { runRedocly } from './build/redocly.ts';

/** A part of the contract that a test may damage. */
// biome-ignore lint/suspicious/noExplicitAny: each damage below changes a different place of the tree
type Tree = any;

const read = (name: string): Tree => parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

// Each rule of redocly.yaml, and the smallest damages that break it.
const damages: Record<string, ((contract: Tree, operations: Record<string, Tree>) => unknown)[]> = {
  'no-invalid-media-type-examples': [
    ({ components }) => delete components.examples.CreateBackupRecordRequest.value.deviceId,
  ],
  'no-invalid-parameter-examples': [
    ({ components }) => Object.assign(components.parameters.Date, { example: 'today' }),
  ],
  'no-invalid-schema-examples': [({ components }) => Object.assign(components.schemas.ModuleCode, { example: '103' })],
  'no-unused-components': [
    ({ components }) => Object.assign(components.schemas, { Unused: components.schemas.ModuleCode }),
  ],
  'operation-description': [(_, { createBackupRecord }) => delete createBackupRecord.description],
  'operation-operationId': [(_, { createBackupRecord }) => delete createBackupRecord.operationId],
  'operation-tag-defined': [(_, { createBackupRecord }) => Object.assign(createBackupRecord, { tags: ['Unknown'] })],
  'parameter-description': [({ components }) => delete components.parameters.Date.description],
  'security-defined': [(contract) => delete contract.security],
  'tag-description': [({ tags }) => delete tags[0].description],
  'house/documented-properties': [
    ({ components }) => delete components.schemas.DeviceEntity.properties.deviceOS.example,
    ({ components }) => delete components.schemas.LockId.example,
  ],
  'house/named-page': [
    (_, { createBackupLock: lock }) =>
      Object.assign(lock, { description: lock.description.replace('neighbouring', '') }),
    (_, { createBackupLock: lock }) =>
      Object.assign(lock, {
        description: lock.description.replace('createBackupLock.html', 'createBackupRecord.html'),
      }),
    (_, { createBackupLock: lock }) =>
      Object.assign(lock, { description: lock.description.replaceAll(/\d{4}-\d\d/g, '') }),
  ],
  'house/named-source': [
    (_, { createBackupLock }) => delete createBackupLock['x-source'],
    (_, { createBackupLock }) => Object.assign(createBackupLock, { 'x-source': {} }),
    (_, { createBackupLock }) => Object.assign(createBackupLock, { 'x-source': { vendor: 'somewhere' } }),
    ...['schemas', 'parameters', 'responses', 'examples', 'securitySchemes'].map(
      (kind) =>
        ({ components }: Tree) =>
          delete Object.values<Tree>(components[kind])[0]['x-source'],
    ),
  ],
  'house/pagination-names': [
    (_, { listBackupRecord }) => Object.assign(listBackupRecord['x-pagination'], { cursor: 'next' }),
    (_, { listBackupRecord }) => Object.assign(listBackupRecord['x-pagination'], { cursor: 'pageSize' }),
    (_, { listBackupRecord }) => Object.assign(listBackupRecord['x-pagination'], { items: 'msg' }),
    (_, { listBackupRecord }) => delete listBackupRecord['x-pagination'].nextCursor,
    ({ components }) => delete components.schemas.BackupRecordPage.properties.nextCursor,
    ({ components }) => components.schemas.BackupRecordPage.required.push('nextCursor'),
  ],
  'house/success-data': [
    ({ components }) =>
      Object.assign(components.schemas.DeviceListEnvelope.properties, {
        scopeList: { type: 'string', description: 'A list.', example: 'a' },
      }),
    (_, { listBackupRecord }) => delete listBackupRecord['x-pagination'],
  ],
  'rule/operation-id-form': [
    (_, { createBackupRecord }) => Object.assign(createBackupRecord, { operationId: 'Create_record' }),
  ],
  'rule/summary-form': [
    (_, { createBackupRecord }) => Object.assign(createBackupRecord, { summary: 'creates a record.' }),
  ],
  'rule/every-answer-documented': [(_, { createBackupRecord }) => delete createBackupRecord.responses.default],
  'rule/no-ignored-header-parameter': [
    ({ components }) => Object.assign(components.parameters.UserId, { name: 'authorization' }),
  ],
  'rule/no-keyword-that-prism-gets-wrong': [
    ({ components }) => Object.assign(components.schemas.DeviceEntity, { unevaluatedProperties: false }),
  ],
  'rule/no-64-bit-number': [
    ({ components }) => Object.assign(components.schemas.BackupRecord.properties.version, { format: 'int64' }),
  ],
};

interface Problem {
  ruleId: string;
  severity: string;
  location: { source: { ref: string } }[];
}

const cases = Object.entries(damages).flatMap(([rule, list]) => list.map((damage, index) => ({ rule, index, damage })));
const nameOf = ({ rule, index }: { rule: string; index: number }): string => `${rule.replace('/', '-')}-${index}`;

let folder: string;
let problems: Problem[];
const brokenRules = (name: string): string[] =>
  problems.filter(({ location }) => location[0]?.source.ref.includes(`/${name}/`)).map(({ ruleId }) => ruleId);

/** Damages the contract, and writes it into its own folder. */
function writeDamaged(name: string, damage: (typeof cases)[number]['damage'] = () => undefined): string {
  const contract = read('openapi.yaml');
  const files = globSync('paths/*.yaml', { cwd: import.meta.dirname });
  const operations = Object.fromEntries(files.map((file) => [basename(file, '.yaml'), read(file)]));
  damage(contract, operations);
  mkdirSync(join(folder, name, 'paths'), { recursive: true });
  for (const [operationId, operation] of Object.entries(operations)) {
    writeFileSync(join(folder, name, 'paths', `${operationId}.yaml`), stringify(operation));
  }
  const file = join(folder, name, 'openapi.yaml');
  writeFileSync(file, stringify(contract));
  return file;
}

// One process for all files, because it spends most of its time on starting.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lint-test-'));
  const files = [writeDamaged('undamaged'), ...cases.map((one) => writeDamaged(nameOf(one), one.damage))];
  const { stdout, stderr } = runRedocly(
    ['lint', ...files, '--format', 'json', '--config', 'redocly.yaml'],
    import.meta.dirname,
  );
  if (!stdout) throw new Error(stderr);
  // The output is one JSON document for each file, without a separator.
  problems = stdout
    .split(/(?<=^\})/m)
    .filter((report) => report.trim() !== '')
    .flatMap((report) => (JSON.parse(report) as { problems: Problem[] }).problems);
});
afterAll(() => rmSync(folder, { recursive: true }));

it('finds no problem in the contract', () => {
  expect(brokenRules('undamaged')).toEqual([]);
});

it.each(cases)('enforces $rule ($index)', (one) => {
  expect(brokenRules(nameOf(one))).toContain(one.rule);
});

it('damages the contract for every rule of redocly.yaml', () => {
  expect(Object.keys(damages).sort()).toEqual(Object.keys(read('redocly.yaml').rules).sort());
});
