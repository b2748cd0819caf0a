import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };
import { answer, type Handler, type Provider, startProvider } from '@koodrive-backup/testkit/provider';
import { onTestFinished } from 'vitest';

const { examples, parameters } = contract.components;

/** The request of the vendor's page, and its answer. */
export const path = '/koodrive/ose/v1/backup/record';
export const userId: string = parameters.UserId.example;
export const created: typeof contract.components.examples.CreateBackupRecordResponse.value =
  examples.CreateBackupRecordResponse.value;
export const init: {
  params: { header: { 'x-backup-lock-id': string } };
  body: typeof contract.components.examples.CreateBackupRecordRequest.value;
} = {
  params: { header: { 'x-backup-lock-id': parameters.BackupLockId.example } },
  body: examples.CreateBackupRecordRequest.value,
};

/** Answers as the contract requires. */
export const create: Handler = (response) => answer(response, 200, created);

/** Starts a provider that answers with the handler until the test ends. */
export async function providerOf(handler: Handler): Promise<Provider> {
  const provider = await startProvider(handler);
  onTestFinished(provider.close);
  return provider;
}
