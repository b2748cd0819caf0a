import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { operation } from '../test/calls.ts';
import { responseSchemas } from './response-schemas.ts';

const { value: record } = contract.components.examples.CreateBackupRecordResponseEveryField;

/** What is written of an answer of getBackupRecord. */
async function written(answer: object, status = 200): Promise<unknown> {
  const app = fastify();
  const schema = { response: responseSchemas(operation('getBackupRecord')) };
  app.get('/', { schema }, (_, reply) => reply.code(status).send(answer));
  return (await app.inject('/')).json();
}

it('has all fields of the contract written, and no other', async () => {
  const { data } = record;
  const more = { ...record, secret: 1, data: { ...data, secret: 1, deviceInfo: { ...data.deviceInfo, secret: 1 } } };
  expect(await written(more)).toEqual(record);
});

it('has values written as they are, whatever the contract allows', async () => {
  const wrong = { ...record, code: 7, data: { ...record.data, moduleCode: 'none', createTime: 'now' } };
  expect(await written(wrong)).toEqual(wrong);
});

it('has nothing written that lacks a field', async () => {
  const { recordId: _, ...less } = record.data;
  expect(await written({ ...record, data: less })).toMatchObject({
    message: expect.stringContaining('"recordId" is required!'),
  });
});

it('has a refusal written, of a status that the contract leaves open too', async () => {
  const refusal = { code: 418, msg: 'No.' };
  expect(await written({ ...refusal, secret: 1 }, 400)).toEqual(refusal);
  expect(await written({ ...refusal, secret: 1 }, 418)).toEqual(refusal);
});
