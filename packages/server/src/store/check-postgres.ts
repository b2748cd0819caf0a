import pg from 'pg';

/**
 * Looks whether a database can be used at all.
 *
 * @param timeoutMs How long each step may take, in milliseconds.
 * @throws Error with one line that says what to do, if it has another encoding than UTF-8, or if a pooler in between gives
 *   the connections of one client to others.
 */
export async function checkPostgres(connectionString: string, timeoutMs: number): Promise<void> {
  const settings = { connectionString, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs };
  const [first, second] = [new pg.Client(settings), new pg.Client(settings)];
  // What goes wrong is said by the call that it happens to.
  for (const client of [first, second]) client.on('error', () => {});
  try {
    await first.connect();
    const { encoding, session } = await sessionOf(first);
    if (encoding !== 'UTF8') {
      throw new Error(`the database has the encoding ${encoding}, which cannot hold every text: create it with UTF8`);
    }
    // Whoever answers for the database when a client connects, and is not the session that serves it, is a pooler.
    if (session === (first as { processID?: number }).processID) return;
    await second.connect();
    if (await isShared(first, session, second)) throw new Error(sharedSessions);
  } finally {
    // Not waited for: a connection that does not answer takes its time to end.
    for (const client of [first, second]) client.end().catch(() => {});
  }
}

const sharedSessions =
  'a pooler (such as PgBouncer) gives the sessions of the database to another client after each transaction: ' +
  'set pool_mode = session for this database, or connect to PostgreSQL itself';

async function sessionOf(client: pg.Client): Promise<{ encoding: string; session: number }> {
  const { rows } = await client.query(
    "SELECT current_setting('server_encoding') AS encoding, pg_backend_pid() AS session",
  );
  return rows[0];
}

/** Whether a client loses its session while another one is in a transaction. */
async function isShared(first: pg.Client, session: number, second: pg.Client): Promise<boolean> {
  try {
    await second.query('BEGIN');
    const other = await sessionOf(second);
    const again = await sessionOf(first);
    return other.session === session || again.session !== session;
  } catch (error) {
    // Where sessions are given away after each statement, the pooler refuses transactions.
    if (error instanceof pg.DatabaseError && error.code === '08P01') return true;
    throw error;
  }
}
