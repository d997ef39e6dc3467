import { loadConfig } from '../../services/shared/platform/config.ts';
import { runService } from '../../services/shared/platform/run-service.ts';
import { RelayConfig } from '../../services/relay/config.ts';
import { startRelay } from '../../services/relay/start-relay.ts';

/** The relay as it is. */
await runService('relay', process.env['LOG_LEVEL'], (log) =>
  startRelay(loadConfig(RelayConfig, process.env), log));
