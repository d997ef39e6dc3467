/** A read model that changes is built beside the old one, which readers see until the new one is as far. */
import t from 'tap';
import type { Pool } from '../../../../services/shared/platform/pg.ts';
import { connectPg, withTransaction } from '../../../../services/shared/platform/pg.ts';
import {
  prepareReadModel, selectVersions,
} from '../../../../services/projector/projections/read-model-versions.ts';
import { defineReadModel } from '../../../../services/projector/projections/read-models/read-model.ts';
import { saleTotals } from '../../../../services/projector/projections/read-models/sale-totals.ts';
import { pino } from 'pino';
import { awaitThat } from '../../../harness/await-that.ts';
import type { Kit } from '../../../kit/open-kit.ts';
import { openKit } from '../../../kit/open-kit.ts';

/** Says how many tickets an order has, which version 2 does not; and knows nothing of currencies. */
const saleTotals3 = defineReadModel<{ orders: number; tickets: number; revenueMinor: number }>({
  name: 'sale_totals',
  version: 3,
  createSql: `CREATE TABLE read_models.sale_totals_v3 (sale_id text PRIMARY KEY, version integer DEFAULT 3,
    orders integer NOT NULL, tickets integer NOT NULL, revenue_minor bigint NOT NULL)`,
  forgetSql: 'DELETE FROM read_models.sale_totals_v3 WHERE sale_id = $1',
  plan(events) {
    const orders = events.flatMap(({ event }) => event.type === 'order.confirmed' ? [event.data] : []);
    return {
      orders: orders.length,
      tickets: orders.flatMap(({ items }) => items).reduce((sum, { quantity }) => sum + quantity, 0),
      revenueMinor: orders.reduce((sum, { total }) => sum + total, 0),
    };
  },
  async apply(client, saleId, { orders, tickets, revenueMinor }) {
    if (orders === 0) return;
    await client.query(`INSERT INTO read_models.sale_totals_v3 AS sold
        (sale_id, orders, tickets, revenue_minor) VALUES ($1, $2, $3, $4)
      ON CONFLICT (sale_id) DO UPDATE SET orders = sold.orders + excluded.orders,
        tickets = sold.tickets + excluded.tickets,
        revenue_minor = sold.revenue_minor + excluded.revenue_minor`,
    [saleId, orders, tickets, revenueMinor]);
  },
});

const versionsOf = async (pool: Pool) => Object.fromEntries((await selectVersions(pool))
  .filter(({ name }) => name === 'sale_totals').map(({ version, state }) => [version, state]));

/** What somebody sees who reads all the time: every answer, by whether version 3 gave it. */
function watch(pool: Pool) {
  const seen: { isNew: boolean; sales: number; orders: number }[] = [];
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const { rows: [row] } = await pool.query<{ isNew: boolean; sales: number; orders: number }>(`
        SELECT coalesce(bool_or(to_jsonb(t) ? 'version'), false) AS "isNew", count(*) AS sales,
          coalesce(sum(orders), 0)::int AS orders FROM read_models.sale_totals t`);
      if (row !== undefined) seen.push(row);
    }
  })();
  return {
    seen,
    async end() {
      isOver = true;
      await watching;
    },
  };
}

async function sellAll(kit: Kit, saleIds: string[]) {
  const sales = saleIds.map((saleId) => kit.chain(saleId));
  for (const sale of sales) await kit.given([...sale.open(), ...await sale.traffic(30)]);
  return sales;
}

t.test('while sales run, readers see the old one until the swap, and never a half', async (t) => {
  const kit = await openKit(t);
  const { pool } = kit;
  const sales = await sellAll(kit, ['a', 'b', 'c', 'd', 'e', 'f']);
  await kit.projected(saleTotals);
  const before = (await kit.rowsOf(saleTotals, 'a'));
  // The other process is of the release before and knows version 2 only.
  const engines = [kit.engineOf([saleTotals, saleTotals3]), kit.engineOf([saleTotals])];
  for (const engine of engines) engine.start();
  const readers = connectPg(kit.stack.databaseUrl, { name: 'r', log: pino({ level: 'silent' }), poolMax: 2 });
  t.teardown(() => readers.end());
  const watched = watch(readers);
  await awaitThat('the reader reads', () => watched.seen.length > 0);
  await withTransaction(pool, (client) => prepareReadModel(client, saleTotals3));
  t.same(await versionsOf(pool), { 2: 'serving', 3: 'building' });
  for (let round = 0; (await versionsOf(pool))[3] !== 'serving'; round += 1) {
    const sale = sales[round % sales.length];
    if (sale !== undefined) await kit.given(await sale.traffic(3));
    for (const engine of engines) engine.wake([sale?.saleId ?? '']);
  }
  for (const sale of sales) await kit.given(await sale.traffic(3));
  await awaitThat('all is projected', async () =>
    (await kit.progress.survey([saleTotals3.key])).behind.length === 0);
  await watched.end();
  await Promise.all(engines.map((engine) => engine.stop()));

  const { seen } = watched;
  t.notOk(seen[0]?.isNew);
  const swap = seen.findIndex(({ isNew }) => isNew);
  t.ok(seen.slice(swap < 0 ? seen.length : swap).every(({ isNew }) => isNew), 'the old one never comes back');
  t.ok(seen.every(({ sales }) => sales === 6), 'never without a sale');
  t.ok(seen.every(({ orders }, i) => orders >= (seen[i - 1]?.orders ?? 0)), 'no order disappears');
  const [old] = before as { orders: number }[];
  const [now] = await kit.rowsOf(saleTotals3, 'a') as { orders: number; tickets: number }[];
  t.ok(now !== undefined && old !== undefined && now.orders >= old.orders);
  const total = await kit.rows(
    `SELECT count(*) AS orders FROM event_store.events WHERE type = 'order.confirmed'`,
  );
  t.same(await kit.rows('SELECT sum(orders)::int AS orders FROM read_models.sale_totals'), total);
  t.same(await kit.rows('SELECT FROM projection.acts'), [], 'nothing was parked');
});

