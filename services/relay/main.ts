import { loadConfig } from '../shared/platform/config.ts';
import { runService } from '../shared/platform/run-service.ts';
import { RelayConfig } from './config.ts';
import { startRelay } from './start-relay.ts';

await runService('relay', process.env['LOG_LEVEL'], async (log) =>
  startRelay(loadConfig(RelayConfig, process.env), log));
