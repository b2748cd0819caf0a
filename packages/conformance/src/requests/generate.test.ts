import { readContract } from '@koodrive-backup/spec/contract';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { secondValidator } from '../../test/second-validator.ts';
import { valuesOf } from './generate.ts';

const { operations } = readContract(contract);

it('generates bodies that both validators accept', async () => {
  for (const { body } of operations) {
    if (!body) continue;
    const isValidToo = await secondValidator(body.pointer);
    fc.assert(
      fc.property(valuesOf(body.schema), (value) => {
        expect(body.validate(value), JSON.stringify(value)).toBe(true);
        expect(isValidToo(value), JSON.stringify(value)).toBe(true);
      }),
    );
  }
});

it('generates parameters that both validators accept', async () => {
  for (const { validate, schema, name, pointer } of operations.flatMap(({ parameters }) => parameters)) {
    const isValidToo = await secondValidator(`${pointer}/schema`);
    fc.assert(
      fc.property(valuesOf(schema), (value) => {
        expect(validate(value), `${name}: ${value}`).toBe(true);
        expect(isValidToo(value), `${name}: ${value}`).toBe(true);
      }),
    );
  }
});

it('uses the given values instead of generating them', () => {
  const create = operations.find(({ id }) => id === 'createBackupRecord');
  const values = fc.sample(valuesOf(create?.body?.schema ?? {}, { deviceId: 'mine' }), 20);
  expect(new Set(values.map((value) => (value as { deviceId: string }).deviceId))).toEqual(new Set(['mine']));
});
