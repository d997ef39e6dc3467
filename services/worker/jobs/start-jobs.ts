import type { Log } from '../../shared/platform/log.ts';
import { openProviders } from '../../shared/payments/open-providers.ts';
import type { PaymentProvider } from '../../shared/payments/provider.ts';
import type { Repeating } from '../../shared/platform/repeat.ts';
import { connectPg } from '../../shared/platform/pg.ts';
import type { WorkerConfig } from '../config.ts';
import type { TicketRoutes } from '../routes/register-tickets.ts';
import type { WorkerMetrics } from '../worker-metrics.ts';
import { JobQueue } from './job-queue.ts';
import { giveBack } from './give-back.ts';
import { createReconciler } from '../payments/reconcile.ts';
import { createJobWatch } from './job-watch.ts';
import { createMailTransport } from './mail-transport.ts';
import { makeTickets } from './make-tickets.ts';
import { sendTicketMail } from './send-mail.ts';
import { createReporter } from './report-payments.ts';
import type { ReportPayments } from './report-payments.ts';
import type { Post } from './send-mail.ts';
import { tellCancelled } from './tell-cancelled.ts';
import { createRecallWork } from '../recalls/recall-work.ts';
import { openSellingDesk } from '../recalls/selling-desk.ts';
import { readTicketKeys } from './ticket-token.ts';

/** The jobs of orders, and what the routes need of them. */
export interface Jobs extends Pick<TicketRoutes, 'pool' | 'keys'> {
  /** What keeps them from being done, a sentence each. */
  troubles(): string[];
  /** Lets the jobs under way end. Can be called twice. */
  stop(): Promise<void>;
}

/**
 * A job needs one; the queue listens with another, looks for jobs, payments are compared, recalled shows are
 * worked on, the routes ask.
 */
const CONNECTIONS_BESIDE_JOBS = 8;

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
  const providers = openProviders(config);
  const report = reporterOf(config, providers);
  const queue = new JobQueue({
    pool, atOnce, leaseMs: config.LEASE_MS, metrics, log,
    perform: {
      'make-tickets': (job) => makeTickets({ pool, keys }, job),
      'send-mail': (job) => sendTicketMail({ pool, transport, from }, job),
      'tell-cancelled': (job) => tellCancelled({ pool, transport, from }, keys, job),
      'give-back': (job) => giveBack({ providers, report }, job),
    },
  });
  const watch = createJobWatch({ pool, metrics });
  const reconciler = createReconciler({
    pool, providers, report, everyMs: config.RECONCILE_MS, metrics, log,
  });
  const recalls = recallsOf(config, { pool, transport, from }, metrics, log);
  for (const part of [queue, watch, reconciler, recalls]) part?.start();
  let stopped: Promise<void> | undefined;

  async function close(): Promise<void> {
    await Promise.all([queue.stop(), watch.stop(), reconciler.stop(), recalls?.stop()]);
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

/** Undefined where selling cannot be asked. */
function recallsOf(
  config: WorkerConfig, post: Post, metrics: WorkerMetrics, log: Log,
): Repeating | undefined {
  const { SELLING_URL: url, SELLING_TOKEN: token, CHOICES_URL, HOST, PORT } = config;
  if (url === undefined || token === undefined) return undefined;
  const choicesUrl = (CHOICES_URL ?? `http://${HOST}:${PORT}`).replace(/\/$/, '');
  const selling = openSellingDesk({ url, token });
  return createRecallWork({ pool: post.pool, post, selling, choicesUrl, metrics, log });
}

function reporterOf(
  { SELLING_URL: url, SELLING_TOKEN: token }: WorkerConfig, providers: readonly PaymentProvider[],
): ReportPayments {
  if (url !== undefined && token !== undefined) return createReporter({ url, token });
  if (providers.length > 0) throw new Error('a payment provider needs SELLING_URL and SELLING_TOKEN');
  return () => Promise.reject(new Error('SELLING_URL and SELLING_TOKEN are not set'));
}
