// `pnpm mock [--port 4010] [--host 127.0.0.1]`: builds the mock and runs its command.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { turboQuietly } from '@koodrive-backup/lib/turbo';
import { rootDir } from '@koodrive-backup/lib/workspace';

const { exitCode, log } = turboQuietly(['run', 'build', '--filter=@koodrive-backup/mock']);
if (exitCode !== 0) {
  console.error(log);
  process.exit(exitCode);
}
await import(pathToFileURL(join(rootDir, 'packages', 'mock', 'dist', 'cli.js')).href);

// Not after --help, a refused argument or a port that is taken, because then nothing listens. A script that runs the
// mock in the background needs the id: it knows only the id of npx, and the shell between npx and pnpm does not pass a
// signal on.
if (!process.exitCode && process.getActiveResourcesInfo().includes('TCPServerWrap')) {
  console.log(`End it with Ctrl-C, or with: kill ${process.pid}`);
}
