import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';
import { operation } from '../test/calls.ts';
import { createEnvelopeWriter } from './envelope-writer.ts';

const { value: record } = contract.components.examples.CreateBackupRecordResponseEveryField;

/** Writes an envelope of getBackupRecord, and parses the result. */
const written = (answer: object): unknown => JSON.parse(createEnvelopeWriter(operation('getBackupRecord'))(answer));

it('writes all fields of the contract, and no other', () => {
  const { data } = record;
  const more = { ...record, secret: 1, data: { ...data, secret: 1, deviceInfo: { ...data.deviceInfo, secret: 1 } } };
  expect(written(more)).toEqual(record);
});

it('writes values as they are, whatever the contract allows', () => {
  const wrong = { ...record, code: 7, data: { ...record.data, moduleCode: 'none', createTime: 'now' } };
  expect(written(wrong)).toEqual(wrong);
});

it('throws if a required field is missing', () => {
  const { recordId: _, ...less } = record.data;
  expect(() => written({ ...record, data: less })).toThrow('"recordId" is required!');
});
