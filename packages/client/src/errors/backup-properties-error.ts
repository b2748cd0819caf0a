import { BackupError } from './backup-error.ts';

/** A record's properties are not JSON. */
export class BackupPropertiesError extends BackupError {
  override readonly name = 'BackupPropertiesError';

  /** The first 200 characters of the properties. */
  declare readonly properties: string;
}
