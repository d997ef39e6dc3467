import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import t from 'tap';
import { quoteName, withDatabase } from '../../../infra/local/with-database.ts';
import { chainSales } from '../../../services/shared/event-store/chain-events.ts';
import { linkKeysOf } from '../../../services/shared/contracts/event-links.ts';
import type { SaleEvent } from '../../../services/shared/contracts/events.ts';
import { placeChunks } from '../../../services/shared/event-store/place-chunks.ts';
import { readPositions } from '../../../services/shared/event-store/read-positions.ts';
import { readHead, readSale } from '../../../services/shared/event-store/read-sale.ts';
import { checkHead, verifyChain } from '../../../services/shared/event-store/verify-chain.ts';
import { createLog } from '../../../services/shared/platform/log.ts';
import { connectPg } from '../../../services/shared/platform/pg.ts';
import type { Pool } from '../../../services/shared/platform/pg.ts';
import { migrateReader } from '../../../services/shared/platform/reader/migrate-reader.ts';
import { runMigrations } from '../../../services/shared/platform/run-migrations.ts';
import { EventChain } from '../../harness/event-chain.ts';
import { storeEvents } from '../../harness/store-events.ts';
import type { Teardown } from '../../harness/teardown.ts';

const KEY = Buffer.alloc(32, 7).toString('base64url');
const MIGRATIONS = new URL('../../../services/projector/migrations/event-store/', import.meta.url);
const TABLE = 'event_store_migrations';

/** A database with the event store of the version before. */
async function openOldStore(t: Teardown): Promise<{ pool: Pool; url: string }> {
  const server = process.env['TEST_DATABASE_URL'] ?? '';
  const name = `onsale_test_${randomBytes(6).toString('hex')}`;
  await runSql(server, `CREATE DATABASE ${quoteName(name)}`);
  t.teardown(() => runSql(server, `DROP DATABASE ${quoteName(name)} WITH (FORCE)`));
  const url = withDatabase(server, name);
  const folder = mkdtempSync(join(tmpdir(), 'onsale-migrations-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'old'));
  for (const file of readdirSync(MIGRATIONS).filter((one) => /^000[1-3]/.test(one))) {
    cpSync(new URL(file, MIGRATIONS), join(folder, 'old', file));
  }
  await migrateReader(url);
  await runMigrations(url, pathToFileURL(join(folder, 'old/')), TABLE);
  const log = createLog({ name: 'test', level: 'silent' });
  const pool = connectPg(url, { name: 'test', log, poolMax: 4 });
  t.teardown(() => pool.end());
  return { pool, url };
}

async function runSql(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** The statements of the projector of the version before, word by word but for its arrays. */
async function storeTheOldWay(pool: Pool, events: readonly SaleEvent[]): Promise<void> {
  for (const event of events) {
    await pool.query(`
      INSERT INTO event_store.events (sale_id, seq, id, type, time, body, shard_id, sequence_number)
      VALUES ($1, $2, $3, $4, $5, $6, 'shard-0', '1')`,
    [event.subject, Number(event.sequence), event.id, event.type, event.time, JSON.stringify(event)]);
    await pool.query(`
      INSERT INTO event_store.heads AS head (sale_id, partition, seq, id) VALUES ($1, 0, $2, $3)
      ON CONFLICT (sale_id) DO UPDATE SET seq = excluded.seq, id = excluded.id WHERE head.seq < excluded.seq`,
    [event.subject, Number(event.sequence), event.id]);
  }
}

async function verify(pool: Pool, saleId: string): Promise<unknown> {
  const events = [];
  for await (const batch of readSale(pool, saleId)) events.push(...batch);
  const end = verifyChain(saleId, events);
  const head = await readHead(pool, saleId);
  return 'fault' in end ? end.fault : head && checkHead(end, head);
}

t.test('events of the old layout are kept and chained; old and new projectors take turns', async (t) => {
  const { pool, url } = await openOldStore(t);
  const sales = ['hamlet', 'tempest', 'othello'].map((saleId) => new EventChain(saleId, KEY));
  const [hamlet = new EventChain('', '')] = sales;
  for (const sale of sales) await storeTheOldWay(pool, [...sale.open(), ...await sale.traffic(20)]);
  const whole = `SELECT sale_id, seq, id, type, time, body::text, shard_id, sequence_number, appended_at
    FROM event_store.events ORDER BY sale_id, seq`;
  const before = (await pool.query(whole)).rows;
  t.same(await runMigrations(url, MIGRATIONS, TABLE),
    ['0004_chain_and_partition_events', '0005_create_passing_keys']);
  t.same((await pool.query(whole)).rows, before, 'every row is as it was');
  t.match(await verify(pool, 'hamlet'), { seq: 1, reason: /no digest/ });

  // What a projector of the version before stores while the deployment rolls.
  await storeTheOldWay(pool, [hamlet.next('sale.paused', {})]);
  // The new one completes the sale before it appends to it.
  await storeEvents(pool, [hamlet.next('sale.resumed', {})]);
  t.equal(await verify(pool, 'hamlet'), undefined);
  await storeTheOldWay(pool, [hamlet.next('sale.paused', {}), hamlet.next('sale.resumed', {})]);
  t.match(await verify(pool, 'hamlet'), { seq: hamlet.head.seq - 1, reason: /no digest/ });
  await storeEvents(pool, [hamlet.next('sale.closed', {})]);
  t.match(await verify(pool, 'tempest'), { seq: 1 });

  // And the rest completes whoever comes to it, two at once.
  await Promise.all([chainSales(pool), chainSales(pool)]);
  t.equal(await chainSales(pool), false);
  for (const { saleId } of sales) t.equal(await verify(pool, saleId), undefined);
  await placeChunks(pool);
  const placed = [];
  for await (const { events } of readPositions(pool)) placed.push(...events);
  t.equal(placed.length, before.length + 5);
  for (const { saleId, head } of sales) {
    const seqs = placed.filter((event) => event.saleId === saleId).map(({ seq }) => seq);
    t.same(seqs, Array.from({ length: head.seq }, (_, i) => i + 1), 'in the order of the sale');
  }
  type Row = { body: SaleEvent; links: number[] };
  const { rows } = await pool.query<Row>('SELECT body, links FROM event_store.events');
  for (const { body, links } of rows) t.equal(links.join(','), linkKeysOf(body));
});
