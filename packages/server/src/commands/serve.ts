import type { OptionValues } from '../command-options.ts';
import { openStdout } from '../ops/stdout.ts';
import { stopOnSignal } from '../ops/stop-on-signal.ts';
import { startServer } from '../start-server.ts';

/** Serves until SIGINT, SIGTERM or SIGHUP; logs each answer on stdout. */
export async function serve(options: OptionValues): Promise<void> {
  const log = openStdout();
  const starting = startServer({
    ...options,
    log,
  });
  // Before it is ready: it logs, and can be told to end, while it starts.
  stopOnSignal(starting, log);

  const server = await starting;
  console.log(`koodrive-server is ready at ${server.url}`);
  if (server.adminUrl) console.log(`health and metrics are at ${server.adminUrl}`);
}
