import { issueApp, issueToken } from './auth/credentials.ts';
import type { Issue, Serve } from './command-line.ts';
import { openStdout } from './ops/stdout.ts';
import { stopOnSignal } from './ops/stop-on-signal.ts';
import { startServer } from './start-server.ts';
import { openStorage } from './store/open-store.ts';

/** Serves until SIGINT, SIGTERM or SIGHUP; logs each answer on stdout. */
export async function serve({ host, port, adminHost, adminPort, data, databaseUrl, logLevel }: Serve): Promise<void> {
  const log = openStdout();
  const starting = startServer({
    host,
    port,
    data,
    ...(adminPort !== undefined && { adminHost, adminPort }),
    ...(databaseUrl !== undefined && { databaseUrl }),
    log,
    logLevel,
  });
  // Before it is ready: it logs, and can be told to end, while it starts.
  stopOnSignal(starting, log);

  const server = await starting;
  console.log(`koodrive-server is ready at ${server.url}`);
  if (server.adminUrl) console.log(`health and metrics are at ${server.adminUrl}`);
}

/** Issues a credential, and prints it. It cannot be read again. */
export async function issue({ command, user, data, databaseUrl }: Issue): Promise<void> {
  const { store, keys } = await openStorage({ data, ...(databaseUrl !== undefined && { databaseUrl }) });
  try {
    if (command === 'token') return console.log(await issueToken(store, user, Date.now()));
    const { appId, appSecret } = await issueApp(store, keys, user);
    console.log(`app id      ${appId}\napp secret  ${appSecret}`);
  } finally {
    await store.close();
  }
}
