import { GatewayConfig } from '../../services/gateway/config.ts';
import { startGateway } from '../../services/gateway/start-gateway.ts';
import { loadConfig } from '../../services/shared/platform/config.ts';
import { runService } from '../../services/shared/platform/run-service.ts';

/** The gateway as it is. */
await runService('gateway', process.env['LOG_LEVEL'], (log) =>
  startGateway(loadConfig(GatewayConfig, process.env), log));
