import closeWithGrace from 'close-with-grace';
import { createLog } from './log.ts';
import type { Log } from './log.ts';

/** How long a service may drain before it is ended. */
const DRAIN_MS_MAX = 10_000;

export interface RunningService {
  /** drains and closes all that the service opened; can be called twice */
  stop(): Promise<void>;
  url?: string;
  /** resolves with the reason when it cannot go on */
  failed?: Promise<Error>;
}

/**
 * The frame of every `main.ts`: starts the service, logs one line with its `url` when it is up, drains on
 * SIGINT and SIGTERM, and exits 1 with one sentence when it cannot start. An uncaught error is logged, then
 * the service drains and exits 1, for the supervisor to start it anew; so is the reason of one that `failed`.
 */
export async function runService(
  name: string,
  level: string | undefined,
  start: (log: Log) => Promise<RunningService>,
): Promise<void> {
  const log = createLog({ name, level: level ?? 'info' });
  let service: RunningService | undefined;
  closeWithGrace({ delay: DRAIN_MS_MAX, logger: false }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'stopped by an uncaught error');
    else log.info({ signal }, 'stopping');
    await service?.stop();
    log.info('stopped');
  });
  try {
    service = await start(log);
  } catch (error) {
    log.fatal({ err: error }, `${name} could not start: ${(error as Error).message}`);
    process.exit(1);
  }
  log.info({ url: service.url }, `${name} is up`);
  void service.failed?.then((error) => {
    throw error;
  });
}
