import t from 'tap';
import { sumUp } from '../../../services/shared/contracts/hold-record.ts';
import type { SaleInput } from '../../../services/shared/contracts/sale-input.ts';
import type { PlaceAnswer } from '../../../services/selling/stock.ts';
import { floorOf, openDesk, saleOf } from '../../harness/open-desk.ts';
import { readEvents, readStock } from '../../harness/read-stock.ts';

const input = (more: Partial<SaleInput> = {}) => saleOf([floorOf(20)], {
  fees: [{ feeId: 'service', per: 'ticket', amount: 100 }, { feeId: 'post', per: 'order', amount: 300 }],
  promotions: [{ promotionId: 'tenner', code: 'TENNER', amount: 10 }],
  channels: [{ channelId: 'partner', allocations: [{ areaId: 'floor', quantity: 5 }] }],
  ...more,
});

function totalOf(answer: PlaceAnswer): number {
  if (!answer.ok) throw new Error(answer.reason);
  return sumUp(answer.hold.items, answer.hold.terms).total;
}

t.test('fees, taxes, promotions, limits of an open sale change; live holds keep their price', async (t) => {
  const desk = await openDesk(t, input());
  const two = [{ areaId: 'floor', quantity: 2 }];
  t.equal(totalOf(await desk.place('a', two)), 2500);
  t.equal(totalOf(await desk.place('b', two, { promotionCode: 'TENNER', buyerId: 'ben' })), 2480);
  const changed = input({
    fees: [{ feeId: 'service', per: 'ticket', percent: 20 }],
    taxes: [{ taxId: 'vat', percent: 10, included: false }],
    promotions: [{ promotionId: 'half', code: 'HALF', percent: 50 }],
    buyerLimit: 4, holdLimit: 3,
  });
  t.same(await desk.define(changed), { created: false });
  t.match((await readEvents(desk)).at(-1),
    { type: 'sale.defined', data: { version: 2, fees: [{ percent: 20 }] } });
  t.equal(totalOf(await desk.place('c', two)), 2 * 1320);
  t.match(await desk.place('d', [{ areaId: 'floor', quantity: 1 }]), { reason: 'buyer_limit' });
  t.match(await desk.place('e', [{ areaId: 'floor', quantity: 4 }], { buyerId: 'eve' }),
    { reason: 'hold_limit' });
  t.equal(totalOf(await desk.place('f', two, { promotionCode: 'HALF', buyerId: 'fay' })), 2 * 660);
  t.ok((await desk.confirm('a', 'o')).ok);
  t.match((await readEvents(desk)).at(-1), { type: 'order.confirmed', data: { total: 2500 } });
  t.match(await desk.release('b', 'ben'), { ok: true });
  t.match(await readStock(desk), { counters: { floor: '14 4 2 0' }, allotted: { 'floor partner': 5 } });
  for (const fixed of [
    { capacity: 10 }, { groups: [{ groupId: 'g', capacity: 5, areaIds: ['floor'] }] }, { channels: [] },
  ]) {
    t.same(await desk.define(input({ ...changed, ...fixed })), { reason: 'sale_already_open' });
  }
  await desk.check();
});

t.test('rules that no price can be worked out by are refused, each by its field', async (t) => {
  const desk = await openDesk(t, input(), { isOpen: false });
  const before = await desk.dump();
  for (const [field, rules] of [
    ['/fees/0', { fees: [{ feeId: 'f', per: 'ticket' }] }],
    ['/fees/0', { fees: [{ feeId: 'f', per: 'ticket', amount: 1, percent: 1 }] }],
    ['/fees/0/percent', { fees: [{ feeId: 'f', per: 'ticket', percent: 1.00001 }] }],
    ['/fees/0/categoryIds', { fees: [{ feeId: 'f', per: 'order', amount: 1, categoryIds: ['C'] }] }],
    ['/fees/0/categoryIds/0', { fees: [{ feeId: 'f', per: 'ticket', amount: 1, categoryIds: ['X'] }] }],
    ['/fees', { fees: Array.from({ length: 9 }, (_, i) => ({ feeId: `f${i}`, per: 'ticket', amount: 1 })) }],
    ['/taxes/0/categoryIds/0', { taxes: [{ taxId: 't', percent: 1, categoryIds: ['X'] }] }],
    ['/promotions/1/promotionId', { promotions: [{ promotionId: 'p', code: 'A', amount: 1 },
      { promotionId: 'p', code: 'B', amount: 1 }] }],
    ['/promotions/1/code', { promotions: [{ promotionId: 'p', code: 'A', amount: 1 },
      { promotionId: 'q', code: 'A', amount: 1 }] }],
    ['/promotions/0/ticketTypes/0', { promotions: [{ promotionId: 'p', code: 'A', amount: 1,
      ticketTypes: ['senior'] }] }],
  ] as [string, Partial<SaleInput>][]) {
    const put = await desk.define(input(rules));
    t.same('faults' in put && put.faults.map((fault) => fault.field), [field]);
  }
  t.same(await desk.dump(), before);
});
