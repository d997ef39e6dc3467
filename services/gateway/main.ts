import { loadConfig } from '../shared/platform/config.ts';
import { runService } from '../shared/platform/run-service.ts';
import { GatewayConfig } from './config.ts';
import { startGateway } from './start-gateway.ts';

await runService('gateway', process.env['LOG_LEVEL'], (log) =>
  startGateway(loadConfig(GatewayConfig, process.env), log));
