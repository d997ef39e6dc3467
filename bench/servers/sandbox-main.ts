import { loadConfig } from '../../services/shared/platform/config.ts';
import { runService } from '../../services/shared/platform/run-service.ts';
import { SandboxConfig } from '../../services/sandbox/config.ts';
import { startSandbox } from '../../services/sandbox/start-sandbox.ts';

/** The sandbox payment provider as it is. */
await runService('sandbox', process.env['LOG_LEVEL'], (log) =>
  startSandbox(loadConfig(SandboxConfig, process.env), log));
