import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import { createHttp } from '../shared/platform/http-server.ts';
import type { Log } from '../shared/platform/log.ts';
import { registerHealth } from '../shared/platform/metrics.ts';
import { connectPg, loadSql } from '../shared/platform/pg.ts';
import type { RunningService } from '../shared/platform/run-service.ts';
import { serve } from '../shared/platform/serve.ts';
import { createWebhookSender } from '../shared/platform/webhooks/send-webhook.ts';
import { keyOfSecret } from '../shared/platform/webhooks/sign-webhook.ts';
import { createClerk } from './clerk.ts';
import type { SandboxConfig } from './config.ts';
import { Deliverer } from './deliverer.ts';
import { answerPgAway, openMerchantScope } from './merchant-scope.ts';
import { Outage } from './outage.ts';
import { PaymentTable } from './payment-table.ts';
import { RefundTable } from './refund-table.ts';
import { obeyOutage, registerOutage } from './routes/register-outage.ts';
import { registerPages } from './routes/register-pages.ts';
import { registerPayments } from './routes/register-payments.ts';
import { registerRefunds } from './routes/register-refunds.ts';
import { WebhookTable } from './webhook-table.ts';

const REQUEST_CONNECTIONS = 8;
const WORK_CONNECTIONS = 6;
const checkSql = loadSql(import.meta.url, './sql/check-database.sql');

/**
 * Starts the sandbox payment provider: an outsider with its own state, its own words and its own key, which
 * knows nothing of who uses it. What it has answered is in its database; any number of processes can share
 * that. While the database is away it answers 503 and says so in /health/ready.
 *
 * @throws Error when the configuration is wrong or the port is taken
 */
export async function startSandbox(config: SandboxConfig, log: Log): Promise<RunningService> {
  const key = keyOfSecret(config.SANDBOX_WEBHOOK_SECRET);
  const url = config.SANDBOX_DATABASE_URL;
  const requests = connectPg(url, { name: 'sandbox-requests', log, poolMax: REQUEST_CONNECTIONS });
  const work = connectPg(url, { name: 'sandbox-work', log, poolMax: WORK_CONNECTIONS });
  const outage = new Outage(work);
  // Whoever has the secret key is its operator too, and names receivers in networks of their own.
  const sender = createWebhookSender({ timeoutMs: config.SANDBOX_TIMEOUT_MS });
  const deliverer = new Deliverer({
    table: new WebhookTable(work), sender, outage, key, timeoutMs: config.SANDBOX_TIMEOUT_MS, log,
    retryMsMin: config.SANDBOX_RETRY_MS_MIN, retryMsMax: config.SANDBOX_RETRY_MS_MAX,
    giveUpMs: config.SANDBOX_GIVE_UP_MS,
  });
  const onTold = (): void => deliverer.wake();
  const payments = new PaymentTable(requests);
  const refunds = new RefundTable(requests);
  const webhooks = new WebhookTable(requests);
  const clerk = createClerk({
    payments: new PaymentTable(work), refunds: new RefundTable(work), outage, onTold, log,
  });
  const onDue = (): void => clerk.wake();
  const app = await createSandboxHttp(log, async () => {
    try {
      await requests.query(checkSql);
      return outage.isKnown ? [] : ['outage: not looked up yet'];
    } catch (error) {
      return [`database: ${(error as Error).message}`];
    }
  });
  const pageUrlOf = (paymentId: string): string =>
    `${(config.SANDBOX_PAGE_URL ?? app.listeningOrigin).replace(/\/$/, '')}/pay/${paymentId}`;
  app.register(async (scope) => {
    openMerchantScope(scope, config.SANDBOX_KEY);
    registerOutage(scope, { outage, log });
    scope.register(async (failing) => {
      obeyOutage(failing, outage);
      registerPayments(failing, { payments, webhooks, pageUrlOf, onDue, onTold, log });
      registerRefunds(failing, { refunds, onDue: () => [onDue, onTold].forEach((tell) => tell()) });
    });
  });
  app.register(async (scope) => {
    answerPgAway(scope);
    obeyOutage(scope, outage);
    registerPages(scope, { payments, webhooks, onTold });
  });
  clerk.start();
  deliverer.start();
  return serve(app, config, async () => {
    await Promise.all([clerk.stop(), app.close()]);
    await deliverer.stop();
    sender.close();
    await Promise.all([requests.end(), work.end()]);
  });
}

async function createSandboxHttp(log: Log, ready: () => Promise<string[]>): Promise<FastifyInstance> {
  const app = createHttp({ log });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
  });
  registerHealth(app, { ready });
  return app;
}
