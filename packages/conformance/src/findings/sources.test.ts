import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';
import { errataDeciding } from './sources.ts';

it.each([
  ['an erratum itself', 'errata.md#e13', ['E13']],
  ['what only an erratum is the source of', '/components/responses/LockHeld/content', ['E12']],
  [
    'the nearest source, also behind a reference',
    '/paths/~1koodrive~1ose~1v1~1backup~1lock/post/responses/409',
    ['E12'],
  ],
  ['no erratum where a page decides too', '/components/parameters/BackupLockId', []],
  [
    'no erratum where a field has the source of its schema, which a page has',
    '/components/schemas/DeviceInput/properties/machineCode',
    [],
  ],
  ['no erratum where nothing names its source', '/paths', []],
])('names %s', (_what, pointer, expected) => {
  expect(errataDeciding(contract, pointer)).toEqual(expected);
});
