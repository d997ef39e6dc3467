import { readCredentials } from '../shared/platform/credentials.ts';
import { createHttp } from '../shared/platform/http-server.ts';
import { connectFanOut, connectKinesis } from '../shared/platform/kinesis.ts';
import type { Log } from '../shared/platform/log.ts';
import { registerHealth } from '../shared/platform/metrics.ts';
import { connectPg, isPgAway, loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { handleError, sendProblem } from '../shared/platform/problem.ts';
import type { RunningService } from '../shared/platform/run-service.ts';
import { serve } from '../shared/platform/serve.ts';
import { createAddressGuard } from '../shared/platform/webhooks/address-guard.ts';
import { createWebhookSender } from '../shared/platform/webhooks/send-webhook.ts';
import { workerDatabaseOf } from './config.ts';
import type { WorkerConfig } from './config.ts';
import { Deliverer } from './deliverer.ts';
import { createDeliveryWatch } from './delivery-watch.ts';
import { EventQueue } from './event-queue.ts';
import { startJobs } from './jobs/start-jobs.ts';
import { LaneTable } from './lane-table.ts';
import { registerChoices } from './routes/register-choices.ts';
import { registerTickets } from './routes/register-tickets.ts';
import type { TicketRoutes } from './routes/register-tickets.ts';
import { registerUnmatched } from './routes/register-unmatched.ts';
import { registerWebhooks } from './routes/register-webhooks.ts';
import type { WebhookRoutes } from './routes/register-webhooks.ts';
import { StoredLog } from './stored-log.ts';
import { createWebhookReader } from './webhook-reader.ts';
import { createWebhookSecrets } from './webhook-secrets.ts';
import { WebhookTable } from './webhook-table.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

/** Lanes need one for moments only: 8 carry some thousand deliveries a second. */
const DELIVERY_CONNECTIONS = 8;
/** One transaction per shard that is being read at once, more wait. */
const QUEUE_CONNECTIONS = 4;
const LEASE_CONNECTIONS = 2;
const EVENT_STORE_CONNECTIONS = 4;
/** From the end of an attempt's time until its lane may be taken by somebody else. */
const LANE_SLACK_MS = 5_000;
const checkSql = loadSql(import.meta.url, './sql/check-database.sql');

/**
 * Starts the worker with its API. It is up at once and ready when it reads; while a database or the stream is
 * away it waits, answers 503 and says so in /health/ready.
 *
 * @throws Error when the configuration is wrong or the port is taken
 */
export async function startWorker(config: WorkerConfig, log: Log): Promise<RunningService> {
  const credentials = readCredentials(config.ADMIN_CREDENTIALS);
  const guard = createAddressGuard(config.WEBHOOK_PRIVATE_NETWORKS);
  const secrets = createWebhookSecrets(config.WEBHOOK_SECRET);
  const metrics = createWorkerMetrics();
  const jobs = await startJobs(config, metrics, log);
  const pools = connectPools(config, log);
  const bus = { region: config.AWS_REGION, endpoint: config.KINESIS_ENDPOINT };
  const kinesis = connectKinesis(bus);
  const fanOut = config.BUS_FAN_OUT ? connectFanOut(bus) : undefined;
  const stored = new StoredLog(pools.events);
  const leaseMs = config.WEBHOOK_TIMEOUT_MS + LANE_SLACK_MS;
  const sender = createWebhookSender({ guard, timeoutMs: config.WEBHOOK_TIMEOUT_MS });
  const deliverer = new Deliverer({
    table: new LaneTable({ pool: pools.deliveries, stored, leaseMs }), sender, secrets, metrics, log,
    perWebhookMax: config.WEBHOOK_LANES_MAX, retryMsMin: config.WEBHOOK_RETRY_MS_MIN,
    retryMsMax: config.WEBHOOK_RETRY_MS_MAX, giveUpMs: config.WEBHOOK_GIVE_UP_MS,
  });
  const onDue = (): void => deliverer.wake();
  const queue = new EventQueue({ pool: pools.queue, stored, metrics, log, onQueued: onDue });
  const reader = createWebhookReader({ config, kinesis, fanOut, leases: pools.leases, queue, log });
  const watch = createDeliveryWatch({ pool: pools.leases, metrics, keepDays: config.WEBHOOK_KEEP_DAYS });
  const app = createWorkerHttp(
    { table: new WebhookTable(pools.deliveries), stored, secrets, guard, credentials, onDue, log },
    { ...jobs, doorKey: config.DOOR_KEY, credentials, log },
    async () => [
      ...await check(pools.queue), ...reader.troubles(), ...deliverer.troubles(), ...jobs.troubles(),
    ],
  );
  for (const part of [reader, deliverer, watch]) part.start();
  return serve(app, config, async () => {
    await Promise.all([reader.stop(), deliverer.stop(), watch.stop(), app.close()]);
    await jobs.stop();
    sender.close();
    await Promise.all(Object.values(pools).map((pool) => pool.end()));
    kinesis.destroy();
    fanOut?.destroy();
  });
}

function connectPools(config: WorkerConfig, log: Log) {
  const own = workerDatabaseOf(config);
  const eventStore = config.EVENT_STORE_URL ?? config.DATABASE_URL;
  return {
    deliveries: connectPg(own, { name: 'worker-deliveries', log, poolMax: DELIVERY_CONNECTIONS }),
    queue: connectPg(own, { name: 'worker-queue', log, poolMax: QUEUE_CONNECTIONS }),
    leases: connectPg(own, { name: 'worker-leases', log, poolMax: LEASE_CONNECTIONS }),
    events: connectPg(eventStore, { name: 'worker-events', log, poolMax: EVENT_STORE_CONNECTIONS }),
  };
}

function createWorkerHttp(
  routes: WebhookRoutes, tickets: TicketRoutes, ready: () => Promise<string[]>,
) {
  const app = createHttp({ log: routes.log });
  registerHealth(app, { ready });
  app.register(async (scope) => {
    scope.setErrorHandler((error: Parameters<typeof handleError>[0], request, reply) =>
      isPgAway(error) ? sendProblem(reply, 'unavailable') : handleError(error, request, reply));
    registerWebhooks(scope, routes);
    registerTickets(scope, tickets);
    registerUnmatched(scope, tickets);
    registerChoices(scope, tickets);
  });
  return app;
}

async function check(pool: Pool): Promise<string[]> {
  try {
    await pool.query(checkSql);
    return [];
  } catch (error) {
    return [`database: ${(error as Error).message}`];
  }
}
