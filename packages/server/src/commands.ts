import { pino } from 'pino';
import { issueApp, issueToken } from './auth/credentials.ts';
import type { Issue, Serve } from './command-line.ts';
import { openLog } from './ops/log.ts';
import { startServer } from './start-server.ts';
import { openStorage } from './store/open-store.ts';

/** Serves until SIGINT, SIGTERM or SIGHUP; a line is logged for each answer, in JSON. */
export async function serve({ host, port, adminPort, data, databaseUrl }: Serve): Promise<void> {
  const output = openLog();
  const log = pino({ base: null }, output);
  const starting = startServer({
    host,
    port,
    data,
    ...(adminPort !== undefined && { adminPort }),
    ...(databaseUrl !== undefined && { databaseUrl }),
    onAnswer({ error, durationMs, caller: user, ...answer }) {
      const line = { ...answer, user, durationMs: Math.round(durationMs * 1000) / 1000 };
      if (error === undefined) log.info(line);
      else log.error({ ...line, err: error });
    },
    onReadiness(error) {
      if (error === undefined) log.info({ ready: true });
      else log.error({ ready: false, err: error });
    },
  });

  let isStopping = false;
  const stop = async (): Promise<void> => {
    // Whoever asks twice does not want to wait.
    if (isStopping) process.exit(0);
    isStopping = true;
    // If it cannot start, that is reported below.
    const started = await starting.catch(() => undefined);
    if (!started) return;
    await started.close();
    await output.end();
    process.exit(0);
  };
  // Before it is ready: it logs, and can be told to end, while it starts.
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // A terminal that is closed: without a listener the process would end at once, with requests under way.
  process.on('SIGHUP', stop);

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
