import { Client } from 'pg';
import { migrateJobs } from '../shared/platform/migrate-jobs.ts';
import { migrateReader } from '../shared/platform/reader/migrate-reader.ts';
import { runMigrations } from '../shared/platform/run-migrations.ts';
import type { MigrationLog } from '../shared/platform/run-migrations.ts';
import { migrateStreamOutbox } from '../shared/stream-outbox/migrate-stream-outbox.ts';
import { prepareReadModel } from './projections/read-model-versions.ts';
import { READ_MODELS } from './projections/read-models/read-models.ts';

const EVENT_STORE = new URL('./migrations/event-store', import.meta.url);
const PROJECTION = new URL('./migrations/projection', import.meta.url);

/**
 * Brings event store, reader's leases and the projection's tables to the schema that this code expects
 * (platform/run-migrations.ts), and makes the tables of read models that are new and the queue of jobs.
 * Called by the set-up before the services start. The two may be in one database or in two.
 *
 * @param databaseUrl of the legacy database, which has the projection's positions
 * @param eventStoreUrl of the event store
 * @returns the names of the migrations applied by this call
 * @throws when a database cannot be reached or a migration fails; none of its folder's migrations stays then
 */
export async function migrate(
  databaseUrl: string,
  log: MigrationLog,
  eventStoreUrl: string = databaseUrl,
): Promise<string[]> {
  const names = [
    // First: the event store's own positions are kept there.
    ...await migrateReader(eventStoreUrl),
    ...await runMigrations(eventStoreUrl, EVENT_STORE, 'event_store_migrations'),
    ...await runMigrations(databaseUrl, PROJECTION, 'projection_migrations'),
    // Both have acts of operators to tell of.
    ...await migrateStreamOutbox(eventStoreUrl),
    ...await migrateStreamOutbox(databaseUrl),
  ];
  await prepareReadModels(databaseUrl);
  await migrateJobs(databaseUrl);
  if (names.length > 0) log.info({ migrations: names }, 'event store and projection migrated');
  return names;
}

async function prepareReadModels(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  // What breaks under a statement rejects that statement; without a handler it would end the process as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (const model of READ_MODELS) {
      await client.query('BEGIN');
      await prepareReadModel(client, model);
      await client.query('COMMIT');
    }
  } finally {
    await client.end();
  }
}
