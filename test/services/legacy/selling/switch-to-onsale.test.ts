import t from 'tap';
import { checkOutCart } from '../../../../services/legacy/selling/check-out-cart.ts';
import { placeCart } from '../../../../services/legacy/selling/place-cart.ts';
import { releaseCart } from '../../../../services/legacy/selling/release-cart.ts';
import { loadSql } from '../../../../services/shared/platform/pg.ts';
import type { Pool } from '../../../../services/shared/platform/pg.ts';
import { openLegacy } from '../open-legacy.ts';

const LOCK_SHOW = loadSql(import.meta.url, '../../../../services/legacy/sql/lock-show.sql');
const floor = { slug: 'club', buyerRef: 'b', items: [{ areaId: 'floor', quantity: 1 }], holdMs: 600_000 };
const contact = { name: 'Ann', email: 'ann@example.com' };

async function switchToOnsale(pool: Pool): Promise<void> {
  await pool.query(`UPDATE shows SET sells_via = 'onsale' WHERE slug = 'club'`);
}

t.test('a show that sells via onsale is not sold here', async (t) => {
  const { pool, place, snapshot } = await openLegacy(t);
  const { cartId } = await place('club', floor.items);
  await switchToOnsale(pool);
  const before = await snapshot();
  t.match(await placeCart(pool, floor), { ok: false, reason: 'show_sold_elsewhere' });
  t.match(await checkOutCart(pool, { slug: 'club', cartId, contact, paymentMethod: 'card' }),
    { ok: false, reason: 'show_sold_elsewhere' });
  t.equal(await snapshot(), before);
});

t.test('what was claimed before the switch can still be given back', async (t) => {
  const { pool, place, stock, faults } = await openLegacy(t);
  const { cartId } = await place('club', floor.items);
  await switchToOnsale(pool);
  t.match(await releaseCart(pool, 'club', cartId), { ok: true });
  t.same((await stock('club'))['floor'], { held: 0, sold: 0 });
  t.same(await faults(), []);
});

t.test('the switch waits for a sale under way, and later sales wait for the switch', async (t) => {
  const { pool } = await openLegacy(t);
  const underWay = await pool.connect();
  await underWay.query('BEGIN');
  await underWay.query(LOCK_SHOW, ['club']);
  const switched = switchToOnsale(pool);
  await waitingForLocks(pool, 1);
  const late = placeCart(pool, floor);
  await waitingForLocks(pool, 2);
  await underWay.query('COMMIT');
  underWay.release();
  await switched;
  t.match(await late, { ok: false, reason: 'show_sold_elsewhere' }, 'the late sale saw the switch');
});

t.test('a switch in the middle of a rush: nobody is sold a ticket here once it has committed', async (t) => {
  const { pool, faults } = await openLegacy(t);
  const cartsSeen: number[] = [];
  const buyers = Array.from({ length: 8 }, async () => {
    for (;;) {
      const cart = await placeCart(pool, floor);
      if (!cart.ok) return cart.reason;
      await releaseCart(pool, 'club', cart.cartId);
    }
  });
  await someCarts(pool, 20);
  await switchToOnsale(pool);
  cartsSeen.push(await countCarts(pool));
  t.same(new Set(await Promise.all(buyers)), new Set(['show_sold_elsewhere']));
  cartsSeen.push(await countCarts(pool));
  t.equal(cartsSeen[0], cartsSeen[1], 'no cart was made after the switch');
  t.same(await faults(), []);
});

async function countCarts(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM carts');
  return rows[0]?.n ?? 0;
}

async function someCarts(pool: Pool, atLeast: number): Promise<void> {
  while (await countCarts(pool) < atLeast) await new Promise((resolve) => { setTimeout(resolve, 5); });
}

async function waitingForLocks(pool: Pool, atLeast: number): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM pg_locks l
      JOIN pg_database d ON d.oid = l.database
      WHERE NOT l.granted AND l.locktype = 'advisory' AND d.datname = current_database()`);
    if ((rows[0]?.n ?? 0) >= atLeast) return;
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
}
