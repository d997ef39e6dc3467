/** Old archived sales lose their events and nothing else; what is still needed stays, whoever is killed. */
import t from 'tap';
import { occupancy } from '../../../services/projector/projections/read-models/occupancy.ts';
import { KEPT_TYPES, removeOldSales } from '../../../services/projector/retention.ts';
import { readHead, readSale } from '../../../services/shared/event-store/read-sale.ts';
import { createLog } from '../../../services/shared/platform/log.ts';
import { loadSql } from '../../../services/shared/platform/pg.ts';
import { askForReplay, selectActs } from '../../../services/shared/projections/projection-acts.ts';
import { awaitThat } from '../../harness/await-that.ts';
import type { EventChain } from '../../harness/event-chain.ts';
import { openKit } from '../../kit/open-kit.ts';
import type { Kit } from '../../kit/open-kit.ts';
import { startService } from '../../stack.ts';

const log = createLog({ name: 'test', level: 'silent' });
const OLD = new Date(Date.now() - 40 * 86_400_000).toISOString();

/** A sale that ended with being archived at `time`. */
async function archived(kit: Kit, saleId: string, time: string): Promise<EventChain> {
  const sale = kit.chain(saleId);
  await kit.given([...sale.open(), ...await sale.traffic(6), sale.next('sale.closed', {}),
    { ...sale.next('sale.archived', {}), time }]);
  return sale;
}

/** Only this projection is followed here. */
async function follow(kit: Kit): Promise<void> {
  await kit.pool.query('DELETE FROM projection.versions WHERE key <> $1', [occupancy.key]);
  await kit.projected(occupancy);
}

async function seqsOf(kit: Kit, saleId: string): Promise<number[]> {
  const seqs: number[] = [];
  for await (const batch of readSale(kit.pool, saleId)) seqs.push(...batch.map(({ seq }) => seq));
  return seqs;
}

const remove = (kit: Kit, signal = new AbortController().signal) =>
  removeOldSales({ events: kit.pool, legacy: kit.pool, retentionDays: 30, log }, signal);

t.test('an old archived sale keeps its head, and what a recovery needs', async (t) => {
  const kit = await openKit(t);
  const old = await archived(kit, 'old', OLD);
  await archived(kit, 'young', new Date().toISOString());
  const open = kit.chain('open');
  await kit.given(open.open().map((event) => ({ ...event, time: OLD })));
  await follow(kit);
  const rows = await kit.rowsOf(occupancy, 'old');
  const before = await readHead(kit.pool, 'old');
  t.same(await remove(kit), ['old']);
  t.match(await readHead(kit.pool, 'old'), { ...before, removedAt: Date });
  t.same(await seqsOf(kit, 'old'), [1, old.head.seq], 'the definition and the end');
  t.equal((await seqsOf(kit, 'young')).length, old.head.seq);
  t.equal((await seqsOf(kit, 'open')).length, 3, 'it is old, and not archived');
  t.same(await remove(kit), [], 'once');

  await kit.pool.query('DELETE FROM projection.positions WHERE sale_id = $1', ['old']);
  await kit.projected(occupancy);
  t.same(await kit.rows(`SELECT seq::int FROM projection.positions WHERE sale_id = 'old'`),
    [{ seq: old.head.seq }], 'a projection that begins anew passes it by');
  t.same(await kit.rowsOf(occupancy, 'old'), rows, 'what was projected stays');
});

