/**
 * Migrates and seeds the legacy database, then ends: the set-up runs it before the services start. With
 * nothing to do it takes a fraction of a second and changes nothing. Reads DATABASE_URL and LOG_LEVEL.
 */
import { loadConfig } from '../shared/platform/config.ts';
import { createLog } from '../shared/platform/log.ts';
import { connectPg } from '../shared/platform/pg.ts';
import { LegacyConfig } from './config.ts';
import { migrate } from './migrate.ts';
import { seed } from './seed.ts';

try {
  const config = loadConfig(LegacyConfig, process.env);
  const log = createLog({ name: 'legacy-prepare', level: config.LOG_LEVEL });
  await migrate(config.DATABASE_URL, log);
  const limits = { poolMax: 1, statementMs: 60_000 };
  const pool = connectPg(config.DATABASE_URL, { name: 'legacy-prepare', log, ...limits });
  try {
    const shows = await seed(pool);
    if (shows.length > 0) log.info({ shows }, 'shows added');
  } finally {
    await pool.end();
  }
} catch (error) {
  process.stderr.write(`The legacy database could not be prepared: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
