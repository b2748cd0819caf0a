import {
  accessToken,
  appSignature,
  type BackupAuth,
  type components,
  createBackupClient,
  unwrap,
} from '@koodrive-backup/client';
import { type App, type Call, type Connection, type Outcome, path } from './tool.ts';

type BackupRecord = components['schemas']['BackupRecord'];

export const connect = (connection: Connection): Call<BackupRecord> =>
  connectWith(accessToken(connection.token), connection);

export const connectSigned = (connection: Connection, app: App): Call<BackupRecord> =>
  connectWith(appSignature(app), connection);

function connectWith(auth: BackupAuth, { baseUrl, userId, fetch }: Connection): Call<BackupRecord> {
  const client = createBackupClient({ baseUrl, userId, auth, fetch });
  return ({ lockId, body, signal }) =>
    unwrap(client.POST(path, { params: { header: { 'x-backup-lock-id': lockId } }, body, ...(signal && { signal }) }));
}

export const outcomeOf = (result: Promise<BackupRecord>): Promise<Outcome> =>
  result.then(
    (data) => ({ data }),
    (error) => {
      const { status, code, msg, operation } = error;
      return { error, status, code, msg, operation };
    },
  );
