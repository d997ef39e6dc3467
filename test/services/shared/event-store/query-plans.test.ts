import t from 'tap';
import { linkKey, seatLink } from '../../../../services/shared/contracts/event-links.ts';
import { placeChunks } from '../../../../services/shared/event-store/place-chunks.ts';
import { createLog } from '../../../../services/shared/platform/log.ts';
import { connectPg, loadSql } from '../../../../services/shared/platform/pg.ts';
import type { Pool } from '../../../../services/shared/platform/pg.ts';
import { EventChain } from '../../../harness/event-chain.ts';
import { storeEvents } from '../../../harness/store-events.ts';
import type { Teardown } from '../../../harness/teardown.ts';
import { openTestStack } from '../../../stack.ts';

const [SALES, HOLDS, OLDER_CHUNKS] = [160, 100, 30_000];

/** Every part has sales, and there were many chunks before. */
async function openFullStore(t: Teardown): Promise<Pool> {
  const stack = await openTestStack(t);
  const log = createLog({ name: 'test', level: 'silent' });
  const pool = connectPg(stack.databaseUrl, { name: 'test', log, poolMax: 2 });
  t.teardown(() => pool.end());
  await pool.query(`
    INSERT INTO event_store.chunks (event_count, first_position, last_position, times, types)
    SELECT 1, i, i, tstzrange(at, at, '[]'),
      ARRAY[CASE i % 500 WHEN 0 THEN 'sale.opened' ELSE 'hold.placed' END]
    FROM generate_series(1, ${OLDER_CHUNKS}) AS i,
      LATERAL (SELECT timestamptz '2026-01-01' + i * interval '1 second' AS at) AS time`);
  for (let i = 0; i < SALES; i++) {
    const sale = new EventChain(`sale-${i}`, '');
    await storeEvents(pool, Array.from({ length: HOLDS }, (_, n) => sale.hold(1, [`b-${n % 100}`]).event));
  }
  await placeChunks(pool);
  await pool.query('VACUUM ANALYZE event_store.events');
  await pool.query('ANALYZE event_store.chunks');
  return pool;
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: PlanNode[];
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

async function planOf(
  pool: Pool, name: string, values: unknown[],
): Promise<{ scans: string[]; indexes: string[] }> {
  const text = loadSql(import.meta.url, `../../../../services/shared/event-store/sql/${name}.sql`);
  type Row = { 'QUERY PLAN': [{ Plan: PlanNode }] };
  const { rows: [row] } = await pool.query<Row>(`EXPLAIN (FORMAT JSON) ${text}`, values);
  if (row === undefined) throw new Error('no plan');
  const nodes = nodesOf(row['QUERY PLAN'][0].Plan);
  return {
    scans: nodes.flatMap((node) => node['Node Type'] === 'Seq Scan' ? node['Relation Name'] ?? '' : []),
    indexes: nodes.flatMap((node) => node['Index Name'] ?? []),
  };
}

t.test('every reading query finds its events by an index', async (t) => {
  const pool = await openFullStore(t);
  const all = [null, null, null];
  const seatKey = linkKey(seatLink('sale-1', 'b-3'));
  const times = ['2026-01-01T01:00:00Z', '2026-01-01T01:01:00Z'];
  const [chunk = 0] = (await pool.query<{ chunk_id: number }>(
    'SELECT max(chunk_id) AS chunk_id FROM event_store.chunks')).rows.map((row) => row.chunk_id);
  const queries: [string, unknown[], RegExp][] = [
    ['select-sale-events', ['sale-1', 5, 1_000_000, ...all, 100], /^events_\d\d_pkey$/],
    ['select-sale-events-backwards', ['sale-1', 0, 250, ...all, 100], /^events_\d\d_pkey$/],
    ['select-linked-places', [[seatKey], 'sale-1', 0, 20_000], /links|pkey/],
    ['select-linked-places', [[linkKey('buyer:nobody')], null, 500, 20_000], /links/],
    ['select-events-at', [['sale-1', 'sale-2'], [5, 6], [105, 206]], /^events_\d\d_pkey$/],
    ['select-chunks-after', [25_000, null, null, 200], /^chunks_by_position$/],
    ['select-chunks-before', [25_000, null, null, 200, 200_000], /^chunks_by_position$/],
    ['select-chunks-after', [0, ['sale.archived'], null, 200], /^chunks_by_(type|position)$/],
    ['select-chunks-after', [0, null, `[${times.join(',')})`, 200], /^chunks_by_time$/],
    ['select-chunk-events', [[chunk], 0, 100, ...all], /chunk_id_ordinal/],
    ['select-last-position', [], /^chunks_by_position$/],
    ['select-head', ['sale-1'], /^heads_pkey$/],
    ['place-chunks', [1_000], /^chunks_without_position$/],
    ['select-unchained-sales', [100], /^events_\d\d_sale_id_seq_idx/],
    ['select-place', ['sale-1', 5], /^events_\d\d_pkey$/],
  ];
  for (const [name, values, index] of queries) {
    const plan = await planOf(pool, name, values);
    const large = plan.scans.filter((table) => table === 'chunks' || table.startsWith('events'));
    t.same(large, [], `${name} reads no table from end to end`);
    t.ok(plan.indexes.some((used) => index.test(used)), `${name} uses ${index}, not ${plan.indexes.join()}`);
  }
});
