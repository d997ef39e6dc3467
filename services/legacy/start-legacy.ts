import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createHttp } from '../shared/platform/http-server.ts';
import type { Log } from '../shared/platform/log.ts';
import { registerHealth } from '../shared/platform/metrics.ts';
import { connectPg, loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import type { Repeating } from '../shared/platform/repeat.ts';
import type { RunningService } from '../shared/platform/run-service.ts';
import { keyOfSecret } from '../shared/platform/webhooks/sign-webhook.ts';
import type { LegacyConfig } from './config.ts';
import { HandoverTable } from './handover/handover-table.ts';
import { createTeller } from './handover/teller.ts';
import { handleError } from './handle-error.ts';
import { registerCmsRoutes } from './routes/cms-routes.ts';
import { registerHandoverRoutes } from './routes/handover-routes.ts';
import { registerSellingRoutes } from './routes/selling-routes.ts';
import { sweepCarts } from './selling/sweep-carts.ts';

const CHECK_DATABASE = loadSql(import.meta.url, './sql/check-database.sql');

/**
 * A lock not had in so long is answered with 503: a queue of waiting carts must not keep every connection for
 * itself.
 */
const STATEMENT_MS_MAX = 5_000;

/**
 * Starts the legacy application: CMS, row-locking selling, sweeper, and orders of onsale whose money it
 * takes. The database may come later: until it answers, /health/ready says so. `stop` drains the requests
 * under way and closes the pool; it can be called twice.
 */
export async function startLegacy(config: LegacyConfig, log: Log): Promise<RunningService & { url: string }> {
  const pool = connectPg(config.DATABASE_URL, {
    name: 'legacy',
    log,
    poolMax: config.POOL_MAX,
    statementMs: STATEMENT_MS_MAX,
  });
  const app = createHttp({ log });
  registerHealth(app, {
    ready: () => pool.query(CHECK_DATABASE).then(() => [], (error: Error) => [`database: ${error.message}`]),
  });
  app.register(async (scope) => {
    scope.setErrorHandler(handleError);
    registerCmsRoutes(scope, { pool });
    registerSellingRoutes(scope, { pool, holdMs: config.CART_SECONDS * 1_000 });
  });
  const teller = openHandovers(app, config, { pool, log });
  await app.listen({ host: config.HOST, port: config.PORT });
  teller?.start();
  const sweeper = sweepCarts(pool, log);
  const { port } = app.server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  return {
    url: `http://${config.HOST}:${port}`,
    stop: () => (stopped ??= stop()),
  };

  async function stop(): Promise<void> {
    await app.close();
    await sweeper.stop();
    await teller?.stop();
    await pool.end();
  }
}

/**
 * Undefined where nobody hands orders over. Throws a sentence when what belongs together is not set
 * together.
 */
function openHandovers(
  app: FastifyInstance, config: LegacyConfig, { pool, log }: { pool: Pool; log: Log },
): Repeating | undefined {
  const { HANDOVER_KEY: key, HANDOVER_WEBHOOK_SECRET: secret } = config;
  if (key === undefined && secret === undefined) return undefined;
  if (key === undefined || secret === undefined) {
    throw new Error('HANDOVER_KEY and HANDOVER_WEBHOOK_SECRET are set together');
  }
  const table = new HandoverTable(pool);
  const pageUrl = () => config.HANDOVER_PAGE_URL?.replace(/\/$/, '')
    ?? `http://${config.HOST}:${(app.server.address() as AddressInfo).port}`;
  app.register(async (scope) => {
    scope.setErrorHandler(handleError);
    registerHandoverRoutes(scope, { table, key, pageUrl });
  });
  return createTeller({ table, key: keyOfSecret(secret), log });
}
