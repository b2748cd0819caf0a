/** The base of all errors of this package, but for the TypeError that a wrong argument gets. */
export class BackupError extends Error {
  // Written out, because a minifier renames classes.
  override readonly name: string = 'BackupError';

  /**
   * @param message One line, without a credential.
   * @param details What else the error says of itself.
   */
  constructor(message: string, details?: object) {
    super(message.replace(/\s+/g, ' '));
    Object.assign(this, details);
  }
}

/**
 * Whether a value is an error of this package, also one from another realm or from a second copy of the package, which
 * `instanceof` does not know. Its `name` tells which.
 */
export function isBackupError(value: unknown): value is BackupError {
  return /^Backup(?:Api|Network|Parse|Timeout)?Error$/.test(String((value as Error | undefined)?.name));
}
