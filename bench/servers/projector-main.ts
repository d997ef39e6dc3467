import { loadConfig } from '../../services/shared/platform/config.ts';
import { runService } from '../../services/shared/platform/run-service.ts';
import { ProjectorConfig } from '../../services/projector/config.ts';
import { startProjector } from '../../services/projector/start-projector.ts';

/** The projector as it is. */
await runService('projector', process.env['LOG_LEVEL'], (log) =>
  startProjector(loadConfig(ProjectorConfig, process.env), log));
