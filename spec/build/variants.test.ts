import { join } from 'node:path';
import { expect, it } from 'vitest';
import contract from '../dist/openapi.json' with { type: 'json' };
import openapi30 from '../dist/openapi-3.0.json' with { type: 'json' };
import unsigned from '../dist/openapi-unsigned.json' with { type: 'json' };
import overlay from '../dist/openapi-unsigned.overlay.json' with { type: 'json' };
import { contractKey, createContractAjv } from '../src/ajv.ts';
import { runRedocly } from './redocly.ts';

it('are valid in their versions of OpenAPI', () => {
  const files = ['openapi-3.0.json', 'openapi-unsigned.json'].map((name) => join('dist', name));
  const { status, stderr } = runRedocly(['lint', ...files, '--extends', 'minimal'], join(import.meta.dirname, '..'));
  expect(stderr).toContain('Your API descriptions are valid');
  expect(status).toBe(0);
  expect([openapi30.openapi, unsigned.openapi]).toEqual(['3.0.3', contract.openapi]);
});

it('have the operations and the examples of the contract', () => {
  for (const variant of [openapi30, unsigned]) {
    expect(Object.keys(variant.paths)).toEqual(Object.keys(contract.paths));
    expect(variant.components.examples).toEqual(contract.components.examples);
  }
});

it.each(['3.1', '3.0'])('accept and refuse the same values as the contract, in %s', (version) => {
  const ajv = createContractAjv(version === '3.0' ? openapi30 : contract);
  const accepts = (schema: string, value: unknown): unknown =>
    ajv.getSchema(`${contractKey}#/components/schemas/${schema}`)?.(value);
  const { CreateBackupRecordRequest: request, CreateBackupRecordResponse: response } = contract.components.examples;
  expect(accepts('BackupRecordInput', request.value)).toBe(true);
  expect(accepts('BackupRecordEnvelope', response.value)).toBe(true);
  expect(accepts('BackupRecordInput', { ...request.value, deviceId: '..' })).toBe(false);
  expect(accepts('BackupRecordEnvelope', { ...response.value, code: 1 })).toBe(false);
  expect(accepts('ErrorResponse', { code: 0, msg: 'no' })).toBe(false);
});

it('lack the headers that a client sets itself, and nothing else', () => {
  const { Date: _, UserId: __, ...parameters } = contract.components.parameters;
  expect(unsigned.components).toEqual({ ...contract.components, parameters });
  const dropped = /,?\{"\$ref":"#\/components\/parameters\/(UserId|Date)"\}/g;
  const withoutThem = JSON.stringify(contract.paths).replaceAll(dropped, '').replaceAll('[,', '[');
  expect(unsigned.paths).toEqual(JSON.parse(withoutThem));
});

it('also result from the overlay', () => {
  expect(overlay.info.version).toBe(contract.info.version);
  let text = JSON.stringify(contract);
  for (const { target, remove } of overlay.actions) {
    expect(remove).toBe(true);
    const [, reference] = /^\$\.paths\[\*\]\[\*\]\.parameters\[\?\(@\['\$ref'\] == '(.*)'\)\]$/.exec(target) ?? [];
    const [, component] = /^\$\.components\.parameters\.(\w+)$/.exec(target) ?? [];
    text = JSON.stringify(JSON.parse(text), (key, value) => {
      if (key === 'parameters' && Array.isArray(value)) return value.filter(({ $ref }) => !$ref || $ref !== reference);
      if (key !== 'parameters' || component === undefined) return value;
      return Object.fromEntries(Object.entries(value).filter(([name]) => name !== component));
    });
  }
  expect(JSON.parse(text)).toEqual(unsigned);
});
