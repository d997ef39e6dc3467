import { readCredentials } from '../shared/platform/credentials.ts';
import { createHttp } from '../shared/platform/http-server.ts';
import type { Log } from '../shared/platform/log.ts';
import { registerHealth } from '../shared/platform/metrics.ts';
import { NotificationFeed } from '../shared/platform/notification-feed.ts';
import { connectPg, isPgAway, loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { handleError, sendProblem } from '../shared/platform/problem.ts';
import { connectRedis } from '../shared/platform/redis.ts';
import type { RunningService } from '../shared/platform/run-service.ts';
import { serve } from '../shared/platform/serve.ts';
import { createActsFollower } from './acts-follower.ts';
import type { OperatorConfig } from './config.ts';
import { registerAnswers } from './routes/register-answers.ts';
import { registerAudit } from './routes/register-audit.ts';
import { registerCertificates } from './routes/register-certificates.ts';
import { registerErasures } from './routes/register-erasures.ts';
import { registerLog } from './routes/register-log.ts';
import { registerPage } from './routes/register-page.ts';
import { registerProjections } from './routes/register-projections.ts';
import { registerRecalls } from './routes/register-recalls.ts';
import { registerShowRoutes } from './routes/register-show-routes.ts';
import { registerWatch } from './routes/register-watch.ts';
import { readCertificateKey } from './verify/sign-certificate.ts';

/** One of them listens for new events while somebody watches. */
const CONNECTIONS_MAX = 5;
const LISTEN_PLACED = loadSql(import.meta.url, './sql/listen-placed.sql');
const checkSql = loadSql(import.meta.url, './sql/check-database.sql');

/**
 * Starts the operator's API: it reads the event store and the projections' positions, and changes nothing
 * but what operators do about projections, and buyers who are to be erased. In the background it takes what
 * the selling API keeps for the audit into the event store (acts-follower.ts). While PostgreSQL is away it
 * answers 503 and says so in /health/ready.
 *
 * @throws Error when the configuration is wrong or the port is taken
 */
export async function startOperator(config: OperatorConfig, log: Log): Promise<RunningService> {
  const credentials = readCredentials(config.ADMIN_CREDENTIALS);
  const events = connectPg(config.EVENT_STORE_URL ?? config.DATABASE_URL, {
    name: 'operator-events', log, poolMax: CONNECTIONS_MAX,
  });
  const certificateKey = await readCertificateKey(config.CERTIFICATE_KEY);
  const redis = connectRedis(config.REDIS_URL, { name: 'operator', log });
  const legacy = connectPg(config.DATABASE_URL, { name: 'operator-legacy', log, poolMax: CONNECTIONS_MAX });
  const feed = new NotificationFeed({ pool: events, listen: LISTEN_PLACED, log });
  const acts = createActsFollower({ redis, events, log });
  const app = createHttp({ log });
  registerHealth(app, {
    ready: async () => [...await check(events, 'event store'), ...await check(legacy, 'legacy database')],
  });
  app.register(async (scope) => {
    scope.setErrorHandler((error: Parameters<typeof handleError>[0], request, reply) =>
      isPgAway(error) ? sendProblem(reply, 'unavailable') : handleError(error, request, reply));
    scope.decorateRequest('operator');
    registerLog(scope, { databases: { events, legacy }, credentials });
    registerAnswers(scope, { databases: { events, legacy }, credentials });
    registerProjections(scope, { databases: { events, legacy }, credentials });
    registerCertificates(scope, { sources: { events, legacy, redis }, credentials, certificateKey });
    registerErasures(scope, { legacy, credentials });
    registerRecalls(scope, { legacy, credentials });
    registerShowRoutes(scope, { databases: { events, legacy }, credentials });
    registerWatch(scope, { events, feed, credentials });
    registerAudit(scope, { events, credentials });
    registerPage(scope);
  });
  acts.start();
  return serve(app, config, async () => {
    await Promise.all([app.close(), acts.stop()]);
    await feed.stop();
    await Promise.all([events.end(), legacy.end()]);
    redis.disconnect();
  });
}

async function check(pool: Pool, name: string): Promise<string[]> {
  try {
    await pool.query(checkSql);
    return [];
  } catch (error) {
    return [`${name}: ${(error as Error).message}`];
  }
}
