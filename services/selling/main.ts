import { loadConfig } from '../shared/platform/config.ts';
import { runService } from '../shared/platform/run-service.ts';
import { SellingConfig } from './config.ts';
import { startSelling } from './start-selling.ts';

await runService('selling', process.env['LOG_LEVEL'], (log) =>
  startSelling(loadConfig(SellingConfig, process.env), log));
