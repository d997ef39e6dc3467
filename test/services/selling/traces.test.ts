/** Who calls with a trace finds it in the events of what was called, as they are on the bus. */
import t from 'tap';
import type { SaleEvent } from '../../../services/shared/contracts/events.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { floorOf, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';
import { readStream } from '../../harness/read-stream.ts';
import { startService } from '../../stack.ts';

const TRACE = 'a'.repeat(31);
const SPAN = '00f067aa0ba902b7';
const contact = { name: 'Ann', email: 'ann@example.org' };

t.test('an incoming traceparent reaches the event, and the answer names the trace', async (t) => {
  const shop = await openShop(t, { startsPartitions: false, env: { CONFIRM_ACK: 'bus' } });
  await startService(t, 'relay', shop.stack.env);
  await shop.sell('s', saleOf([floorOf(50)], { buyerLimit: 50 }));
  let calls = 0;
  const call = async (path: string, headers: Record<string, string>, body: object) => {
    const answer = await shop.call('POST', `/v1/sales/s/${path}`, { headers, body, key: `k-${calls += 1}` });
    t.ok(answer.status === 201 || answer.status === 202, JSON.stringify(answer.body));
    return { ...answer, traceId: answer.headers.get('x-trace-id') ?? '' };
  };
  const hold = (headers: Record<string, string>) =>
    call('holds', headers, { buyerId: 'b', items: [{ areaId: 'floor', quantity: 1 }] });
  const sampled = await hold({ traceparent: `00-${TRACE}1-${SPAN}-01` });
  const holdId = String(sampled.body['holdId']);
  const order = await call('orders', { traceparent: `00-${TRACE}2-${SPAN}-00`, tracestate: 'a=b' },
    { buyerId: 'b', holdId, contact, payment: { method: 'free' } });
  const named = await hold({ 'x-trace-id': `${TRACE}3` });
  const both = await hold({ traceparent: `00-${TRACE}4-${SPAN}-01`, 'x-trace-id': `${TRACE}5` });
  const none = await hold({});
  // A header that is no traceparent counts as not sent.
  const broken = await hold({ traceparent: `00-${TRACE}6-${'0'.repeat(16)}-01` });
  const paused = await shop.call('POST', '/admin/v1/sales/s/pause',
    { headers: { traceparent: `00-${TRACE}7-${SPAN}-01`, 'x-reason': 'a%20brawl%2C%20%C3%A9h' } });
  t.equal(paused.status, 200);

  const events = await awaitThat('the log has it all', async () => {
    const log = (await readStream(shop.stack)).sales.get('s') as SaleEvent[] | undefined;
    return log?.some(({ type }) => type === 'sale.paused') && log;
  });
  const placed = (answer: { body: Record<string, unknown> }) =>
    events.find(({ type, data }) => type === 'hold.placed' && data.holdId === answer.body['holdId']);
  t.equal(sampled.traceId, `${TRACE}1`);
  t.match(placed(sampled), {
    traceparent: `00-${TRACE}1-${SPAN}-01`, causationid: `${TRACE}1`, correlationid: holdId,
  });
  t.equal(order.traceId, `${TRACE}2`);
  t.match(events.find(({ type }) => type === 'order.confirmed'), {
    traceparent: `00-${TRACE}2-${SPAN}-00`, causationid: `${TRACE}2`, correlationid: holdId,
  });
  t.equal(named.traceId, `${TRACE}3`);
  t.match(placed(named), { traceparent: new RegExp(`^00-${TRACE}3-`), causationid: `${TRACE}3` });
  t.equal(both.traceId, `${TRACE}4`, 'the standard goes before');
  t.match(placed(both), { traceparent: `00-${TRACE}4-${SPAN}-01` });
  for (const own of [none, broken]) {
    t.match(own.traceId, /^[0-9a-f]{32}$/);
    t.notMatch(own.traceId, TRACE);
    t.match(placed(own), { traceparent: new RegExp(`^00-${own.traceId}-`), causationid: own.traceId });
  }
  t.match(events.find(({ type }) => type === 'sale.paused'),
    {
      traceparent: `00-${TRACE}7-${SPAN}-01`, actor: /^operator:/,
      actorrole: 'admin', actorfrom: '127.0.0.1', actorwhy: 'a brawl, éh',
    });
  t.notOk(events.some(({ type, actorfrom }) => type.startsWith('hold.') && actorfrom !== undefined),
    'of buyers no address is kept');
});
