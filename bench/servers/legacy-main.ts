import { LegacyConfig } from '../../services/legacy/config.ts';
import { startLegacy } from '../../services/legacy/start-legacy.ts';
import { loadConfig } from '../../services/shared/platform/config.ts';
import { runService } from '../../services/shared/platform/run-service.ts';

/** The legacy application with its CMS as it is. */
await runService('legacy', process.env['LOG_LEVEL'], (log) =>
  startLegacy(loadConfig(LegacyConfig, process.env), log));
