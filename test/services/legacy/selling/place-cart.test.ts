import t from 'tap';
import { CART_TICKETS_MAX } from '../../../../services/legacy/selling/cart-request.ts';
import type { CartItem } from '../../../../services/legacy/selling/cart-request.ts';
import { placeCart } from '../../../../services/legacy/selling/place-cart.ts';
import type { Pool } from '../../../../services/shared/platform/pg.ts';
import { openLegacy } from '../open-legacy.ts';

const order = (slug: string, items: CartItem[]) => ({ slug, buyerRef: 'b', items, holdMs: 600_000 });

async function attack(pool: Pool, carts: { slug: string; items: CartItem[] }[]) {
  const placed = await Promise.all(carts.map(({ slug, items }) => placeCart(pool, order(slug, items))));
  const reasons = placed.flatMap((cart) => (cart.ok ? [] : [cart.reason]));
  return { won: placed.flatMap((cart) => (cart.ok ? [cart] : [])), reasons };
}

t.test('never oversold: 160 buyers of 100 places', async (t) => {
  const { pool, stock, faults } = await openLegacy(t);
  const items = [{ areaId: 'floor', quantity: 1 }];
  const { won, reasons } = await attack(pool, Array.from({ length: 160 }, () => ({ slug: 'club', items })));
  t.equal(won.length, 100, 'never undersold either');
  t.same(new Set(reasons), new Set(['sold_out']));
  t.same((await stock('club'))['floor'], { held: 100, sold: 0 });
  t.same(await faults(), []);
});

t.test('never oversold: 60 buyers of the same 12 seats, in overlapping pairs and orders', async (t) => {
  const { pool, faults } = await openLegacy(t);
  const row = [11, 9, 7, 5, 3, 1, 2, 4, 6, 8, 10, 12].map((n) => `Stalls-A-${n}`);
  const carts = Array.from({ length: 60 }, (_, i) => {
    const pair = [row[i % 12] ?? '', row[(i + 1) % 12] ?? ''];
    return { slug: 'hamlet', items: [{ seatIds: i % 2 === 0 ? pair : pair.toReversed() }] };
  });
  const { won, reasons } = await attack(pool, carts);
  const owned = won.flatMap((cart) => cart.lines.map((line) => line.seat?.seatId));
  t.equal(new Set(owned).size, owned.length, 'no seat has two owners');
  t.ok(won.length >= 4, 'overlapping pairs of 12 seats always leave room for four');
  t.same(new Set(reasons), new Set(['seats_taken']));
  t.same(await faults(), []);
});

t.test('best available: 60 buyers get different seats, and neighbours', async (t) => {
  const { pool, faults, stock } = await openLegacy(t);
  const items: CartItem[] = [{ areaId: 'stalls', bestAvailable: 3, adjacent: 'required' }];
  const { won, reasons } = await attack(pool, Array.from({ length: 60 }, () => ({ slug: 'hamlet', items })));
  t.same(reasons, []);
  const owned = won.flatMap((cart) => cart.lines.map((line) => line.seat?.rowId));
  t.equal(new Set(owned).size, 180);
  t.same((await stock('hamlet'))['stalls'], { held: 180, sold: 0 });
  const { rows } = await pool.query(`SELECT cart_id FROM seats WHERE cart_id IS NOT NULL GROUP BY cart_id
    HAVING max(sort_order) - min(sort_order) <> 2 OR count(DISTINCT segment) <> 1`);
  t.same(rows, [], 'each cart is one run of neighbours');
  t.same(await faults(), []);
});

t.test('no deadlock: carts that need the same areas and seats in opposite orders', async (t) => {
  const { pool, faults } = await openLegacy(t);
  const both: CartItem[] = [
    { areaId: 'stalls', bestAvailable: 2 },
    { seatIds: ['Circle-A-1'] },
    { areaId: 'circle', bestAvailable: 1 },
  ];
  const carts = Array.from({ length: 80 }, (_, i) => {
    const items = both.filter((_item, n) => i % 3 === 0 || n !== 1);
    return { slug: 'hamlet', items: i % 2 === 0 ? items : items.toReversed() };
  });
  const { won, reasons } = await attack(pool, carts);
  t.ok(won.length >= 53, 'whoever does not ask for the one seat gets something');
  t.ok(reasons.every((reason) => reason === 'seats_taken'));
  t.same(await faults(), []);
});

