import type { MigrationLog } from '../shared/platform/run-migrations.ts';
import { migrateRoutes } from '../shared/routes/migrate-routes.ts';

/**
 * Makes the table of routes in the legacy database, behind the legacy application's own migrations
 * (platform/run-migrations.ts).
 *
 * @returns the names of the migrations applied by this call
 */
export async function migrate(databaseUrl: string, log: MigrationLog): Promise<string[]> {
  const names = await migrateRoutes(databaseUrl);
  if (names.length > 0) log.info({ migrations: names }, 'routes migrated');
  return names;
}
