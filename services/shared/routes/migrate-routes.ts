import { runMigrations } from '../platform/run-migrations.ts';
import { migrateStreamOutbox } from '../stream-outbox/migrate-stream-outbox.ts';

const FOLDER = new URL('./migrations', import.meta.url);

/**
 * Makes the table of routes in the legacy database, which has its own tables already
 * (platform/run-migrations.ts). Called by the set-up before the services start.
 *
 * @returns the names of the migrations applied by this call
 */
export async function migrateRoutes(databaseUrl: string): Promise<string[]> {
  return [
    ...await migrateStreamOutbox(databaseUrl),
    ...await runMigrations(databaseUrl, FOLDER, 'route_migrations'),
  ];
}
