import { BackupError } from './backup-error.ts';

/** A record's properties are not JSON. */
export class BackupPropertiesError extends BackupError {
  override readonly name = 'BackupPropertiesError';

  /** Their first 200 characters. */
  declare readonly properties: string;
}
