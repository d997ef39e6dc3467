import { chainSales } from '../shared/event-store/chain-events.ts';
import { loadConfig } from '../shared/platform/config.ts';
import { createLog } from '../shared/platform/log.ts';
import { connectPg } from '../shared/platform/pg.ts';
import { PrepareConfig } from './config.ts';
import { migrate } from './migrate.ts';

// Migrates event store and projection, then ends: `node services/projector/prepare-main.ts` with
// DATABASE_URL, and EVENT_STORE_URL if that is another database. Exit code 1 with one sentence when it
// cannot. Events that were stored before there were digests are completed, 2,000 per transaction; what is
// ended in the middle goes on the next time, or in a projector.
const log = createLog({ name: 'projector-prepare', level: process.env['LOG_LEVEL'] ?? 'info' });
try {
  const config = loadConfig(PrepareConfig, process.env);
  const eventStoreUrl = config.EVENT_STORE_URL ?? config.DATABASE_URL;
  await migrate(config.DATABASE_URL, log, eventStoreUrl);
  const pool = connectPg(eventStoreUrl, { name: 'projector-prepare', log, poolMax: 1 });
  try {
    let isChanged = true;
    while (isChanged) isChanged = await chainSales(pool);
  } finally {
    await pool.end();
  }
} catch (error) {
  log.fatal({ err: error }, `event store and projection cannot be migrated: ${(error as Error).message}`);
  process.exitCode = 1;
}
