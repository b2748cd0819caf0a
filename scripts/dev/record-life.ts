import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  accessToken,
  createBackupClient,
  encodeProperties,
  iterate,
  unwrap,
  withBackupLock,
} from '@koodrive-backup/client';
import { startServer } from '@koodrive-backup/server';
import contract from '@koodrive-backup/spec/openapi.json' with { type: 'json' };

const recordPath = '/koodrive/ose/v1/backup/record';
const onePath = '/koodrive/ose/v1/backup/record/{recordId}';

/** Starts the server with a store that is thrown away, and leads a record through its life by the client. */
export async function showRecordLife(): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'koodrive-data-'));
  const server = await startServer({ data });
  try {
    const userId = contract.components.parameters.UserId.example;
    const client = createBackupClient({
      baseUrl: server.url,
      auth: accessToken(await server.issueToken(userId)),
      userId,
    });
    const device = await unwrap(
      client.POST('/koodrive/ose/v1/backup/device', { body: contract.components.examples.BindDeviceRequest.value }),
    );
    console.log(`\nThe server at ${server.url} keeps records. bindDevice gave the device the id ${device.deviceId}.`);

    await withBackupLock(client, { moduleCode: '101' }, async ({ lockId, signal }) => {
      console.log(`createBackupLock: ${lockId}`);
      const header = { 'x-backup-lock-id': lockId };
      const body = {
        moduleCode: '101',
        deviceId: device.deviceId,
        properties: encodeProperties({ photos: 12 }),
      } as const;
      const { recordId } = await unwrap(client.POST(recordPath, { params: { header }, body, signal }));
      const read = () => unwrap(client.GET(onePath, { params: { path: { recordId } }, signal }));
      console.log('createBackupRecord, getBackupRecord:', await read());

      const query = { moduleCode: '101', pageSize: 100 } as const;
      for await (const record of iterate(client, recordPath, { params: { query }, signal })) {
        console.log(`listBackupRecord: ${record.recordId}`);
      }
      const params = { header, path: { recordId } };
      await unwrap(client.PATCH(onePath, { params, body: {}, signal }));
      const { endTime, ...completed } = await read();
      console.log(`completeBackup: status ${completed.status}, version ${completed.version}, endTime ${endTime}`);
      await unwrap(client.DELETE(onePath, { params, signal }));
      const { status, version } = await read();
      console.log(`deleteBackupRecord: status ${status}, version ${version}`);
    });
    console.log('releaseBackupLock: done');
  } finally {
    await server.close();
    rmSync(data, { recursive: true });
  }
}
