import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readContract } from '../contract.ts';
import { valuesOf } from './generate.ts';

const { operations } = await readContract(contract);

it('makes bodies that both validators hold valid', () => {
  for (const { body, request } of operations) {
    if (!body || !request) continue;
    fc.assert(
      fc.property(valuesOf(request.schema), (value) => {
        expect(body.validate(value), JSON.stringify(value)).toBe(true);
        expect(request.isValidToo(value)).toBe(true);
      }),
    );
  }
});

it('makes parameters that Ajv holds valid', () => {
  for (const { validate, schema, name } of operations.flatMap(({ parameters }) => parameters)) {
    fc.assert(
      fc.property(valuesOf(schema), (value) => {
        expect(validate(value), `${name}: ${value}`).toBe(true);
      }),
    );
  }
});

it('takes what is given for what is not made up', () => {
  const create = operations.find(({ id }) => id === 'createBackupRecord');
  const values = fc.sample(valuesOf(create?.request?.schema ?? {}, { deviceId: 'mine' }), 20);
  expect(new Set(values.map((value) => (value as { deviceId: string }).deviceId))).toEqual(new Set(['mine']));
});
