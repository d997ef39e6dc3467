import { loadConfig } from '../shared/platform/config.ts';
import { createLog } from '../shared/platform/log.ts';
import { PrepareConfig, workerDatabaseOf } from './config.ts';
import { migrate } from './migrate.ts';

// Migrates the worker's tables, then ends: `node services/worker/prepare-main.ts` with the addresses of the
// databases. Exit code 1 with one sentence when it cannot.
const log = createLog({ name: 'worker-prepare', level: process.env['LOG_LEVEL'] ?? 'info' });
try {
  const config = loadConfig(PrepareConfig, process.env);
  await migrate(workerDatabaseOf(config), log, config.DATABASE_URL);
} catch (error) {
  log.fatal({ err: error }, `the worker's tables cannot be migrated: ${(error as Error).message}`);
  process.exitCode = 1;
}
