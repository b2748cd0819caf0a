import { accessToken, type components, createBackupClient, unwrap } from '@koodrive-backup/client';
import { startMock } from '@koodrive-backup/mock';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };

/** Boots the mock and creates a backup record through the client, with the values of the vendor's page. */
export async function createRecord(): Promise<void> {
  const { examples, parameters } = contract.components;
  const mock = await startMock();
  try {
    const client = createBackupClient({
      baseUrl: mock.url,
      auth: accessToken('60f4ccc7b1********3dd9a68068'),
      userId: parameters.UserId.example,
    });
    const record: components['schemas']['BackupRecord'] = await unwrap(
      client.POST('/koodrive/ose/v1/backup/record', {
        params: { header: { 'x-backup-lock-id': parameters.BackupLockId.example } },
        body: examples.CreateBackupRecordRequest.value,
      }),
    );
    console.log(`\nThe mock at ${mock.url} answered createBackupRecord with this record:`);
    console.log(record);
  } finally {
    await mock.close();
  }
}
