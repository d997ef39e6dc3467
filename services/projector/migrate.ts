import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

/**
 * Brings the event store and the projection's tables to the schema that this code expects. Forward only,
 * safe to call at any time and from several processes at once (an advisory lock lets one work, the others
 * find nothing to do). Called by the set-up before the services start. The two may be in one database or in
 * two.
 */
export interface MigrationLog {
  info(fields: object, sentence: string): void;
}

/**
 * Applies what is missing.
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
    ...await apply(eventStoreUrl, './migrations/event-store', 'event_store_migrations'),
    ...await apply(databaseUrl, './migrations/projection', 'projection_migrations'),
  ];
  if (names.length > 0) log.info({ migrations: names }, 'event store and projection migrated');
  return names;
}

async function apply(url: string, folder: string, migrationsTable: string): Promise<string[]> {
  const applied = await runner({
    databaseUrl: { connectionString: url, connectionTimeoutMillis: 10_000 },
    dir: fileURLToPath(new URL(folder, import.meta.url)),
    migrationsTable,
    direction: 'up',
    count: Infinity,
    checkOrder: true,
    singleTransaction: true,
    advisoryLockMode: 'wait',
    verbose: false,
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  return applied.map(({ name }) => name);
}

/** The runner prints whole SQL texts; what matters of a failure is in the error it throws. */
function ignore(): void {
  return;
}
