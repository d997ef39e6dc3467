import t from 'tap';
import { checkOutCart } from '../../../../services/legacy/selling/check-out-cart.ts';
import { releaseCart } from '../../../../services/legacy/selling/release-cart.ts';
import { openLegacy } from '../open-legacy.ts';

const contact = { name: 'Ann Lee', email: 'ann@example.com' };
const nobody = '00000000-0000-4000-8000-000000000000';

t.test('a checkout makes one order with lines, tickets and a payment, and sells the seats', async (t) => {
  const { pool, place, stock, faults } = await openLegacy(t);
  const { cartId } = await place('hamlet', [
    { seatIds: ['Stalls-A-1', 'Stalls-A-2'] },
    { areaId: 'circle', bestAvailable: 1, ticketType: 'child' },
  ]);
  const done = await checkOutCart(pool, { slug: 'hamlet', cartId, contact, paymentMethod: 'invoice' });
  if (!done.ok) throw new Error(done.reason);
  const { order, repeated } = done;
  t.equal(repeated, false);
  t.match(order.number, /^L-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  t.match(order, {
    status: 'confirmed', paymentMethod: 'invoice', totalMinor: 6500 + 6500 + 1000, currency: 'EUR',
    customerName: 'Ann Lee', customerEmail: 'ann@example.com', showSlug: 'hamlet', venueName: 'Old Theatre',
  });
  t.same(order.lines.map((line) => [line.seatId, line.priceMinor, line.quantity]), [
    ['Stalls-A-1', 6500, 1], ['Stalls-A-2', 6500, 1], ['Circle-A-23', 1000, 1],
  ]);
  t.same(order.tickets.map((ticket) => ticket.ticketId), [1, 2, 3].map((n) => `${order.number}-${n}`));
  t.equal(new Set(order.tickets.map((ticket) => ticket.code)).size, 3);
  t.ok(order.tickets.every((ticket) => /^[0-9a-f]{24}$/.test(ticket.code) && ticket.holder === 'Ann Lee'));
  t.match(order.payments, [{ method: 'invoice', status: 'open', amountMinor: 14_000, currency: 'EUR' }]);
  t.same(await stock('hamlet'), { stalls: { held: 0, sold: 2 }, circle: { held: 0, sold: 1 } });
  t.same(await faults(), []);
});

t.test('a line of several standing tickets gets as many tickets', async (t) => {
  const { pool, place, faults } = await openLegacy(t);
  const { cartId } = await place('club', [
    { areaId: 'floor', quantity: 3 }, { areaId: 'floor', quantity: 1, ticketType: 'child' },
  ]);
  const done = await checkOutCart(pool, { slug: 'club', cartId, contact, paymentMethod: 'card' });
  if (!done.ok) throw new Error(done.reason);
  t.same(done.order.tickets.map((ticket) => ticket.ticketType), ['adult', 'adult', 'adult', 'child']);
  t.match(done.order.payments, [{ method: 'card', status: 'paid', amountMinor: 6900 }]);
  t.same(await faults(), []);
});

t.test('one cart, one order: ten checkouts at once and one later get the same', async (t) => {
  const { pool, place, stock, faults } = await openLegacy(t);
  const { cartId } = await place('club', [{ areaId: 'floor', quantity: 2 }]);
  const checkOut = () => checkOutCart(pool, { slug: 'club', cartId, contact, paymentMethod: 'card' });
  const all = [...await Promise.all(Array.from({ length: 10 }, checkOut)), await checkOut()];
  const numbers = new Set(all.map((done) => (done.ok ? done.order.number : done.reason)));
  t.equal(numbers.size, 1);
  t.equal(all.filter((done) => done.ok && !done.repeated).length, 1);
  t.same((await stock('club'))['floor'], { held: 0, sold: 2 });
  t.equal((await pool.query('SELECT 1 FROM orders')).rowCount, 1);
  t.same(await faults(), []);
  t.match(await releaseCart(pool, 'club', cartId), { ok: false, reason: 'cart_ordered' });
  t.same(await faults(), []);
});

t.test('a cart past its time is refused, and its seats are free again', async (t) => {
  const { pool, place, lapse, stock, faults } = await openLegacy(t);
  const { cartId } = await place('hamlet', [{ seatIds: ['Stalls-A-1'] }]);
  await lapse(cartId);
  for (let attempt = 0; attempt < 2; attempt++) {
    const done = await checkOutCart(pool, { slug: 'hamlet', cartId, contact, paymentMethod: 'card' });
    t.match(done, { ok: false, reason: 'cart_expired' });
  }
  t.same((await stock('hamlet'))['stalls'], { held: 0, sold: 0 });
  t.equal((await pool.query('SELECT 1 FROM orders')).rowCount, 0);
  await place('hamlet', [{ seatIds: ['Stalls-A-1'] }]);
  t.same(await faults(), []);
});

t.test('a cart is known to its own show only; a released one says so', async (t) => {
  const { pool, place, snapshot } = await openLegacy(t);
  const { cartId } = await place('club', [{ areaId: 'floor', quantity: 1 }]);
  const released = await place('club', [{ areaId: 'floor', quantity: 1 }]);
  t.match(await releaseCart(pool, 'club', released.cartId), { ok: true });
  t.match(await releaseCart(pool, 'club', released.cartId), { ok: true }, 'a repeat is answered as done');
  const before = await snapshot();
  const checkOut = (slug: string, id: string) =>
    checkOutCart(pool, { slug, cartId: id, contact, paymentMethod: 'card' as const });
  t.match(await checkOut('hamlet', cartId), { ok: false, reason: 'cart_unknown' });
  t.match(await checkOut('club', nobody), { ok: false, reason: 'cart_unknown' });
  t.match(await checkOut('club', released.cartId), { ok: false, reason: 'cart_released' });
  t.match(await releaseCart(pool, 'hamlet', cartId), { ok: false, reason: 'cart_unknown' });
  t.equal(await snapshot(), before);
});
