/** What the CMS asks during a big sale costs as little as during a small one: indexes, and few pages read. */
import t from 'tap';
import { readShow } from '../../../services/legacy/read-shows.ts';
import { loadSql } from '../../../services/shared/platform/pg.ts';
import { openLegacy } from './open-legacy.ts';

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

/** What grows with every sale has more rows here; of others it may be right to read them whole. */
const ROWS_SCANNED_MAX = 1_500;

/** What pages ask of a show of 20,000 seats, and how many blocks of 8 KB they may look at. */
const QUERIES: { file: string; what: string; values: unknown[]; blocksMax: number }[] = [
  { file: 'read-shows', what: 'the calendar', values: [null, 51, 0], blocksMax: 1_500 },
  { file: 'read-shows', what: 'one show', values: ['big', 1, 0], blocksMax: 60 },
  { file: 'read-areas', what: 'its areas', values: ['SHOW', 'big'], blocksMax: 60 },
  { file: 'read-prices', what: 'its prices', values: ['SHOW'], blocksMax: 20 },
  { file: 'read-category-sales', what: 'its categories', values: ['SHOW', 'big'], blocksMax: 20 },
  { file: 'read-sales-per-minute', what: 'its last hour', values: ['big', 60], blocksMax: 20 },
  { file: 'list-orders', what: 'its orders', values: ['big', null, 51, 1_000], blocksMax: 1_500 },
  { file: 'list-orders', what: 'all orders', values: [null, null, 51, 1_000], blocksMax: 1_500 },
  { file: 'read-order', what: 'an order', values: ['o_77'], blocksMax: 100 },
  { file: 'read-buyer-orders', what: 'what else its buyer has', values: ['big', 'o_77', 20], blocksMax: 60 },
  {
    file: 'search-orders', what: 'an order by number',
    values: ['big', null, 51, 1_000, 'o\\_77%', 'O\\_77%', 'o_77', null], blocksMax: 3_000,
  },
  {
    file: 'search-orders', what: 'orders by name',
    values: [null, null, 51, 1_000, '7701%', '7701%', '7701', `'7701':*`],
    blocksMax: 3_000,
  },
];

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

t.test('every query of the pages of a show with 20,000 seats uses indexes', async (t) => {
  const { pool } = await openLegacy(t, []);
  for (const statement of loadSql(import.meta.url, './insert-big-show.sql').split(/;\n/)) {
    await pool.query(statement);
  }
  const { rows: [show] } = await pool.query<{ id: number }>(`SELECT id FROM shows WHERE slug = 'big'`);
  for (const { file, what, values, blocksMax } of QUERIES) {
    const text = loadSql(import.meta.url, `../../../services/legacy/sql/${file}.sql`);
    const { rows: [row] } = await pool.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
      values.map((value) => (value === 'SHOW' ? show?.id : value)),
    );
    const plan = row?.['QUERY PLAN'][0]?.Plan;
    if (plan === undefined) throw new Error('no plan');
    const scanned = nodesOf(plan).filter((node) => node['Node Type'] === 'Seq Scan'
      && node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) > ROWS_SCANNED_MAX);
    t.same(scanned.map((node) => node['Relation Name']), [], `${what}: no big table is read through`);
    const blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    t.ok(blocks <= blocksMax, `${what}: ${blocks} blocks`);
  }
  t.match(await readShow(pool, 'big'), { orders: 8_000, revenueMinor: 72_000_000, sold: 16_000 });
});
