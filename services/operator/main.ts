import { loadConfig } from '../shared/platform/config.ts';
import { runService } from '../shared/platform/run-service.ts';
import { OperatorConfig } from './config.ts';
import { startOperator } from './start-operator.ts';

await runService('operator', process.env['LOG_LEVEL'], (log) =>
  startOperator(loadConfig(OperatorConfig, process.env), log));
