import { query, type Value, type Work } from './store.ts';

/** Keeps a setting for good, where there is none of that name. Gives what is kept. */
export function* keepSetting(name: string, value: string): Work<Value | undefined> {
  yield* query('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING', name, value);
  const [row] = yield* query('SELECT value FROM settings WHERE name = ?', name);
  return row?.value;
}
