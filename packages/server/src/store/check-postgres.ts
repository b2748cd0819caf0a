import pg from 'pg';

/**
 * Checks whether a database can be used at all.
 *
 * @param timeoutMs How long each step may take, in milliseconds.
 * @throws Error with one line that says what to do, if the encoding of the database is not UTF-8, or if a pooler in
 *   between gives the sessions of one client to others.
 */
export async function checkPostgres(connectionString: string, timeoutMs: number): Promise<void> {
  const settings = { connectionString, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs };
  const [first, second] = [new pg.Client(settings), new pg.Client(settings)];
  // The call that fails reports the error. Without a listener the event would end the process.
  for (const client of [first, second]) client.on('error', () => {});
  try {
    await first.connect();
    const { encoding, session } = await sessionOf(first);
    if (encoding !== 'UTF8') {
      throw new Error(`the database has the encoding ${encoding}, which cannot hold every text: create it with UTF8`);
    }
    // PostgreSQL tells a new client the process id of its session. If another session then answers, a pooler is in
    // between.
    if (session === (first as { processID?: number }).processID) return;
    await second.connect();
    if (await isShared(first, session, second)) throw new Error(sharedSessions);
  } finally {
    // Not awaited, because a connection that does not answer takes long to end.
    for (const client of [first, second]) client.end().catch(() => {});
  }
}

const sharedSessions =
  'a pooler (such as PgBouncer) gives the sessions of the database to another client after each transaction: ' +
  'set pool_mode = session for this database, or connect to PostgreSQL directly';

async function sessionOf(client: pg.Client): Promise<{ encoding: string; session: number }> {
  const { rows } = await client.query(
    "SELECT current_setting('server_encoding') AS encoding, pg_backend_pid() AS session",
  );
  return rows[0];
}

/** Whether the first client loses its session while the second one is in a transaction. */
async function isShared(first: pg.Client, session: number, second: pg.Client): Promise<boolean> {
  try {
    await second.query('BEGIN');
    const other = await sessionOf(second);
    const again = await sessionOf(first);
    return other.session === session || again.session !== session;
  } catch (error) {
    // A pooler that gives sessions away after each statement refuses transactions with this code.
    if (error instanceof pg.DatabaseError && error.code === '08P01') return true;
    throw error;
  }
}