t.test('one that is behind in a single sale, or parked there, is not shown', async (t) => {
  const kit = await openKit(t);
  const [sale] = await sellAll(kit, ['a', 'b']);
  await kit.projected(saleTotals);
  await withTransaction(kit.pool, (client) => prepareReadModel(client, saleTotals3));
  let isBroken = true;
  const fussy = {
    ...saleTotals3,
    plan: (events: Parameters<typeof saleTotals3.plan>[0]) => {
      if (isBroken && events.some(({ event }) => event.id === sale?.head.id)) throw new Error('not this one');
      return saleTotals3.plan(events);
    },
  };
  await kit.projected(saleTotals, fussy);
  await kit.projected(saleTotals, fussy);
  t.same(await versionsOf(kit.pool), { 2: 'serving', 3: 'building' });
  t.match(await kit.rows('SELECT sale_id, reason FROM projection.parked_events'), [{ sale_id: 'a' }]);
  isBroken = false;
  await kit.pool.query('DELETE FROM projection.parked_events');
  await kit.projected(saleTotals, fussy);
  await kit.projected(saleTotals, fussy);
  t.same(await versionsOf(kit.pool), { 2: 'retired', 3: 'serving' });
});

t.test('what is retired is dropped with its positions, and an old release brings it not back', async (t) => {
  const kit = await openKit(t);
  await sellAll(kit, ['a']);
  await kit.projected(saleTotals);
  await withTransaction(kit.pool, (client) => prepareReadModel(client, saleTotals3));
  const engine = kit.engineOf([saleTotals, saleTotals3], 0);
  engine.start();
  await awaitThat('the old one is gone', async () => (await versionsOf(kit.pool))[2] === undefined);
  await engine.stop();
  t.same(await kit.rows(`SELECT DISTINCT projection FROM projection.positions`),
    [{ projection: saleTotals3.key }]);
  t.same(await kit.rows(`SELECT to_regclass('read_models.sale_totals_v2') AS oid`), [{ oid: null }]);
  await withTransaction(kit.pool, (client) => prepareReadModel(client, saleTotals));
  t.same(await versionsOf(kit.pool), { 3: 'serving' });
  const old = kit.engineOf([saleTotals]);
  old.start();
  old.wake(['a']);
  await awaitThat('it works', () => old.troubles().length === 0);
  await old.stop();
  t.same(await kit.rows('SELECT orders FROM read_models.sale_totals'), [{ orders: 20 }]);
});

t.test('a view of somebody else delays the swap, and nothing else', async (t) => {
  const kit = await openKit(t);
  const [sale] = await sellAll(kit, ['a']);
  await kit.projected(saleTotals);
  await kit.pool.query('CREATE VIEW public.theirs AS SELECT orders FROM read_models.sale_totals');
  await withTransaction(kit.pool, (client) => prepareReadModel(client, saleTotals3));
  const engine = kit.engineOf([saleTotals, saleTotals3]);
  engine.start();
  await kit.given(await sale?.traffic(3) ?? []);
  engine.wake(['a']);
  const isThere = async ({ key }: { key: string }) =>
    (await kit.progress.states([key], ['a'])).get('a')?.get(key)?.seq === sale?.head.seq;
  await awaitThat('both are there', async () => await isThere(saleTotals) && await isThere(saleTotals3));
  t.same(await versionsOf(kit.pool), { 2: 'serving', 3: 'building' });
  t.same(await kit.rows('SELECT orders FROM public.theirs'), [{ orders: 22 }]);
  await kit.pool.query('DROP VIEW public.theirs');
  await awaitThat('it is swapped', async () => (await versionsOf(kit.pool))[2] === 'serving');
  t.same(engine.troubles(), []);
  await engine.stop();
});
