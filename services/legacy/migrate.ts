/**
 * Brings the legacy database to the schema that this code expects.
 *
 * Forward only: plain SQL files, each applied once, in order, all of them in one transaction. Safe to call at
 * any time and from several processes at once: an advisory lock lets one work while the others wait and then
 * find nothing to do. Called by the set-up before the services start, never by a service that is selling.
 */
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

/** What `migrate` tells about its progress: one sentence each. */
export interface MigrationLog {
  info(fields: object, sentence: string): void;
}

/**
 * Applies the migrations of `services/legacy/migrations` that the database does not have yet.
 *
 * @param databaseUrl `postgres://…` of the legacy database
 * @returns the names of the migrations applied by this call, oldest first; empty when there was nothing to do
 * @throws when the database cannot be reached or a migration fails; then none of this call's migrations stays
 */
export async function migrate(databaseUrl: string, log: MigrationLog): Promise<string[]> {
  const applied = await runner({
    databaseUrl: { connectionString: databaseUrl, connectionTimeoutMillis: 10_000 },
    dir: fileURLToPath(new URL('./migrations', import.meta.url)),
    migrationsTable: 'legacy_migrations',
    direction: 'up',
    count: Infinity,
    checkOrder: true,
    singleTransaction: true,
    advisoryLockMode: 'wait',
    verbose: false,
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  const names = applied.map((migration) => migration.name);
  if (names.length > 0) log.info({ migrations: names }, 'legacy database migrated');
  return names;
}

/** The runner prints whole SQL texts; what matters of a failure is in the error it throws. */
function ignore(): void {
  return;
}
