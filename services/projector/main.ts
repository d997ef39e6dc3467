import { loadConfig } from '../shared/platform/config.ts';
import { runService } from '../shared/platform/run-service.ts';
import { ProjectorConfig } from './config.ts';
import { startProjector } from './start-projector.ts';

await runService('projector', process.env['LOG_LEVEL'], (log) =>
  startProjector(loadConfig(ProjectorConfig, process.env), log));
