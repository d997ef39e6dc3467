import { loadConfig } from '../shared/platform/config.ts';
import { runService } from '../shared/platform/run-service.ts';
import { WorkerConfig } from './config.ts';
import { startWorker } from './start-worker.ts';

await runService('worker', process.env['LOG_LEVEL'], (log) =>
  startWorker(loadConfig(WorkerConfig, process.env), log));
