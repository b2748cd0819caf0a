import type { Invocation } from '../command-line.ts';
import { restoreBackup, verifyBackup, writeBackup } from './backup.ts';
import { issue, list, revoke } from './credentials.ts';
import { rotateKey } from './rotate-key.ts';

/**
 * Runs a command.
 *
 * @throws Error with a message for the user if it cannot be done.
 */
export async function run({ command, operands, options }: Invocation): Promise<void> {
  const [file = ''] = operands;
  switch (command) {
    case 'serve':
      // Imported only here, because loading the server would take a third of the time of any other command.
      return (await import('./serve.ts')).serve(options);
    case 'token issue':
      return issue('token', options);
    case 'token list':
      return list('token', options);
    case 'token revoke':
      return revoke('token', operands, options);
    case 'app issue':
      return issue('app', options);
    case 'app list':
      return list('app', options);
    case 'app revoke':
      return revoke('app', operands, options);
    case 'rotate-key':
      return rotateKey(options);
    case 'backup':
      return writeBackup(file, options);
    case 'verify':
      return verifyBackup(file, options);
    case 'restore':
      return restoreBackup(file, options);
  }
}
