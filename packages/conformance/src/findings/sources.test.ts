import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';
import { errataDeciding } from './sources.ts';

it.each([
  ['an erratum itself', 'errata.md#e13', ['E13']],
  ['the only source of a place, an erratum', '/components/responses/LockHeld/content', ['E12']],
  [
    'the nearest source, even behind a reference',
    '/paths/~1koodrive~1ose~1v1~1backup~1lock/post/responses/409',
    ['E12'],
  ],
  ['no erratum if a page decides too', '/components/parameters/BackupLockId', []],
  [
    'no erratum if a field has no source of its own, and a page is the source of its schema',
    '/components/schemas/DeviceInput/properties/machineCode',
    [],
  ],
  ['no erratum if nothing names a source', '/paths', []],
])('names %s', (_what, pointer, expected) => {
  expect(errataDeciding(contract, pointer)).toEqual(expected);
});
