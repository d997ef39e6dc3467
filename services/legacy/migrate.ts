import { runMigrations } from '../shared/platform/run-migrations.ts';
import type { MigrationLog } from '../shared/platform/run-migrations.ts';

const FOLDER = new URL('./migrations', import.meta.url);

/**
 * Brings the legacy database to the schema that this code expects (platform/run-migrations.ts). Called by the
 * set-up before the services start, never by a service that is selling.
 *
 * @param databaseUrl `postgres://…` of the legacy database
 * @returns the names of the migrations applied by this call, oldest first; empty when there was nothing to do
 * @throws when the database cannot be reached or a migration fails; then none of this call's migrations stays
 */
export async function migrate(databaseUrl: string, log: MigrationLog): Promise<string[]> {
  const names = await runMigrations(databaseUrl, FOLDER, 'legacy_migrations');
  if (names.length > 0) log.info({ migrations: names }, 'legacy database migrated');
  return names;
}
