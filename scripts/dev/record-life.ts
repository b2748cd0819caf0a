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

/**
 * Starts the server with a temporary store and, with the client, creates, lists, completes and deletes a record.
 *
 * @returns The stages of the record, each with the status that the server returned.
 */
export async function leadRecordThroughLife(): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), 'koodrive-data-'));
  const server = await startServer({ data });
  try {
    const userId = contract.components.parameters.UserId.example;
    const client = createBackupClient({
      baseUrl: server.url,
      auth: accessToken(await server.issueToken(userId)),
      userId,
    });
    const { deviceId } = await unwrap(
      client.POST('/koodrive/ose/v1/backup/device', { body: contract.components.examples.BindDeviceRequest.value }),
    );
    return await withBackupLock(client, { moduleCode: '101' }, async ({ lockId, signal }) => {
      const header = { 'x-backup-lock-id': lockId };
      const body = { moduleCode: '101', deviceId, properties: encodeProperties({ photos: 12 }) } as const;
      const { recordId } = await unwrap(client.POST(recordPath, { params: { header }, body, signal }));
      const params = { header, path: { recordId } };
      const read = () => unwrap(client.GET(onePath, { params: { path: { recordId } }, signal }));

      const stages = [`created with status ${(await read()).status}`];
      const query = { moduleCode: '101', pageSize: 100 } as const;
      for await (const record of iterate(client, recordPath, { params: { query }, signal })) {
        if (record.recordId === recordId) stages.push('listed');
      }
      await unwrap(client.PATCH(onePath, { params, body: {}, signal }));
      stages.push(`completed with ${(await read()).status}`);
      await unwrap(client.DELETE(onePath, { params, signal }));
      stages.push(`deleted with ${(await read()).status}`);
      return stages.join(', ');
    });
  } finally {
    await server.close();
    rmSync(data, { recursive: true });
  }
}
