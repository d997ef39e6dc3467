import { Logger, runMigrations } from 'graphile-worker';

const silent = new Logger(() => () => undefined);

/**
 * Brings the queue of jobs (schema `graphile_worker`) to what the library of this version expects. Both who
 * enqueues and who works calls it: either may be deployed first. Safe to call at any time and from several
 * processes at once.
 *
 * @param databaseUrl of the legacy database, so that a job is enqueued in the transaction of its cause
 * @throws when the database cannot be reached or a migration fails
 */
export async function migrateJobs(databaseUrl: string): Promise<void> {
  await runMigrations({ connectionString: databaseUrl, maxPoolSize: 2, logger: silent });
}
