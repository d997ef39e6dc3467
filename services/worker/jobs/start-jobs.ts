import type { Log } from '../../shared/platform/log.ts';
import { connectPg } from '../../shared/platform/pg.ts';
import type { WorkerConfig } from '../config.ts';
import type { TicketRoutes } from '../routes/register-tickets.ts';
import type { WorkerMetrics } from '../worker-metrics.ts';
import { JobQueue } from './job-queue.ts';
import { createJobWatch } from './job-watch.ts';
import { createMailTransport } from './mail-transport.ts';
import { makeTickets } from './make-tickets.ts';
import { sendTicketMail } from './send-mail.ts';
import { readTicketKeys } from './ticket-token.ts';

/** The jobs of orders, and what the routes need of them. */
export interface Jobs extends Pick<TicketRoutes, 'pool' | 'keys'> {
  /** What keeps them from being done, a sentence each. */
  troubles(): string[];
  /** Lets the jobs under way end. Can be called twice. */
  stop(): Promise<void>;
}

/** A job needs one; the queue listens with another, looks for jobs, and the routes ask. */
const CONNECTIONS_BESIDE_JOBS = 4;

/**
 * Starts to work on jobs in the background; PostgreSQL or the mail server being away delays them.
 *
 * @throws Error when the configuration is wrong
 */
export async function startJobs(config: WorkerConfig, metrics: WorkerMetrics, log: Log): Promise<Jobs> {
  const keys = await readTicketKeys(config.TICKET_KEYS);
  const { JOBS_AT_ONCE: atOnce, MAIL_FROM: from } = config;
  const pool = connectPg(config.DATABASE_URL, {
    name: 'worker-jobs', log, poolMax: atOnce + CONNECTIONS_BESIDE_JOBS,
  });
  const transport = createMailTransport({
    smtpUrl: config.SMTP_URL, folder: config.MAIL_FOLDER, connectionsMax: atOnce,
  });
  const queue = new JobQueue({
    pool, atOnce, leaseMs: config.LEASE_MS, metrics, log,
    perform: {
      'make-tickets': (job) => makeTickets({ pool, keys }, job),
      'send-mail': (job) => sendTicketMail({ pool, transport, from }, job),
    },
  });
  const watch = createJobWatch({ pool, metrics });
  queue.start();
  watch.start();
  let stopped: Promise<void> | undefined;

  async function close(): Promise<void> {
    await Promise.all([queue.stop(), watch.stop()]);
    transport.close();
    await pool.end();
  }

  return {
    pool, keys,
    troubles: () => queue.troubles(),
    stop() {
      stopped ??= close();
      return stopped;
    },
  };
}
