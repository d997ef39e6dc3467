import { runMigrations } from '../shared/platform/run-migrations.ts';
import type { MigrationLog } from '../shared/platform/run-migrations.ts';

const FOLDER = new URL('./migrations', import.meta.url);

/**
 * Brings the provider's tables to the schema that this code expects (platform/run-migrations.ts). Called by
 * the set-up before the service starts.
 *
 * @returns the names of the migrations applied by this call
 * @throws when the database cannot be reached or a migration fails; none stays then
 */
export async function migrate(databaseUrl: string, log: MigrationLog): Promise<string[]> {
  const names = await runMigrations(databaseUrl, FOLDER, 'sandbox_migrations');
  if (names.length > 0) log.info({ migrations: names }, 'sandbox migrated');
  return names;
}
