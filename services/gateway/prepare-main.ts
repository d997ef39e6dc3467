import { loadConfig } from '../shared/platform/config.ts';
import { createLog } from '../shared/platform/log.ts';
import { PrepareConfig } from './config.ts';
import { migrate } from './migrate.ts';

// Makes the table of routes, then ends: `node services/gateway/prepare-main.ts` with DATABASE_URL, after the
// legacy application's own. Exit code 1 with one sentence when it cannot.
const log = createLog({ name: 'gateway-prepare', level: process.env['LOG_LEVEL'] ?? 'info' });
try {
  await migrate(loadConfig(PrepareConfig, process.env).DATABASE_URL, log);
} catch (error) {
  log.fatal({ err: error }, `the routes cannot be migrated: ${(error as Error).message}`);
  process.exitCode = 1;
}