t.test('all or nothing: what is refused leaves no trace', async (t) => {
  const { pool, place, snapshot } = await openLegacy(t);
  await place('hamlet', [{ seatIds: ['Stalls-A-1'] }]);
  await place('club', [{ areaId: 'gallery', quantity: 4 }]);
  // Every other seat of the stalls is sold: nobody has a free neighbour.
  await pool.query(`WITH sold AS (UPDATE seats s SET status = 'sold' FROM areas a
    WHERE a.id = s.area_id AND a.code = 'stalls' AND s.sort_order % 2 = 0 RETURNING s.id)
    UPDATE areas SET sold = (SELECT count(*) FROM sold) WHERE code = 'stalls'`);
  const before = await snapshot();
  const floor: CartItem = { areaId: 'floor', quantity: 1 };
  const refusals: [string, CartItem[], object][] = [
    ['club', [floor, { areaId: 'gallery', quantity: 2 }], { reason: 'sold_out', areaId: 'gallery', left: 1 }],
    ['club', [{ areaId: 'gallery', quantity: 1 }, { areaId: 'gallery', quantity: 1 }],
      { reason: 'sold_out', areaId: 'gallery', left: 0 }],
    ['club', [floor, { areaId: 'nowhere', quantity: 1 }], { reason: 'area_unknown', areaId: 'nowhere' }],
    ['club', [floor, { areaId: 'floor', bestAvailable: 1 }], { reason: 'item_unsuitable', areaId: 'floor' }],
    ['club', [floor, { seatIds: ['Stalls-A-2'] }], { reason: 'seat_unknown', seatIds: ['Stalls-A-2'] }],
    ['club', [floor, { ...floor, ticketType: 'senior' }],
      { reason: 'ticket_type_unknown', areaId: 'floor', ticketType: 'senior' }],
    ['hamlet', [{ areaId: 'stalls', quantity: 1 }], { reason: 'item_unsuitable', areaId: 'stalls' }],
    ['hamlet', [{ seatIds: ['Stalls-A-17', 'Stalls-A-1'] }],
      { reason: 'seats_taken', seatIds: ['Stalls-A-1'] }],
    ['hamlet', [{ seatIds: ['Stalls-B-1'] }, { seatIds: ['Stalls-B-1'] }],
      { reason: 'seats_taken', seatIds: ['Stalls-B-1'] }],
    ['hamlet', [{ areaId: 'stalls', bestAvailable: 2, adjacent: 'required' }],
      { reason: 'no_adjacent_seats', areaId: 'stalls', left: 225 }],
    ['hamlet', [{ areaId: 'stalls', bestAvailable: 15 }, { areaId: 'circle', bestAvailable: 6 }],
      { reason: 'buyer_limit', limit: CART_TICKETS_MAX }],
    ['nothing', [floor], { reason: 'show_unknown' }],
  ];
  for (const [slug, items, refusal] of refusals) {
    t.match(await placeCart(pool, order(slug, items)), { ok: false, ...refusal }, JSON.stringify(refusal));
  }
  t.equal(await snapshot(), before);

  const { lines } = await place('hamlet', [{ areaId: 'stalls', bestAvailable: 2, adjacent: 'preferred' }]);
  t.same(lines.map((line) => line.seat?.seatId), ['Stalls-A-17', 'Stalls-A-13'], 'preferred is not required');
});

t.test('items of one cart do not compete: best available keeps off the seats chosen beside it', async (t) => {
  const { place, faults } = await openLegacy(t);
  const { lines } = await place('hamlet', [
    { areaId: 'stalls', bestAvailable: 2 },
    { areaId: 'stalls', bestAvailable: 2 },
    { seatIds: ['Stalls-A-17', 'Stalls-A-13'], ticketType: 'child' },
  ]);
  t.same(lines.map((line) => line.seat?.seatId), [
    'Stalls-A-11', 'Stalls-A-9', 'Stalls-A-7', 'Stalls-A-5', 'Stalls-A-17', 'Stalls-A-13',
  ]);
  t.same(lines.map((line) => line.priceMinor), [6500, 6500, 6500, 6500, 3250, 3250]);
  t.same(await faults(), []);
});

t.test('an aisle parts neighbours', async (t) => {
  const { place } = await openLegacy(t);
  // Rows A to C have no aisle; row D has 11 seats on either side of it, row E 12.
  for (const count of [18, 18, 19]) {
    await place('hamlet', [{ areaId: 'stalls', bestAvailable: count, adjacent: 'required' }]);
  }
  const { lines } = await place('hamlet', [{ areaId: 'stalls', bestAvailable: 12, adjacent: 'required' }]);
  t.ok(lines.every((line) => line.seat?.seatId.startsWith('Stalls-E-')));
});

t.test('a cart that ran out gives way to who would go away empty-handed', async (t) => {
  const { pool, place, lapse, faults, stock } = await openLegacy(t);
  const gone = await place('club', [{ areaId: 'gallery', quantity: 5 }]);
  await place('club', [{ areaId: 'floor', quantity: 1 }]);
  t.match(await placeCart(pool, order('club', [{ areaId: 'gallery', quantity: 5 }])), { reason: 'sold_out' });
  await lapse(gone.cartId);
  t.match(await placeCart(pool, order('club', [{ areaId: 'gallery', quantity: 5 }])), { ok: true });
  t.same(await stock('club'), { floor: { held: 1, sold: 0 }, gallery: { held: 5, sold: 0 } });
  t.same(await faults(), []);
});

t.test('a show that is not open says why', async (t) => {
  const { pool, snapshot } = await openLegacy(t);
  const before = await snapshot();
  const states = [
    ['draft', 'sale_not_open'],
    ['paused', 'sale_paused'],
    ['closed', 'sale_closed'],
    ['recovering', 'recovering'],
  ];
  for (const [state, reason] of states) {
    await pool.query('UPDATE shows SET state = $1', [state]);
    t.match(await placeCart(pool, order('club', [{ areaId: 'floor', quantity: 1 }])), { ok: false, reason });
  }
  t.equal(await snapshot(), before);
});
