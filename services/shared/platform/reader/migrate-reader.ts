import { runMigrations } from '../run-migrations.ts';

const FOLDER = new URL('./migrations', import.meta.url);

/**
 * Makes the tables that readers keep their leases and positions in (schema `reader`), in a database of the
 * team that reads (platform/run-migrations.ts). Every team calls it in its own set-up; several in one
 * database are fine.
 *
 * @returns the names of the migrations applied by this call
 */
export function migrateReader(databaseUrl: string): Promise<string[]> {
  return runMigrations(databaseUrl, FOLDER, 'reader_migrations');
}
