import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';

/** A contract as a tree that a test may damage. */
// biome-ignore lint/suspicious/noExplicitAny: each damage below reaches for another place of the tree
type Tree = any;

const read = (name: string): Tree => parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const operationOf = (contract: Tree): Tree => contract.paths['/koodrive/ose/v1/backup/record'].post;

// Each rule of redocly.yaml, and the smallest damage that breaks it.
const damages: Record<string, (contract: Tree) => unknown> = {
  'no-invalid-media-type-examples': ({ components }) =>
    delete components.examples.CreateBackupRecordRequest.value.deviceId,
  'no-invalid-parameter-examples': ({ components }) => Object.assign(components.parameters.Date, { example: 'today' }),
  'no-invalid-schema-examples': ({ components }) => Object.assign(components.schemas.ModuleCode, { example: '103' }),
  'no-unused-components': ({ components }) =>
    Object.assign(components.schemas, { Unused: components.schemas.ModuleCode }),
  'operation-description': (contract) => delete operationOf(contract).description,
  'operation-operationId': (contract) => delete operationOf(contract).operationId,
  'operation-tag-defined': (contract) => Object.assign(operationOf(contract), { tags: ['Unknown'] }),
  'parameter-description': ({ components }) => delete components.parameters.Date.description,
  'security-defined': (contract) => delete contract.security,
  'tag-description': ({ tags }) => delete tags[0].description,
  'house/documented-properties': ({ components }) => delete components.schemas.DeviceEntity.properties.deviceOS.example,
  'rule/operation-id-form': (contract) => Object.assign(operationOf(contract), { operationId: 'Create_record' }),
  'rule/summary-form': (contract) => Object.assign(operationOf(contract), { summary: 'creates a record.' }),
  'rule/every-answer-documented': (contract) => delete operationOf(contract).responses.default,
  'rule/no-ignored-header-parameter': ({ components }) =>
    Object.assign(components.parameters.UserId, { name: 'authorization' }),
  'rule/no-keyword-that-prism-gets-wrong': ({ components }) =>
    Object.assign(components.schemas.DeviceEntity, { unevaluatedProperties: false }),
  'rule/no-64-bit-number': ({ components }) =>
    Object.assign(components.schemas.BackupRecord.properties.version, { format: 'int64' }),
};

interface Problem {
  ruleId: string;
  severity: string;
  location: { source: { ref: string } }[];
}

let folder: string;
let problems: Problem[];
const fileOf = (rule: string): string => join(folder, `${rule.replace('/', '-')}.yaml`);
// Redocly writes a path relative to the folder that it runs in.
const brokenRules = (file: string): string[] =>
  problems.filter(({ location }) => location[0]?.source.ref.endsWith(`/${basename(file)}`)).map(({ ruleId }) => ruleId);

// One process for all, since most of its time is its start.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lint-test-'));
  for (const [rule, damage] of Object.entries(damages)) {
    const contract = read('openapi.yaml');
    damage(contract);
    writeFileSync(fileOf(rule), stringify(contract));
  }
  cpSync(new URL('openapi.yaml', import.meta.url), fileOf('undamaged'));
  const files = ['undamaged', ...Object.keys(damages)].map(fileOf);
  const { stdout, stderr } = spawnSync('redocly', ['lint', ...files, '--format', 'json', '--config', 'redocly.yaml'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  if (!stdout) throw new Error(stderr);
  // One JSON document a file, end to end.
  problems = stdout
    .split(/(?<=^\})/m)
    .filter((report) => report.trim() !== '')
    .flatMap((report) => (JSON.parse(report) as { problems: Problem[] }).problems);
});
afterAll(() => rmSync(folder, { recursive: true }));

it('finds no problem in the contract', () => {
  expect(brokenRules(fileOf('undamaged'))).toEqual([]);
});

it.each(Object.keys(damages))('enforces %s', (rule) => {
  expect(brokenRules(fileOf(rule))).toContain(rule);
});

it('shows every rule of redocly.yaml to fail', () => {
  expect(Object.keys(damages).sort()).toEqual(Object.keys(read('redocly.yaml').rules).sort());
});
