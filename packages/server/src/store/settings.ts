import { query, type Value, type Work } from './store.ts';

/** Stores a setting for good, if there is none of that name. Returns the stored value. */
export function* keepSetting(name: string, value: string): Work<Value | undefined> {
  yield* query('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING', name, value);
  const [row] = yield* query('SELECT value FROM settings WHERE name = ?', name);
  return row?.value;
}
