import { runMigrations } from '../platform/run-migrations.ts';

const FOLDER = new URL('./migrations', import.meta.url);

/**
 * Makes the outbox that `writeToStream` writes to (schema `outbox`), in any database whose changes are to be
 * told in streams (platform/run-migrations.ts). Whoever writes there calls it in its own set-up; several in
 * one database are fine. The projectors have to know the database to empty it.
 *
 * @returns the names of the migrations applied by this call
 */
export function migrateStreamOutbox(databaseUrl: string): Promise<string[]> {
  return runMigrations(databaseUrl, FOLDER, 'stream_outbox_migrations');
}
