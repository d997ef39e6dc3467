import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { Client } from 'pg';

/** What migrating tells about its progress: one sentence each. */
export interface MigrationLog {
  info(fields: object, sentence: string): void;
}

const CONNECT_MS_MAX = 10_000;

/**
 * Applies the `.sql` files of a folder that a database does not have yet. Forward only: each once, in order,
 * all of them in one transaction. Safe to call at any time and from several processes at once: an advisory
 * lock lets one work while the others wait and then find nothing to do. The connection is closed, on the
 * server as well, before this returns: whoever calls may drop the database.
 *
 * @param databaseUrl `postgres://…`
 * @param table that says which were applied
 * @returns the names of the migrations applied by this call, oldest first
 * @throws when the database cannot be reached or a migration fails; none of this call's migrations stays then
 */
export async function runMigrations(databaseUrl: string, folder: URL, table: string): Promise<string[]> {
  const dbClient = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_MS_MAX });
  // What breaks under a statement rejects that statement; without a handler it would end the process as well.
  dbClient.on('error', ignore);
  await dbClient.connect();
  try {
    const applied = await runner({
      // The runner's own connection it would not wait for at the end.
      dbClient,
      dir: fileURLToPath(folder),
      migrationsTable: table,
      direction: 'up',
      count: Infinity,
      checkOrder: true,
      singleTransaction: true,
      advisoryLockMode: 'wait',
      verbose: false,
      logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    });
    return applied.map(({ name }) => name);
  } finally {
    await dbClient.end();
  }
}

/** The runner prints whole SQL texts; what matters of a failure is in the error it throws. */
function ignore(): void {
  return;
}
