import type { OptionValues } from '../command-options.ts';
import { openStdout } from '../ops/stdout.ts';
import { stopOnSignal } from '../ops/stop-on-signal.ts';
import { startServer } from '../start-server.ts';

/** Runs the server until SIGINT, SIGTERM or SIGHUP, and logs each answer on stdout. */
export async function serve(options: OptionValues): Promise<void> {
  const log = openStdout();
  const starting = startServer({
    ...options,
    log,
  });
  // Called before the server is ready, because the process logs while it starts, and may get a signal then.
  stopOnSignal(starting, log);

  const server = await starting;
  console.log(`koodrive-server is ready at ${server.url}`);
  if (server.adminUrl) console.log(`health and metrics are at ${server.adminUrl}`);
}
