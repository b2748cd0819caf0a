import { accessToken, createBackupClient, unwrap } from '@koodrive-backup/client';
import { startMock } from '@koodrive-backup/mock';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };

/**
 * Starts the mock and creates a backup record with the client, with the values of the vendor's page.
 *
 * @returns The id and the status of the record, for the output of `pnpm start`.
 */
export async function createRecord(): Promise<string> {
  const { examples, parameters } = contract.components;
  const mock = await startMock();
  try {
    const client = createBackupClient({
      baseUrl: mock.url,
      auth: accessToken('60f4ccc7b1********3dd9a68068'),
      userId: parameters.UserId.example,
    });
    const record = await unwrap(
      client.POST('/koodrive/ose/v1/backup/record', {
        params: { header: { 'x-backup-lock-id': parameters.BackupLockId.example } },
        body: examples.CreateBackupRecordRequest.value,
      }),
    );
    return `id ${record.recordId}, status ${record.status}`;
  } finally {
    await mock.close();
  }
}
