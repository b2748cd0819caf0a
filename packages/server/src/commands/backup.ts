import type { OptionValues } from '../command-options.ts';
import { backUp, type Copy, restore, verify } from '../store/backup.ts';
import { filesOf } from '../store/storage-options.ts';
import { print } from './print.ts';

/** Writes a copy of the database. */
export async function writeBackup(file: string, options: OptionValues): Promise<void> {
  refusePostgres(options);
  backUp(filesOf(options).database, file);
  await print(`${file} is a copy of the database. Keep a copy of the key, too: nothing can be restored without it`);
}

/** Checks a copy. */
export async function verifyBackup(file: string, options: OptionValues): Promise<void> {
  refusePostgres(options);
  await print(`${file} is sound: ${described(await verify(file, options))}`);
}

/** Replaces the database by a copy. */
export async function restoreBackup(file: string, options: OptionValues): Promise<void> {
  refusePostgres(options);
  const { aside, ...copy } = await restore(file, options);
  await print(`${file} was restored: ${described(copy)}`);
  if (aside !== undefined) await print(`the old database is kept as ${aside}`);
}

const described = ({ schemaVersion, records }: Copy): string => `schema version ${schemaVersion}, ${records} records`;

function refusePostgres({ databaseUrl }: OptionValues): void {
  if (databaseUrl !== undefined)
    throw new Error('this command is for SQLite: use pg_dump and pg_restore for PostgreSQL');
}
