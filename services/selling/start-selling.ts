import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { connectRedis, redisReady } from '../shared/platform/redis.ts';
import { readContactKey } from '../shared/platform/contact-seal.ts';
import { readCredentials } from '../shared/platform/credentials.ts';
import type { Log } from '../shared/platform/log.ts';
import type { RunningService } from '../shared/platform/run-service.ts';
import { AcceptedFollower } from './accepted-follower.ts';
import { BusWatch } from './bus-watch.ts';
import { Callers } from './callers.ts';
import type { CallersOptions } from './callers.ts';
import type { SellingConfig } from './config.ts';
import type { LogSource } from './fold-log.ts';
import { Generations } from './generations.ts';
import { openPaymentMethods } from './payment-methods.ts';
import { Payments } from './payments.ts';
import type { OutboxLimits } from './pack-outbox-limits.ts';
import { HoldLookups } from './hold-lookups.ts';
import { reportScriptFaults } from './report-script-faults.ts';
import { SaleDirectory } from './sale-directory.ts';
import { SaleWatches } from './sale-watches.ts';
import { createSellingApp } from './selling-app.ts';
import { Stock } from './stock.ts';
import { Sweeper } from './sweeper.ts';

const REDIS_READY_MS_MAX = 5_000;

/** What the benchmark does otherwise than production, to measure what a part of it costs. */
export interface SellingVariant {
  createStock?: (...args: ConstructorParameters<typeof Stock>) => Stock;
  addRoutes?: (app: FastifyInstance) => void;
}

/**
 * Starts the hot path. It needs Redis and nothing else; when Redis is away it answers 503 and goes on by
 * itself when Redis is back.
 */
export async function startSelling(
  config: SellingConfig,
  log: Log,
  { createStock, addRoutes }: SellingVariant = {},
): Promise<RunningService> {
  const paymentMethods = openPaymentMethods(config);
  const redis = connectRedis(config.REDIS_URL, { name: 'selling', log });
  const following = connectRedis(config.REDIS_URL, { name: 'selling-accepted', log, blocking: true });
  const generations = new Generations(redis);
  const limits: OutboxLimits = {
    entriesMax: config.OUTBOX_ENTRIES_MAX,
    bytesMax: config.OUTBOX_BYTES_MAX,
    ageMsMax: config.OUTBOX_AGE_MS_MAX,
  };
  const onScriptFault = reportScriptFaults(log);
  const stock = createStock?.(redis, generations, limits, onScriptFault)
    ?? new Stock(redis, generations, limits, onScriptFault);
  const accepted = new AcceptedFollower(following, config.PARTITIONS, log);
  const bus = new BusWatch({
    redis, partitions: config.PARTITIONS, confirmAck: config.CONFIRM_ACK, log,
    defaultPolicy: config.BUS_OUTAGE, outageMs: config.BUS_OUTAGE_MS,
  });
  const directory = new SaleDirectory(redis, config.PARTITIONS);
  const { CHANGE_MS: changeMs, STREAMS_MAX: streamsMax } = config;
  const watches = new SaleWatches({ stock, directory, log, changeMs, streamsMax });
  const sweeper = new Sweeper({ redis, stock, partitions: config.PARTITIONS, sweepMs: config.SWEEP_MS, log });
  let app: FastifyInstance | undefined;
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => stopped ??= (async () => {
    await app?.close();
    await watches.stop();
    await sweeper.stop();
    await accepted.stop();
    await bus.stop();
    redis.disconnect();
  })();
  try {
    app = await createSellingApp({
      log,
      redis,
      stock,
      payments: new Payments(stock),
      paymentMethods,
      paymentAttemptsMax: config.PAYMENT_ATTEMPTS_MAX,
      paymentRetryMs: config.PAYMENT_RETRY_SECONDS * 1_000,
      checkoutUrl: (config.CHECKOUT_URL ?? '').replace(/\/$/, ''),
      lookups: new HoldLookups(redis),
      directory,
      watches,
      callers: new Callers(callersOptions(config)),
      credentials: readCredentials(config.ADMIN_CREDENTIALS),
      accepted,
      bus,
      idSecret: config.ID_SECRET,
      passKey: config.PASS_SECRET === undefined ? undefined : Buffer.from(config.PASS_SECRET),
      contactKey: readContactKey(config.CONTACT_KEY),
      confirmAck: config.CONFIRM_ACK,
      confirmWaitMs: config.CONFIRM_WAIT_MS,
      logSource: logSourceOf(config),
      sessionsPerMinuteMax: config.SESSIONS_PER_MINUTE_MAX,
      trustProxy: config.TRUST_PROXY,
    });
    addRoutes?.(app);
    await Promise.all([redisReady(redis, REDIS_READY_MS_MAX), redisReady(following, REDIS_READY_MS_MAX)]);
    accepted.start((saleId) => {
      // The version may be the same, and another definition be behind it.
      void directory.reload(saleId).catch(() => undefined);
      stock.soldOut.drop(saleId);
      watches.noteWrite(saleId);
    });
    await bus.start();
    sweeper.start();
    watches.start();
    await app.listen({ host: config.HOST, port: config.PORT });
  } catch (error) {
    await stop();
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  return { url: `http://${config.HOST}:${port}`, stop };
}

function logSourceOf({ LOG_URL: url, LOG_TOKEN: token = '' }: SellingConfig): LogSource | undefined {
  if (url === undefined && token === '') return undefined;
  if (url === undefined || token === '') throw new Error('LOG_URL and LOG_TOKEN are set together');
  return { url, token };
}

function callersOptions(config: SellingConfig): CallersOptions {
  const { CHECKOUT_KEY: checkoutKey, SESSION_SECRET: sessionSecret } = config;
  const { BUYER_JWKS_URL: url, BUYER_ISSUER: issuer, BUYER_AUDIENCE: audience } = config;
  if (url === undefined) return { checkoutKey, sessionSecret };
  if (issuer === undefined || audience === undefined) {
    throw new Error('BUYER_JWKS_URL needs BUYER_ISSUER and BUYER_AUDIENCE');
  }
  return { checkoutKey, sessionSecret, jwks: { url, issuer, audience } };
}
