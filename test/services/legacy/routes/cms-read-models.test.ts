/** Pages of shows that are sold over the bus: their money comes from the read models. */
import t from 'tap';
import { createLegacyProjection } from '../../../../services/projector/projections/legacy-projection.ts';
import { READ_MODELS } from '../../../../services/projector/projections/read-models/read-models.ts';
import { openKit } from '../../../kit/open-kit.ts';
import { startService } from '../../../stack.ts';

const text = (html: string): string => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

t.test('a show sold over the bus, and an order of a buyer who has another', async (t) => {
  const kit = await openKit(t);
  const [hamlet, lear] = [kit.chain('hamlet'), kit.chain('lear')];
  await kit.given([...hamlet.open(), ...await hamlet.traffic(6)]);
  const seats = hamlet.hold(2, ['b-3', 'b-4']);
  await kit.given([seats.event, await hamlet.confirm(seats)]);
  const opening = lear.open();
  const places = lear.hold(3);
  const order = await lear.confirm(places);
  if (order.type !== 'order.confirmed') throw new Error('no order');
  const { orderId } = order.data;
  await kit.given([
    ...opening, places.event, { ...order, data: { ...order.data, buyerId: seats.holdId } },
  ]);
  await kit.projected(createLegacyProjection(kit.contactKey), ...READ_MODELS);

  const { url } = await startService(t, 'legacy', kit.stack.env);
  const page = async (path: string) => (await fetch(url + path)).text();
  const show = text(await page('/cms/shows/hamlet'));
  t.match(show, /Revenue €360.00 confirmed orders Orders 5 /);
  t.match(show, /Floor standing 1,000 6 0 0 994 €270.00 Box seats 20 2 0 0 18 €90.00/);
  t.match(show, /Sales per minute sold via onsale .* C 8 €360.00 €0.00/);
  const calendar = text(await page('/cms/shows'));
  t.match(calendar, /The hamlet [^€]*€360.00 from 5 orders /);
  t.match(calendar, /The lear [^€]*€135.00 from 1 order /);
  const mine = text(await page(`/cms/orders/o_${seats.holdId.slice(2)}`));
  t.match(mine, new RegExp(`Other orders of this buyer .* ${orderId} The lear .* 3 €135.00`));
  t.notMatch(text(await page(`/cms/orders/${orderId}`)), 'The lear The lear');

  // What was sold the old way before counts too.
  await kit.pool.query(`UPDATE orders SET payment_method = 'card' WHERE number = $1`, [orderId]);
  t.match(text(await page('/cms/shows/lear')), /Revenue €270.00 confirmed orders Orders 2 /);
});

t.test('a show of the old way has no section for what came over the bus', async (t) => {
  const kit = await openKit(t);
  await kit.pool.query(`INSERT INTO venues (name) VALUES ('v')`);
  await kit.pool.query(`INSERT INTO shows (slug, venue_id, name, currency)
    SELECT 'club', id, 'Club', 'EUR' FROM venues`);
  const { url } = await startService(t, 'legacy', kit.stack.env);
  t.notMatch(await (await fetch(`${url}/cms/shows/club`)).text(), 'Sales per minute');
});
