import { migrateJobs } from '../shared/platform/migrate-jobs.ts';
import { migrateReader } from '../shared/platform/reader/migrate-reader.ts';
import { runMigrations } from '../shared/platform/run-migrations.ts';
import type { MigrationLog } from '../shared/platform/run-migrations.ts';
import { migrateStreamOutbox } from '../shared/stream-outbox/migrate-stream-outbox.ts';

const WEBHOOKS = new URL('./migrations', import.meta.url);
const TICKETING = new URL('./jobs/migrations', import.meta.url);

/**
 * Brings the worker's tables, with the reader's leases and the queue of jobs, to the schema that this code
 * expects (platform/run-migrations.ts). Called by the set-up before the services start.
 *
 * @param databaseUrl of webhooks and leases
 * @param legacyUrl of the orders, where jobs and what comes of them are
 * @returns the names of the migrations applied by this call
 * @throws when the database cannot be reached or a migration fails; none of its folder stays then
 */
export async function migrate(
  databaseUrl: string,
  log: MigrationLog,
  legacyUrl: string = databaseUrl,
): Promise<string[]> {
  const names = [
    ...await migrateReader(databaseUrl),
    ...await migrateStreamOutbox(databaseUrl),
    ...await runMigrations(databaseUrl, WEBHOOKS, 'webhook_migrations'),
    ...await runMigrations(legacyUrl, TICKETING, 'ticketing_migrations'),
  ];
  await migrateJobs(legacyUrl);
  if (names.length > 0) log.info({ migrations: names }, 'webhooks and tickets migrated');
  return names;
}
