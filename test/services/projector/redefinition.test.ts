import t from 'tap';
import type { EventData } from '../../../services/shared/contracts/events.ts';
import { BOX, FLOOR } from '../../harness/event-chain.ts';
import { openBus } from '../../harness/open-bus.ts';
import { startService } from '../../stack.ts';

type Definition = EventData<'sale.defined'>;

const category = (categoryId: string) => ({ categoryId, name: categoryId, prices: { adult: 100 } });
const floor = { areaId: FLOOR, name: 'Floor', kind: 'general', capacity: 10, categoryId: 'c' } as const;
const box = { areaId: BOX, name: 'Box', kind: 'seated', capacity: 2, categoryId: null } as const;

function definition(version: number, categories: string[], areas: Definition['areas']): Definition {
  return {
    version, name: 'Draft', currency: 'EUR', opensAt: null, closesAt: null, holdSeconds: 600,
    holdSecondsMax: 1_800, buyerLimit: 8, paymentMethods: ['free'], areas,
    categories: categories.map(category),
  };
}

function seats(version: number, categoryId: string): EventData<'area.defined'> {
  const inRow = [0, 1].map((i) => ({ seatId: `b-${i}`, label: String(i), x: i, y: 0, categoryId }));
  return { version, areaId: BOX, rows: [{ rowId: 'A', seats: inRow }] };
}

t.test('a draft that is defined again leaves nothing of what it was', async (t) => {
  const { stack, chain, put, settled, pool } = await openBus(t);
  await startService(t, 'projector', stack.env);
  const sale = chain('draft');
  const codes = async (what: string) => (await pool.query<{ code: string }>(
    `SELECT code FROM ${what} ORDER BY code`)).rows.map(({ code }) => code);

  await put([sale.next('sale.defined', definition(1, ['c', 'old'], [floor, box]))]);
  await put([sale.next('area.defined', seats(1, 'old'))]);
  await settled();
  t.same(await codes('price_categories'), ['c', 'old']);

  await put([sale.next('sale.defined', definition(2, ['c', 'new'], [floor, box]))]);
  await settled();
  await put([sale.next('area.defined', seats(2, 'new'))]);
  await settled();
  t.same(await codes('price_categories'), ['c', 'new'], 'the category that its seats had is gone with them');
  t.same(await codes('seats'), ['b-0', 'b-1']);

  const standing = { ...box, kind: 'general', categoryId: 'c' } as const;
  await put([sale.next('sale.defined', definition(3, ['c'], [floor, standing]))]);
  await settled();
  t.same(await codes('seats'), [], 'an area to stand in has no seats');
  t.same(await codes('price_categories'), ['c']);
  t.same(await codes('areas'), [BOX, FLOOR]);

  await put([
    sale.next('sale.opened', {}), sale.hold(3).event,
  ]);
  await settled();
});

t.test('what is blocked in a draft stays so until its areas are others', async (t) => {
  const { stack, chain, put, settled, pool } = await openBus(t);
  await startService(t, 'projector', stack.env);
  const sale = chain('draft');
  const reason = 'a stage';
  const stock = async () => (await pool.query(`SELECT code, blocked,
    (SELECT count(*)::int FROM seats s WHERE s.area_id = areas.id AND status = 'blocked') AS seats
    FROM areas ORDER BY code`)).rows;
  await put([
    sale.next('sale.defined', definition(1, ['c'], [floor, box])), sale.next('area.defined', seats(1, 'c')),
    sale.next('stock.blocked', { areaId: BOX, seatIds: ['b-0'], reason }),
    sale.next('stock.blocked', { areaId: FLOOR, quantity: 4, reason }),
    sale.next('sale.defined', { ...definition(2, ['c'], [floor, box]), name: 'Only the name' }),
  ]);
  await settled();
  t.same(await stock(), [{ code: BOX, blocked: 1, seats: 1 }, { code: FLOOR, blocked: 4, seats: 0 }]);
  await put([
    sale.next('sale.defined', definition(3, ['c'], [{ ...floor, capacity: 3 }, box])),
    sale.next('area.defined', seats(3, 'c')), sale.next('sale.opened', {}), sale.hold(3).event,
  ]);
  await settled();
  t.same(await stock(), [{ code: BOX, blocked: 0, seats: 0 }, { code: FLOOR, blocked: 0, seats: 0 }]);
});