t.test('nothing is removed that a projection needs, no replay takes what cannot come back', async (t) => {
  const kit = await openKit(t);
  const sale = await archived(kit, 'old', OLD);
  await follow(kit);
  const ann = { actor: 'operator:ann', why: 'a test' };
  const isWhole = async (): Promise<boolean> => (await seqsOf(kit, 'old')).length === sale.head.seq;
  await kit.pool.query('UPDATE projection.positions SET seq = seq - 1');
  t.same(await remove(kit), [], 'it is behind');
  await kit.pool.query('UPDATE projection.positions SET seq = seq + 1');
  await kit.pool.query(`INSERT INTO projection.parked_events VALUES ('legacy', 'old', 3, 'e', 't', 'r')`);
  t.same(await remove(kit), [], 'one is parked');
  await kit.pool.query('DELETE FROM projection.parked_events');
  t.ok(await askForReplay(kit.pool, { projection: occupancy.key, saleId: 'old' }, ann));
  t.same(await remove(kit), [], 'one is to be replayed');
  t.ok(await isWhole());
  t.equal((await readHead(kit.pool, 'old'))?.removedAt, undefined);

  const rows = await kit.rowsOf(occupancy, 'old');
  await kit.pool.query('UPDATE projection.acts SET done_at = now()');
  t.same(await remove(kit), ['old']);
  t.ok(await askForReplay(kit.pool, { projection: occupancy.key, saleId: 'old' }, ann), 'asked too late');
  const engine = kit.engineOf([occupancy]);
  engine.start();
  await awaitThat('it is refused', async () => {
    const [act] = await selectActs(kit.pool, { countMax: 1 });
    return act?.doneAt !== null && act?.reason === 'the events of the sale have been removed';
  });
  await engine.stop();
  t.same(await kit.rowsOf(occupancy, 'old'), rows);
});

t.test('who is killed in the middle leaves a mark, and the next one goes on', async (t) => {
  const kit = await openKit(t);
  const sale = await archived(kit, 'old', OLD);
  await follow(kit);
  const stopped = new AbortController();
  stopped.abort();
  t.same(await remove(kit, stopped.signal), [], 'marked, and nothing deleted');
  t.equal((await seqsOf(kit, 'old')).length, sale.head.seq);
  t.type((await readHead(kit.pool, 'old'))?.removedAt, Date);
  await kit.pool.query(`DELETE FROM event_store.events WHERE sale_id = 'old' AND seq = 2`);
  const [operator] = await Promise.all([
    startService(t, 'operator', kit.stack.env),
    startService(t, 'projector', { ...kit.stack.env, EVENT_RETENTION_DAYS: '30' }),
  ]);
  await awaitThat('the rest is gone', async () => (await seqsOf(kit, 'old')).length === 2);
  const get = async (path: string) => {
    const reply = await fetch(`${operator.url}/admin/v1/sales/old/${path}`,
      { headers: { authorization: `Bearer ${kit.stack.viewerToken}` } });
    return { status: reply.status, body: await reply.json() as object };
  };
  for (const path of ['events', 'seats/b-1', 'as-of?seq=3']) {
    t.match(await get(path), { status: 410, body: {
      code: 'events_removed', events: sale.head.seq, lastDigest: /./, removedAt: /^2/,
    } }, path);
  }
  t.match(await get('certificate'), { status: 200, body: { certificate: {
    clean: false, faults: [new RegExp(`^old: its ${sale.head.seq} events were removed at `)],
    log: { events: sale.head.seq, lastDigest: /./ },
  } } });
});

t.test('the queries look nothing up by reading all events', async (t) => {
  const kit = await openKit(t);
  for (let i = 0; i < 8; i++) await archived(kit, `sale-${i}`, OLD);
  await kit.pool.query(`INSERT INTO event_store.events
    SELECT 'large-' || n % 160, n, 'e-' || n, 'hold.placed', now(), '{}', 's', '0'
    FROM generate_series(1, 60000) AS n`);
  await kit.pool.query('ANALYZE event_store.events');
  await kit.pool.query('ANALYZE event_store.heads');
  const queries: [string, unknown[]][] = [
    ['select-old-sales', [30, 100]], ['select-unremoved-sales', [KEPT_TYPES]],
    ['delete-old-events', ['large-7', 60_001, KEPT_TYPES, 5_000]],
  ];
  for (const [name, values] of queries) {
    const text = loadSql(import.meta.url, `../../../services/projector/sql/${name}.sql`);
    const plan = (await kit.rows(`EXPLAIN ${text}`, values)).map((row) => JSON.stringify(row)).join('\n');
    t.notMatch(plan, /Seq Scan on events/, name);
    t.match(plan, /events_\d\d_pkey/, name);
  }
});
