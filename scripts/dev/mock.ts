// `pnpm mock [--port 4010] [--host 127.0.0.1]`: builds the mock and runs its command.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { turbo } from '@koodrive-backup/lib/turbo';
import { rootDir } from '@koodrive-backup/lib/workspace';

const exitCode = turbo(['run', 'build', '--filter=@koodrive-backup/mock', '--output-logs=errors-only']);
if (exitCode !== 0) process.exit(exitCode);
await import(pathToFileURL(join(rootDir, 'packages', 'mock', 'dist', 'cli.js')).href);
