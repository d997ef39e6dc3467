import { pino } from 'pino';
import t from 'tap';
import { checkOutCart } from '../../../../services/legacy/selling/check-out-cart.ts';
import { giveBackLapsed } from '../../../../services/legacy/selling/give-back-lapsed.ts';
import { releaseCart } from '../../../../services/legacy/selling/release-cart.ts';
import { sweepCarts } from '../../../../services/legacy/selling/sweep-carts.ts';
import { openLegacy } from '../open-legacy.ts';

const contact = { name: 'Ann', email: 'ann@example.com' };

t.test('never undersold: lapsed carts come back once, however many sweep at the same moment', async (t) => {
  const { pool, place, lapse, stock, faults } = await openLegacy(t);
  for (let i = 0; i < 20; i++) {
    const seated = await place('hamlet', [
      { areaId: 'stalls', bestAvailable: 2 },
      { areaId: 'circle', bestAvailable: 1 },
    ]);
    const standing = await place('club', [{ areaId: 'floor', quantity: 2 }]);
    // Half of them run out.
    if (i % 2 === 0) await Promise.all([lapse(seated.cartId), lapse(standing.cartId)]);
  }
  const closed = await Promise.all(Array.from({ length: 8 }, () => giveBackLapsed(pool)));
  t.equal(closed.reduce((sum, n) => sum + n, 0), 20, 'each of the lapsed carts was closed by one sweeper');
  t.equal(await giveBackLapsed(pool), 0);
  t.same(await stock('hamlet'), { stalls: { held: 20, sold: 0 }, circle: { held: 10, sold: 0 } });
  t.same((await stock('club'))['floor'], { held: 20, sold: 0 });
  t.same(await faults(), []);
});

t.test('a call closes at most 100 carts', async (t) => {
  const { pool } = await openLegacy(t);
  await pool.query(`INSERT INTO carts (show_id, buyer_ref, expires_at)
    SELECT s.id, 'b', now() - interval '1 hour' FROM shows s, generate_series(1, 230) WHERE slug = 'club'`);
  for (const closed of [100, 100, 30, 0]) t.equal(await giveBackLapsed(pool), closed);
});

t.test('one show can be tidied without the others', async (t) => {
  const { pool, place, lapse, stock } = await openLegacy(t);
  const seated = await place('hamlet', [{ seatIds: ['Stalls-A-1'] }]);
  const standing = await place('club', [{ areaId: 'floor', quantity: 2 }]);
  await Promise.all([lapse(seated.cartId), lapse(standing.cartId)]);
  t.equal(await giveBackLapsed(pool, { slug: 'club' }), 1);
  t.same((await stock('hamlet'))['stalls'], { held: 1, sold: 0 });
  t.same((await stock('club'))['floor'], { held: 0, sold: 0 });
});

t.test('expiry, release and checkout of one cart at once: exactly one has an effect', async (t) => {
  const { pool, place, lapse, stock, faults } = await openLegacy(t);
  let ordered = 0;
  for (let i = 0; i < 15; i++) {
    const { cartId } = await place('club', [{ areaId: 'floor', quantity: 2 }]);
    if (i % 3 === 0) await lapse(cartId);
    const [checkout] = await Promise.all([
      checkOutCart(pool, { slug: 'club', cartId, contact, paymentMethod: 'card' }),
      releaseCart(pool, 'club', cartId),
      giveBackLapsed(pool),
    ]);
    if (checkout.ok) ordered += 1;
    else t.match(checkout.reason, /^cart_(expired|released)$/);
  }
  t.same((await stock('club'))['floor'], { held: 0, sold: 2 * ordered });
  t.same(await faults(), []);
});

t.test('the sweeper gives back by itself, forgets old carts, and stops', async (t) => {
  const { pool, place, lapse, stock } = await openLegacy(t);
  const old = await place('club', [{ areaId: 'floor', quantity: 1 }]);
  await releaseCart(pool, 'club', old.cartId);
  await pool.query(`UPDATE carts SET expires_at = now() - interval '8 days' WHERE id = $1`, [old.cartId]);
  const { cartId } = await place('club', [{ areaId: 'floor', quantity: 7 }]);
  await lapse(cartId);
  const sweeper = sweepCarts(pool, pino({ enabled: false }));
  const done = async () => {
    const { rows } = await pool.query('SELECT id, status FROM carts');
    return (await stock('club'))['floor']?.held === 0 && rows.length === 1 && rows[0]?.status === 'expired';
  };
  while (!await done()) await new Promise((resolve) => { setTimeout(resolve, 20); });
  await sweeper.stop();
  const late = await place('club', [{ areaId: 'floor', quantity: 1 }]);
  await lapse(late.cartId);
  t.same((await stock('club'))['floor'], { held: 1, sold: 0 }, 'a stopped sweeper does nothing more');
});

t.test('a sweeper outlives a database that fails', async (t) => {
  const { pool, place, lapse, stock } = await openLegacy(t);
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => { warnings.push(line); } });
  await pool.query('ALTER TABLE carts RENAME TO carts_away');
  const sweeper = sweepCarts(pool, log);
  t.teardown(() => sweeper.stop());
  while (warnings.length === 0) await new Promise((resolve) => { setTimeout(resolve, 20); });
  t.match(warnings[0], /sweeping carts failed/);
  await pool.query('ALTER TABLE carts_away RENAME TO carts');
  const { cartId } = await place('club', [{ areaId: 'floor', quantity: 1 }]);
  await lapse(cartId);
  const isBack = async () => (await stock('club'))['floor']?.held === 0;
  while (!await isBack()) await new Promise((resolve) => { setTimeout(resolve, 20); });
  t.pass('it went on');
});
