import { pino } from 'pino';
import t from 'tap';
import { seed } from '../../../services/legacy/seed.ts';
import { SEED_SHOWS } from '../../../services/legacy/seed-shows.ts';
import { checkOutCart } from '../../../services/legacy/selling/check-out-cart.ts';
import { placeCart } from '../../../services/legacy/selling/place-cart.ts';
import { releaseCart } from '../../../services/legacy/selling/release-cart.ts';
import { connectPg, loadSql } from '../../../services/shared/platform/pg.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { openBus } from '../../harness/open-bus.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { startService } from '../../stack.ts';
import { CLUB } from '../legacy/open-legacy.ts';

/** Where the legacy rows of each sale are. */
const POSITIONS = `projection.positions WHERE projection = 'legacy' AND`;

const TAKE_SNAPSHOT = loadSql(import.meta.url, '../legacy/take-snapshot.sql');
const HAMLET = SEED_SHOWS.filter(({ slug }) => slug === 'hamlet');

/** A projector beside the shows of legacy, and the questions to it. */
async function openBoth(t: Teardown) {
  const bus = await openBus(t);
  // Legacy's own kind of pool: ids arrive as numbers.
  const legacy = connectPg(bus.stack.databaseUrl, {
    name: 'test', log: pino({ enabled: false }), poolMax: 2,
  });
  t.teardown(() => legacy.end());
  await seed(legacy, [CLUB, ...HAMLET]);
  await startService(t, 'projector', bus.stack.env);
  return {
    ...bus, legacy,
    snapshot: async () => JSON.stringify((await bus.pool.query(TAKE_SNAPSHOT)).rows),
    place: async (slug: string, items: object[]) => {
      const cart = await placeCart(legacy, { slug, buyerRef: 'b', items: items as never, holdMs: 600_000 });
      if (!cart.ok) throw new Error(`refused: ${JSON.stringify(cart)}`);
      return cart.cartId;
    },
    parkedReason: (saleId: string) => awaitThat(`${saleId} is parked`, async () => (await bus.pool.query<{
      type: string; reason: string;
    }>('SELECT type, reason FROM projection.parked_events WHERE sale_id = $1', [saleId])).rows[0]),
    isDone: (saleId: string, seq: number) => awaitThat(`${saleId} is projected`, () =>
      bus.count(`${POSITIONS} sale_id = '${saleId}' AND seq = ${seq}`)),
  };
}

t.test('a show that legacy has sold of does not move over, and nothing of it changes', async (t) => {
  const { chain, put, legacy, place, snapshot, parkedReason, count } = await openBoth(t);
  const cartId = await place('club', [{ areaId: 'floor', quantity: 3, ticketType: 'adult' }]);
  const contact = { name: 'Ann', email: 'ann@example.com' };
  await checkOutCart(legacy, { slug: 'club', cartId, contact, paymentMethod: 'card' });
  const before = await snapshot();
  const sale = chain('club');
  await put([...sale.open(), ...await sale.traffic(3)]);
  t.match(await parkedReason('club'), { type: 'sale.defined', reason: /has sold 3 places .orders: 1/ });
  t.equal(await snapshot(), before);
  t.equal(await count(`shows WHERE slug = 'club' AND sells_via = 'legacy' AND name = 'Club Night'`), 1);
});

t.test('a show of which legacy holds something moves over once that is given back', async (t) => {
  const { chain, put, pool, place, legacy, snapshot, parkedReason, isDone, count } = await openBoth(t);
  const seats = await pool.query<{ code: string }>(
    `SELECT code FROM seats WHERE show_id = (SELECT id FROM shows WHERE slug = 'hamlet') LIMIT 2`);
  const seatIds = seats.rows.map(({ code }) => code);
  const cartId = await place('hamlet', [{ seatIds, ticketType: 'adult' }]);
  const before = await snapshot();
  const sale = chain('hamlet');
  await put([...sale.open(), ...await sale.traffic(3)]);
  t.match(await parkedReason('hamlet'), { reason: /holds 2 \(open carts: 1\).*only .* unsold show/ });
  t.equal(await snapshot(), before);
  await releaseCart(legacy, 'hamlet', cartId);
  await pool.query('DELETE FROM projection.parked_events');
  await isDone('hamlet', sale.head.seq);
  t.equal(await count(`shows WHERE slug = 'hamlet' AND sells_via = 'onsale'`), 1);
});

t.test('an unsold show of legacy moves over, and can be defined again when it has sold here', async (t) => {
  const { chain, put, isDone, settled } = await openBoth(t);
  const sale = chain('club');
  const opening = sale.open();
  await put([...opening, ...await sale.traffic(3)]);
  await isDone('club', sale.head.seq);
  const [definition] = opening;
  if (definition?.type !== 'sale.defined') throw new Error('no definition');
  await put([sale.next('sale.defined', { ...definition.data, version: 2 }), ...await sale.traffic(3)]);
  await isDone('club', sale.head.seq);
  await settled();
});
