import { loadConfig } from '../shared/platform/config.ts';
import { createLog } from '../shared/platform/log.ts';
import { PrepareConfig } from './config.ts';
import { migrate } from './migrate.ts';

// Migrates event store and projection, then ends: `node services/projector/prepare-main.ts` with
// DATABASE_URL, and EVENT_STORE_URL if that is another database. Exit code 1 with one sentence when it
// cannot.
const log = createLog({ name: 'projector-prepare', level: process.env['LOG_LEVEL'] ?? 'info' });
try {
  const config = loadConfig(PrepareConfig, process.env);
  await migrate(config.DATABASE_URL, log, config.EVENT_STORE_URL ?? config.DATABASE_URL);
} catch (error) {
  log.fatal({ err: error }, `event store and projection cannot be migrated: ${(error as Error).message}`);
  process.exitCode = 1;
}
