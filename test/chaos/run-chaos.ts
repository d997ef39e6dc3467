/**
 * A shop under load while everything around it breaks: relay, projector and worker are killed with SIGKILL at
 * random moments, the bus is cut, PostgreSQL is cut, shards are split, merged and doubled, and the bus
 * throttles, fails and loses replies in between. Afterwards, once drained, nothing may be lost, nothing there
 * twice, nothing parked: every order that was acknowledged is in the log and mailed once, Redis, legacy rows
 * and read models equal its fold.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { jobsProjection } from '../../services/projector/projections/jobs-projection.ts';
import { READ_MODELS } from '../../services/projector/projections/read-models/read-models.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../services/shared/contracts/partition-of.ts';
import { loadSql } from '../../services/shared/platform/pg.ts';
import { awaitThat } from '../harness/await-that.ts';
import { checkAgainstFold } from '../harness/check-against-fold.ts';
import {
  checkOccupancyAgainstLog, checkSqlAgainstLog, isProjected,
} from '../harness/check-sql-against-log.ts';
import { connectTestKinesis } from '../harness/connect-test-kinesis.ts';
import { readMailbox } from '../harness/read-mailbox.ts';
import { readStream } from '../harness/read-stream.ts';
import type { StreamLog } from '../harness/read-stream.ts';
import {
  listOpenShards, listShards, mergeShards, scaleStream, splitShard,
} from '../harness/reshard-stream.ts';
import { seededRandom, shuffleFaults } from '../harness/shuffle-faults.ts';
import type { FaultDecks } from '../harness/shuffle-faults.ts';
import { startKinesisLocal } from '../harness/start-kinesis-local.ts';
import { startKinesisProxy } from '../harness/start-kinesis-proxy.ts';
import { startTcpProxy } from '../harness/start-tcp-proxy.ts';
import type { Teardown } from '../harness/teardown.ts';
import { openTestStack, startService } from '../stack.ts';
import type { TestStack } from '../stack.ts';
import { openSales, sellUnderLoad } from './sell-under-load.ts';
import type { Load } from './sell-under-load.ts';

export interface ChaosOptions {
  /** of relay, projector and worker together */
  kills: number;
  /** how long the bus, and then PostgreSQL, is away */
  cutMs: number;
  seed: number;
  /** What happens, a sentence each. */
  say(text: string): void;
}

/** What happened; that all is well is not in it: otherwise it throws. */
export interface ChaosReport {
  kills: number;
  confirmed: number;
  pending: number;
  events: number;
  records: number;
  /** events that were in the stream more than once, and counted once */
  duplicates: number;
  shards: number;
  faults: number;
  mails: number;
  /** from the end of the load until SQL was where the log is and all mails were sent */
  drainMs: number;
}

const countJobs = loadSql(import.meta.url, './sql/count-jobs.sql');
const countMails = loadSql(import.meta.url, './sql/count-mails.sql');
const PROJECTIONS = ['legacy', jobsProjection.key, ...READ_MODELS.map(({ key }) => key)];
const SALES = ['macbeth', 'othello', 'lear', 'tempest'];
const DRAIN_MS_MAX = 120_000;
/** A start takes a second or two: many are killed before it is over, some long after. */
const KILL_MS_MAX = 4_000;
/** The shop is well again when so many orders were confirmed in spite of everything. */
const CONFIRMED_MIN = 20;
const calm = Array.from({ length: 14 }, () => 'none' as const);
const decks: FaultDecks = {
  PutRecord: ['throttle', 'fail', 'cut-before', 'lose-reply', 'truncate', 'delay', ...calm],
  PutRecords: ['throttle', 'fail', 'cut-before', 'lose-reply', 'truncate', 'fail-records', ...calm],
  GetRecords: ['throttle', 'expire', 'fail', 'lose-reply', 'truncate', 'delay', ...calm],
  GetShardIterator: ['throttle', 'unavailable', ...calm],
  ListShards: ['limit', ...calm],
};

/** Runs it once, on an emulator of its own that can double shards; throws when a promise is broken. */
export async function runChaos(t: Teardown, options: ChaosOptions): Promise<ChaosReport> {
  const { url: endpoint } = await startKinesisLocal(t);
  const stack = await openTestStack(t, { shards: 2, kinesisEndpoint: endpoint });
  const faults = await startKinesisProxy(t, endpoint);
  const bus = await startTcpProxy(t, faults.url);
  const postgres = await startTcpProxy(t, stack.databaseUrl);
  const env = {
    ...stack.env, KINESIS_ENDPOINT: bus.url, DATABASE_URL: postgres.url, EVENT_STORE_URL: postgres.url,
  };
  const killers = await Promise.all([
    startKiller(t, 'relay', env, seededRandom(options.seed)),
    startKiller(t, 'projector', env, seededRandom(options.seed + 1)),
    startKiller(t, 'worker', env, seededRandom(options.seed + 2)),
  ]);
  const selling = await startService(t, 'selling', { ...env, CONFIRM_WAIT_MS: '4000' });
  await openSales(selling.url, SALES, stack);
  faults.decide(shuffleFaults(options.seed, decks));
  const load = sellUnderLoad(selling.url, SALES, stack);
  const killing = Promise.all(killers.map((kill, i) =>
    kill(Math.ceil((options.kills - i) / killers.length))));
  await breakThings(stack, { bus, postgres }, options);
  await killing;
  await awaitThat('orders are confirmed again', () => load.confirmed.size >= CONFIRMED_MIN, DRAIN_MS_MAX);
  await load.stop();
  const stoppedAtMs = Date.now();
  faults.decide(() => 'none');
  options.say(`load: ${[...load.statuses].map(([status, n]) => `${status} ${n}`).join(', ')}`);
  const log = await judgeAll(t, stack, load);
  return {
    kills: options.kills, confirmed: load.confirmed.size, pending: load.pending.size,
    events: [...log.sales.values()].reduce((sum, events) => sum + events.length, 0),
    records: log.records, duplicates: log.duplicates, shards: await countShards(stack),
    faults: Object.entries(faults.counts).reduce((sum, [fault, n]) => sum + (fault === 'none' ? 0 : n), 0),
    mails: readMailbox(stack.env['MAIL_FOLDER'] ?? '').length,
    drainMs: Date.now() - stoppedAtMs,
  };
}

