/**
 * Legacy rows, event store and webhooks in a database each (EVENT_STORE_URL, WORKER_DATABASE_URL): every
 * service finds what is its own where it is and nothing where it is not, the event store goes on while the
 * legacy database is away, and a sale is rebuilt from the event store alone.
 */
import { Client, Pool } from 'pg';
import t from 'tap';
import { migrate as migrateProjector } from '../../services/projector/migrate.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../services/shared/contracts/partition-of.ts';
import { migrate as migrateWorker } from '../../services/worker/migrate.ts';
import { withDatabase } from '../../infra/local/with-database.ts';
import { awaitThat } from '../harness/await-that.ts';
import { checkAgainstFold } from '../harness/check-against-fold.ts';
import { checkSqlAgainstLog, isProjected } from '../harness/check-sql-against-log.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../harness/open-desk.ts';
import { openShop } from '../harness/open-shop.ts';
import { callApi } from '../harness/open-webhooks.ts';
import { readStream } from '../harness/read-stream.ts';
import { startReceiver } from '../harness/start-receiver.ts';
import { startTcpProxy } from '../harness/start-tcp-proxy.ts';
import type { Teardown } from '../harness/teardown.ts';
import { deleteStream } from '../harness/test-stream.ts';
import { startService } from '../stack.ts';

t.setTimeout(300_000);
const quiet = { info: () => undefined };

/** The database of the stack keeps what is legacy's; the two others have only what is theirs. */
async function openDatabases(t: Teardown, legacyUrl: string) {
  const name = new URL(legacyUrl).pathname.slice(1);
  const [eventsUrl, workerUrl] = await Promise.all([`${name}_events`, `${name}_worker`].map(async (other) => {
    await runSql(legacyUrl, `CREATE DATABASE ${other}`);
    return withDatabase(legacyUrl, other);
  })) as [string, string];
  await migrateProjector(legacyUrl, quiet, eventsUrl);
  await migrateWorker(workerUrl, quiet);
  await runSql(legacyUrl, 'DROP SCHEMA event_store, reader, webhooks CASCADE');
  const pools = [legacyUrl, eventsUrl, workerUrl].map((connectionString) => {
    const pool = new Pool({ connectionString, max: 2 });
    pool.on('error', () => undefined);
    return pool;
  });
  t.teardown(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    for (const other of ['events', 'worker']) {
      await runSql(legacyUrl, `DROP DATABASE ${name}_${other} WITH (FORCE)`);
    }
  });
  const [legacy, events, worker] = pools as [Pool, Pool, Pool];
  return { eventsUrl, workerUrl, legacy, events, worker };
}

async function runSql(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

async function schemasOf(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(`SELECT nspname AS name FROM pg_namespace
    WHERE nspname IN ('event_store', 'projection', 'reader', 'webhooks') ORDER BY nspname`);
  return rows.map(({ name }) => name);
}

t.test('a sale with legacy rows, event store and webhooks in a database each', async (t) => {
  const shop = await openShop(t, {
    startsPartitions: false, env: { CONFIRM_ACK: 'bus', CONFIRM_WAIT_MS: '20000' },
  });
  const { stack, redis } = shop;
  const db = await openDatabases(t, stack.databaseUrl);
  const legacy = await startTcpProxy(t, stack.databaseUrl);
  const env = {
    ...stack.env, DATABASE_URL: legacy.url, EVENT_STORE_URL: db.eventsUrl, WORKER_DATABASE_URL: db.workerUrl,
    WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8', WEBHOOK_RETRY_MS_MIN: '20', WEBHOOK_RETRY_MS_MAX: '200',
  };
  const [relay, , worker, receiver] = await Promise.all([
    startService(t, 'relay', env), startService(t, 'projector', env), startService(t, 'worker', env),
    startReceiver(t),
  ]);
  const made = await callApi(worker, 'PUT', '/all',
    { token: stack.adminToken, body: { url: receiver.url, saleIds: '*', types: '*' } });
  t.equal(made.status, 201);
  await shop.sell('hamlet', saleOf([hallOf([rowOf('A', 20)]), floorOf(100)]));

  const buy = async (buyerId: string): Promise<void> => {
    const items = [{ areaId: 'hall', bestAvailable: 1 }, { areaId: 'floor', quantity: 2 }];
    const held = await shop.call('POST', '/v1/sales/hamlet/holds', { body: { buyerId, items } });
    const { holdId } = held.body;
    const contact = { name: 'Ann', email: 'ann@example.org' };
    const order = { buyerId, holdId, contact, payment: { method: 'free' } };
    t.match(await shop.call('POST', '/v1/sales/hamlet/orders', { body: order }), { status: 201 }, buyerId);
  };
  const stored = async (): Promise<number> => Number((await db.events.query(
    'SELECT count(*) AS n FROM event_store.events WHERE sale_id = $1', ['hamlet'])).rows[0]?.n);
  const settled = async (): Promise<SaleEvent[]> => {
    const log = await readStream(stack);
    await awaitThat('the legacy rows are where the log is', () => isProjected(db.legacy, log), 60_000);
    await checkSqlAgainstLog(db.legacy, log, db.events);
    const accepted = (log.sales.get('hamlet') ?? []) as SaleEvent[];
    await checkAgainstFold(redis, partitionOf('hamlet', 64), 'hamlet', { accepted });
    await awaitThat('the organiser has it all', () => receiver.taken('hamlet').length === accepted.length);
    t.same(receiver.taken('hamlet').map(({ seq }) => seq), accepted.map(({ sequence }) => Number(sequence)));
    return accepted;
  };
  for (const buyerId of ['ann', 'bob', 'carol']) await buy(buyerId);
  const before = await settled();

  await awaitThat('the audit has what was told in the database of the worker', async () =>
    (await db.events.query('SELECT FROM event_store.stream_heads WHERE stream = $1', ['operator-webhooks']))
      .rowCount === 1);

  legacy.cut();
  for (const buyerId of ['dora', 'eve']) await buy(buyerId);
  await awaitThat('the event store goes on', async () => await stored() === before.length + 4);
  await awaitThat('so do the webhooks', () => receiver.taken('hamlet').length === before.length + 4);
  legacy.open();
  await settled();

  await relay.stop();
  await redis.flushdb();
  // A stream that begins behind the sale: only the event store has it.
  const streamName = `${stack.streamName}-later`;
  t.teardown(() => deleteStream(stack.kinesisEndpoint, streamName));
  await startService(t, 'relay', { ...env, KINESIS_STREAM: streamName });
  await awaitThat('it is rebuilt', async () =>
    (await shop.call('GET', '/v1/sales/hamlet')).body['state'] === 'open', 60_000);
  await buy('faye');
  const { orders } = saleKeys(partitionOf('hamlet', 64), 'hamlet');
  t.equal(await redis.hlen(orders), 6, 'five that only the event store knew, and one more');

  const leases = (pool: Pool) => pool.query('SELECT DISTINCT cursor FROM reader.leases');
  t.same((await leases(db.events)).rows, [{ cursor: 'event-store' }]);
  t.same((await leases(db.worker)).rows, [{ cursor: 'organiser-webhooks' }]);
  t.same(await schemasOf(db.legacy), ['projection'], 'nobody made in one what is the others\'');
  t.same(await schemasOf(db.events), ['event_store', 'reader']);
  t.same(await schemasOf(db.worker), ['reader', 'webhooks']);
});
