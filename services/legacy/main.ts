import { loadConfig } from '../shared/platform/config.ts';
import { runService } from '../shared/platform/run-service.ts';
import { LegacyConfig } from './config.ts';
import { startLegacy } from './start-legacy.ts';

const { env } = process;
await runService('legacy', env['LOG_LEVEL'], (log) => startLegacy(loadConfig(LegacyConfig, env), log));
