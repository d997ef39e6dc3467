import { loadConfig } from '../shared/platform/config.ts';
import { runService } from '../shared/platform/run-service.ts';
import { SandboxConfig } from './config.ts';
import { startSandbox } from './start-sandbox.ts';

await runService('sandbox', process.env['LOG_LEVEL'], (log) =>
  startSandbox(loadConfig(SandboxConfig, process.env), log));
