/** What was sold, when some of it is cancelled and money goes back: what the CMS reads of it. */
import t from 'tap';
import { buyerOrders } from '../../../../services/projector/projections/read-models/buyer-orders.ts';
import { occupancy } from '../../../../services/projector/projections/read-models/occupancy.ts';
import {
  revenueByCategory,
} from '../../../../services/projector/projections/read-models/revenue-by-category.ts';
import { saleTotals } from '../../../../services/projector/projections/read-models/sale-totals.ts';
import { openKit } from '../../../kit/open-kit.ts';

const MODELS = [buyerOrders, occupancy, revenueByCategory, saleTotals];
const PRICE = 4_500;

for (const isOneRun of [true, false]) {
  t.test(isOneRun ? 'all in one run' : 'event by event', async (t) => {
    const kit = await openKit(t);
    const sale = kit.chain('hamlet');
    const [floor, box] = [sale.open(), sale.hold(3)];
    const kept = await sale.confirm(box);
    const seats = sale.hold(2, ['b-1', 'b-2']);
    const gone = await sale.confirm(seats);
    const events = [
      ...floor, box.event, kept, seats.event, gone,
      sale.cancel(kept, [2]), sale.refund(kept, PRICE, 'cancelled'),
      // It was never the price of the order.
      sale.refund(kept, 77, 'duplicate'),
      sale.cancel(gone, [1, 2], false), sale.refund(gone, 2 * PRICE - 500, 'cancelled'),
    ];
    for (const some of isOneRun ? [events] : events.map((event) => [event])) {
      await kit.given(some);
      await kit.projected(...MODELS);
    }
    t.match(await kit.rowsOf(saleTotals, 'hamlet'),
      [{ orders: 2, tickets: 2, revenue_minor: String(2 * PRICE + 500) }]);
    const orders = await kit.rowsOf(buyerOrders, 'hamlet') as { order_id: string }[];
    const orderOf = (event: typeof kept) =>
      orders.find(({ order_id: id }) => id === (event.data as { orderId: string }).orderId);
    t.match(orderOf(kept), { tickets: 2, total_minor: String(2 * PRICE) });
    t.match(orderOf(gone), { tickets: 0, total_minor: '500' });
    const revenue = await kit.rowsOf(revenueByCategory, 'hamlet') as { area_id: string }[];
    t.match(revenue.find(({ area_id: area }) => area === 'floor'),
      { tickets: 2, revenue_minor: String(2 * PRICE) });
    t.match(revenue.find(({ area_id: area }) => area === 'box'), { tickets: 0, revenue_minor: '0' });
    const areas = await kit.rowsOf(occupancy, 'hamlet') as { area_id: string }[];
    t.match(areas.find(({ area_id: area }) => area === 'floor'), { sold: 2, blocked: 0 });
    t.match(areas.find(({ area_id: area }) => area === 'box'), { sold: 0, blocked: 2 });
  });
}
