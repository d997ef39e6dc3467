/**
 * Seats, flows and moments are told as they are, through all real parts: while a crowd buys, while the sale
 * is lost in Redis and rebuilt from its log, and afterwards.
 */
import t from 'tap';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../services/shared/contracts/partition-of.ts';
import { awaitThat } from '../harness/await-that.ts';
import { openShop } from '../harness/open-shop.ts';
import { startService } from '../stack.ts';

const SEATS = Array.from({ length: 12 }, (_, x) => ({ seatId: `s${x}`, label: `${x}`, x, y: 0 }));

interface LogEvent {
  seq: number;
  type: string;
  correlationid: string;
  causationid?: string;
  data: { orderId?: string; items?: { quantity: number }[] };
}

t.test('the answers are true in the middle of a sale and of its recovery', async (t) => {
  const env = { CONFIRM_ACK: 'bus', CONFIRM_WAIT_MS: '20000' };
  const shop = await openShop(t, { env, startsPartitions: false });
  const { stack, redis } = shop;
  const [operator] = await Promise.all([startService(t, 'operator', stack.env),
    startService(t, 'projector', stack.env), startService(t, 'relay', stack.env)]);
  await awaitThat('the relay has started the partitions', async () =>
    (await fetch(`${shop.selling.url}/health/ready`)).ok);
  await shop.sell('lear', {
    name: 'Lear', currency: 'EUR', buyerLimit: 8, allowStrandedSeats: true,
    categories: [{ categoryId: 'c', prices: { adult: 1_000 } }],
    areas: [{ areaId: 'box', kind: 'seated', categoryId: 'c', rows: [{ rowId: 'A', seats: SEATS }] },
      { areaId: 'floor', kind: 'general', capacity: 300, categoryId: 'c' }],
  });
  const hold = async (buyerId: string, items: object[]): Promise<string> => {
    const { body } = await shop.call('POST', '/v1/sales/lear/holds', { body: { buyerId, items } });
    return String(body['holdId']);
  };
  const order = (buyerId: string, holdId: string) => shop.call('POST', '/v1/sales/lear/orders', {
    body: { buyerId, holdId, payment: { method: 'free' },
      contact: { name: 'Cordelia', email: 'c@example.org' } },
  });
  const get = async <Answer>(path: string): Promise<Answer> => {
    const reply = await fetch(`${operator.url}/admin/v1/${path}`,
      { headers: { authorization: `Bearer ${stack.viewerToken}` } });
    return await reply.json() as Answer;
  };
  const seat = (seatId: string) => get<{ seq: number; status: string }>(`sales/lear/seats/${seatId}`);
  const traced = async (asked: string) => (await get<{ events: LogEvent[] }>(`trace/${asked}`)).events;

  let isSelling = true;
  const crowd = Promise.all(Array.from({ length: 3 }, async (_, n) => {
    for (let i = 0; isSelling && i < 40; i++) {
      const buyerId = `b${n}-${i}`;
      const items = [{ areaId: 'floor', quantity: 2 }];
      const holdId = await hold(buyerId, items).catch(() => '');
      if (holdId !== '') await order(buyerId, holdId).catch(() => undefined);
    }
  }));
  const [annHold, bobHold] = [
    await hold('ann', [{ seatIds: ['s3', 's4'] }]), await hold('bob', [{ seatIds: ['s7'] }]),
  ];
  const bought = await order('ann', annHold);
  t.equal(bought.status, 201);
  const orderId = String(bought.body['orderId']);

  const expected = {
    s3: { status: 'sold', order: { orderId, holdId: annHold, buyerId: 'ann', total: 2_000 }, holder: null },
    s7: { status: 'held', holder: { holdId: bobHold, buyerId: 'bob', lapsed: false }, order: null },
    s0: { status: 'free', holder: null, order: null },
  };
  const checkAll = async (when: string): Promise<void> => {
    for (const [seatId, answer] of Object.entries(expected)) {
      t.match(await seat(seatId), answer, `${seatId} ${when}`);
    }
    for (const asked of [annHold, orderId, 'buyer:ann']) {
      const events = await traced(asked);
      t.match(events.map(({ type }) => type), ['hold.placed', 'order.confirmed'], `${asked} ${when}`);
      t.ok(events.every((event) =>
        event.correlationid === annHold && event.causationid?.length === 32));
    }
    t.match((await traced(bobHold)).map(({ type }) => type), ['hold.placed']);
    await checkMoment(when);
  };
  /** As of an event the sale is what the events up to there add up to, however it goes on. */
  const checkMoment = async (when: string): Promise<void> => {
    const { events } = await get<{ events: LogEvent[] }>('sales/lear/events?limit=1000');
    const middle = events[Math.floor(events.length / 2)]?.seq ?? 1;
    const orders = events.filter(({ seq, type }) => seq <= middle && type === 'order.confirmed');
    const items = orders.flatMap(({ data }) => data.items ?? []);
    const sold = items.reduce((sum, { quantity }) => sum + quantity, 0);
    t.match(await get(`sales/lear/as-of?seq=${middle}`), {
      seq: middle, venue: { sold, capacity: 312 }, orders: { count: orders.length },
    }, `as of ${middle} ${when}`);
  };
  await awaitThat('what was bought is stored and placed', async () =>
    (await seat('s3')).status === 'sold' && (await seat('s7')).status === 'held'
    && (await traced(orderId)).length === 2 && (await traced(bobHold)).length === 1);
  await checkAll('in the middle of the sale');

  await redis.del(saleKeys(partitionOf('lear', 64), 'lear').sale);
  await awaitThat('it is recovered', async () => {
    await checkAll('in the middle of the recovery');
    const { events } = await get<{ events: LogEvent[] }>('events?type=sale.recovered');
    return events.length > 0;
    // A relay compares all sales with the log every 30 s.
  }, 90_000);
  isSelling = false;
  await crowd;
  await checkAll('after the recovery');
  const steps = (await get<{ steps: { type: string }[] }>('sales/lear/seats/s7')).steps;
  t.same(steps.map(({ type }) => type), ['area.defined', 'hold.placed', 'sale.recovered'],
    'time was given back');
});
