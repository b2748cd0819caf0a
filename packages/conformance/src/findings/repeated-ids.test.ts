import { readContract } from '@koodrive-backup/spec/contract';
import document from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { expect, it } from 'vitest';
import type { Exchange } from '../http/session.ts';
import { kindsOf } from '../requests/kinds.ts';
import { createRepeatedIds, idsIn } from './repeated-ids.ts';

const contract = readContract(document);
const kinds = kindsOf(contract);
let count = 0;

function exchange(operationId: string, body: object, data: object): Exchange {
  const operation = contract.operations.find(({ id }) => id === operationId) ?? expect.fail();
  count += 1;
  const call = { operation, path: {}, query: [], headers: [], body: Buffer.from(JSON.stringify(body)) };
  const judgement = { isTaken: true, envelope: { code: 0, data } };
  return { call, identity: { userId: '7' }, judgement, number: count } as unknown as Exchange;
}

function repeatedAfter(...exchanges: Exchange[]): (id: string) => boolean {
  const ids = createRepeatedIds(kinds);
  for (const one of exchanges) ids.observe(one);
  return ids.has;
}

it('an id is repeated if two machines or two records have it', () => {
  const devices = ['a', 'b'].map((machineCode) => exchange('bindDevice', { machineCode }, { deviceId: '1' }));
  const records = ['2', '2', '3'].map((recordId) => exchange('createBackupRecord', {}, { recordId }));
  const isRepeated = repeatedAfter(...devices, ...records);
  expect(['1', '2', '3'].map(isRepeated)).toEqual([true, true, false]);
});

it('an id is not repeated if a machine is bound again, or if a record and a device have it', () => {
  const bound = exchange('bindDevice', { machineCode: 'a' }, { deviceId: '1' });
  const again = exchange('bindDevice', { machineCode: 'a' }, { deviceId: '1' });
  const record = exchange('createBackupRecord', {}, { recordId: '1' });
  expect(repeatedAfter(bound, again, record)('1')).toBe(false);
});

it('an exchange names the ids of its body and of its answer', () => {
  const created = exchange('createBackupRecord', { deviceId: '5' }, { recordId: '6' });
  expect(idsIn(created, kinds)).toEqual(['5', '6']);
});
