import { loadConfig } from '../shared/platform/config.ts';
import { createLog } from '../shared/platform/log.ts';
import { PrepareConfig } from './config.ts';
import { migrate } from './migrate.ts';

// Migrates the provider's tables, then ends: `node services/sandbox/prepare-main.ts`. Exit code 1 with one
// sentence when it cannot.
const log = createLog({ name: 'sandbox-prepare', level: process.env['LOG_LEVEL'] ?? 'info' });
try {
  await migrate(loadConfig(PrepareConfig, process.env).SANDBOX_DATABASE_URL, log);
} catch (error) {
  log.fatal({ err: error }, `the sandbox's tables cannot be migrated: ${(error as Error).message}`);
  process.exitCode = 1;
}