type Kill = (times: number) => Promise<void>;

/** Starts the service, and then kills and starts it again; killed while it starts as often as not. */
async function startKiller(
  t: Teardown,
  name: string,
  env: Record<string, string>,
  random: () => number,
): Promise<Kill> {
  let service = await startService(t, name, env);
  return async (times) => {
    for (let kill = 0; kill < times; kill++) {
      await sleep(random() ** 2 * KILL_MS_MAX);
      service.kill('SIGKILL');
      await service.exited;
      service = await startService(t, name, env, { untilReady: false });
    }
  };
}

type Cuttable = { cut(): void; open(): void };

/** One after the other, while sales and kills go on. */
async function breakThings(
  stack: TestStack,
  { bus, postgres }: { bus: Cuttable; postgres: Cuttable },
  { cutMs, say }: ChaosOptions,
): Promise<void> {
  const client = connectTestKinesis(stack.kinesisEndpoint);
  const { streamName } = stack;
  try {
    await sleep(1_000);
    say('a shard is split');
    const [first = ''] = await listOpenShards(client, streamName);
    await splitShard(client, streamName, first);
    say(`the bus is cut for ${cutMs} ms`);
    bus.cut();
    await sleep(cutMs);
    bus.open();
    await sleep(1_000);
    const open = (await listOpenShards(client, streamName)).length;
    say(`${open} shards become ${open * 2}`);
    await scaleStream(client, streamName, open * 2);
    say(`PostgreSQL is cut for ${cutMs} ms, two shards are merged meanwhile`);
    postgres.cut();
    const [lower = '', upper = ''] = await listOpenShards(client, streamName);
    await mergeShards(client, streamName, [lower, upper]);
    await sleep(cutMs);
    postgres.open();
    await sleep(1_000);
    say('bus and PostgreSQL are both cut for a second');
    bus.cut();
    postgres.cut();
    await sleep(1_000);
    bus.open();
    postgres.open();
  } finally {
    client.destroy();
  }
}

/** Waits until all is drained, then compares everything with everything. */
async function judgeAll(t: Teardown, stack: TestStack, load: Load): Promise<StreamLog> {
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 2 });
  pool.on('error', () => undefined);
  const redis = new Redis(stack.redisUrl);
  t.teardown(async () => {
    redis.disconnect();
    await pool.end();
  });
  const outboxes = SALES.map((saleId) => partitionKeys(partitionOf(saleId, 64)).outbox);
  await awaitThat('the outboxes are drained', async () =>
    (await Promise.all(outboxes.map((key) => redis.xlen(key)))).every((left) => left === 0), DRAIN_MS_MAX);
  const log = await readStream(stack);
  await awaitThat('all projections are where the log is', () =>
    isProjected(pool, log, PROJECTIONS), DRAIN_MS_MAX);
  await checkSqlAgainstLog(pool, log);
  await checkOccupancyAgainstLog(pool, log);
  if (log.rejected > 0) throw new Error(`${log.rejected} events contradicted the log`);
  const orders = [...log.sales.values()].flat().flatMap((event) => orderIdOf(event as SaleEvent));
  if (new Set(orders).size !== orders.length) throw new Error('an order is in the log twice');
  await checkMails(pool, stack, orders);
  const known = new Set(orders);
  const lost = [...load.confirmed, ...load.pending].filter((id) => !known.has(id));
  if (lost.length > 0) throw new Error(`${lost.length} orders were taken and are not in the log: ${lost[0]}`);
  for (const saleId of SALES) {
    const accepted = (log.sales.get(saleId) ?? []) as SaleEvent[];
    await checkAgainstFold(redis, partitionOf(saleId, 64), saleId, { accepted });
  }
  return log;
}

/** Each order was mailed once: by the notes of the worker, and in the mailbox. */
async function checkMails(pool: Pool, { env }: TestStack, orders: string[]): Promise<void> {
  await awaitThat('no job is left', async () => {
    const { rows } = await pool.query<{ jobs: number }>(countJobs);
    return rows[0]?.jobs === 0;
  }, DRAIN_MS_MAX);
  const { rows } = await pool.query<{ mails: number }>(countMails);
  const sent = rows[0]?.mails;
  if (sent !== orders.length) throw new Error(`${orders.length} orders, ${sent} mails noted as sent`);
  const ids = readMailbox(env['MAIL_FOLDER'] ?? '').map((mail) => /^Message-ID: (\S+)$/m.exec(mail)?.[1]);
  const different = new Set(ids).size;
  if (ids.length !== orders.length || different !== orders.length) {
    throw new Error(`${orders.length} orders, ${ids.length} mails in the mailbox, ${different} different`);
  }
}

async function countShards({ kinesisEndpoint, streamName }: TestStack): Promise<number> {
  const client = connectTestKinesis(kinesisEndpoint);
  try {
    return (await listShards(client, streamName)).length;
  } finally {
    client.destroy();
  }
}

function orderIdOf(event: SaleEvent): string[] {
  return event.type === 'order.confirmed' ? [event.data.orderId] : [];
}
