import t from 'tap';
import type { Item } from '../../../../services/shared/contracts/events.ts';
import { openRuledSale, seats, tickets } from '../../../harness/ruled-sale.ts';
import { createTeller } from '../../../harness/sale-teller.ts';
import type { Teller } from '../../../harness/sale-teller.ts';

const bob = { buyerId: 'bob' };
const cid = { buyerId: 'cid' };
const fees: Item = { ...tickets('stand', 2), fees: [{ feeId: 'service', amount: 30 }],
  taxes: [{ taxId: 'vat', amount: 72, included: true }, { taxId: 'city', amount: 10, included: false }] };
const terms = '+service=150';

t.test('a hold keeps what it costs, when it ends and what was asked of it', (t) => {
  const teller = openRuledSale();
  const placedAtMs = teller.nowMs;
  teller.place('a', [fees], { terms, codes: ['x1'] });
  const hold = teller.sale.holds.get('a');
  t.match(hold, { status: 'live', total: 2230, fees: [{ feeId: 'service', amount: 150 }], terms,
    codes: ['x1'],
    taxes: [{ taxId: 'vat', amount: 144 }, { taxId: 'city', amount: 20 }], placedAtMs, holdMs: 600_000,
    maxMs: 1_800_000, digest: 'd-a', extendedAt: undefined, endedAtMs: undefined, orderId: '' });
  teller.nowMs += 60_000;
  const expiresAt = new Date(teller.nowMs + 600_000).toISOString();
  teller.tell('hold.extended', { holdId: 'a', buyerId: 'ann', expiresAt, key: 'e1' });
  t.match(hold, { expiresAt, extendedAt: expiresAt, holdMs: 600_000,
    extends: [{ key: 'e1', expiresAt, seq: teller.sale.head.seq }] });
  teller.nowMs += 1000;
  teller.confirm('a');
  t.match(hold, { status: 'ordered', orderId: 'o-a',
    endedAtMs: teller.nowMs, endedSeq: teller.sale.head.seq });
  t.same(teller.sale.orders.get('o-a'), {
    holdId: 'a', buyerId: 'ann', items: [fees], totalMinor: 2230, fees: hold?.fees, taxes: hold?.taxes, terms,
    confirmedAtMs: teller.nowMs, eventId: teller.sale.head.id,
    extras: { paymentMethod: 'free', contact: 'sealed', ticketSeed: 'seed', digest: 'd-o-a' },
    status: 'confirmed', method: '', attempt: 0, deadlineMs: 0, startedAtMs: 0, placedAtMs: 0, capMs: 0,
    codes: [], gone: [], payments: new Map(), refunds: new Map(),
  });
  t.end();
});

t.test('a hold changes, keeps its end, and remembers what it was', (t) => {
  const teller = openRuledSale();
  teller.place('a', [seats(['A1', 'A2']), tickets('floor', 2, 'club')], { codes: ['x1'] });
  const { expiresAt } = teller.sale.holds.get('a') ?? {};
  teller.nowMs += 5000;
  teller.change('a', [seats(['A1']), tickets('floor', 1, 'club')], [seats(['A3']), tickets('stand', 1)],
    [seats(['A2', 'A3']), tickets('floor', 1, 'club'), tickets('stand', 1)], { codes: ['p:half'] });
  const hold = teller.sale.holds.get('a');
  t.match(hold, { status: 'live', expiresAt, digest: 'd-a', total: 5000, codes: ['p:half'],
    original: { total: 6000, codes: ['x1'], digest: 'd-a',
      items: [{ seatIds: ['A1', 'A2'] }, { quantity: 2 }] },
    changes: [{ key: 'k', digest: 'c-a', total: 5000, codes: ['p:half'], atMs: teller.nowMs }] });
  t.equal(teller.sale.areas.get('floor')?.allotted.get('club'), 2);
  t.same([...teller.sale.seats].filter(([, { holder }]) => holder === 'a').map(([id]) => id), ['A2', 'A3']);
  t.same([teller.sale.codes.get('x1')?.uses, teller.sale.promotions.get('half')?.uses], [0, 1]);
  t.match(teller.sale.buyers.get('ann'), { tickets: 4, holds: 1 });
  teller.change('a', [tickets('floor', 1, 'club')], [], [seats(['A2', 'A3']), tickets('stand', 1)],
    { key: 'k2', codes: ['p:half'] });
  t.match(hold, { original: { total: 6000 }, changes: [{ key: 'k' }, { key: 'k2', total: 3000 }] });
  teller.confirm('a');
  t.match(teller.sale.buyers.get('ann'), { tickets: 3, holds: 0 });
  t.equal(teller.sale.promotions.get('half')?.uses, 1, 'an order keeps what it has used');
  t.end();
});

t.test('a seat may stand in both halves of a change, at another price', (t) => {
  const teller = openRuledSale();
  const child: Item = { ...seats(['A1']), ticketType: 'child', price: 500 };
  teller.place('a', [seats(['A1', 'A2'])]);
  teller.change('a', [seats(['A1'])], [child], [seats(['A2']), child]);
  t.equal(teller.sale.seats.get('A1')?.holder, 'a');
  t.equal(teller.sale.holds.get('a')?.total, 1500);
  t.end();
});

t.test('codes are used up by holds, and come back with them', (t) => {
  const teller = openRuledSale();
  const uses = () => [teller.sale.codes.get('x1')?.uses, teller.sale.promotions.get('half')?.uses];
  teller.place('a', [tickets('floor', 1)], { codes: ['x1', 'p:half'] });
  teller.place('b', [tickets('floor', 1)], { ...bob, codes: ['x1', 'p:half'] });
  t.same(uses(), [2, 2]);
  t.same([...teller.sale.codes.get('x1')?.usesByBuyer ?? []], [['ann', 1], ['bob', 1]]);
  teller.end('a');
  teller.end('b', 'hold.expired');
  t.same(uses(), [0, 0]);
  t.equal(teller.sale.codes.get('x1')?.usesByBuyer.size, 0);
  teller.tell('codes.added', { codes: [{ digest: 'x1', channelIds: [], usesMax: 1, usesPerBuyerMax: 0 }] });
  t.match(teller.sale.codes.get('x1'), { uses: 0, usesMax: 1, channelIds: [] });
  t.end();
});

t.test('events of the first release have none of the limits', (t) => {
  const teller = createTeller();
  teller.tell('sale.defined', {
    version: 1, name: 'Hamlet', currency: 'EUR', opensAt: null, closesAt: null, holdSeconds: 600,
    holdSecondsMax: 1800, buyerLimit: 8, paymentMethods: ['free'],
    categories: [{ categoryId: 'D', name: 'D', prices: { adult: 2000 } }],
    areas: [{ areaId: 'floor', name: 'Floor', kind: 'general', capacity: 8, categoryId: 'D' }],
  });
  teller.tell('sale.opened', {});
  for (const holdId of ['a', 'b', 'c', 'd', 'e']) teller.place(holdId, [tickets('floor', 1)]);
  teller.end('a');
  teller.nowMs += 1_000_000;
  teller.end('b', 'hold.expired');
  teller.place('f', [tickets('floor', 3)]);
  t.match(teller.sale.buyers.get('ann'), { tickets: 6, holds: 4, heldMs: 0, strikes: 0, coolUntilMs: 0 });
  t.end();
});

const REFUSED: [what: string, events: (teller: Teller) => void, message: RegExp][] = [
  ['a hold in a paused sale', (s) => { s.tell('sale.paused', {}); s.place('a', [tickets('floor', 1)]); },
    /the sale is paused/],
  ['a hold in a closed sale', (s) => { s.tell('sale.closed', {}); s.place('a', [tickets('floor', 1)]); },
    /the sale is closed/],
  ['a hold of nothing', (s) => s.place('a', []), /nothing is held/],
  ['a hold that ends after its absolute end', (s) =>
    s.place('a', [tickets('floor', 1)], { expiresAt: '2026-11-23T10:00:00Z' }), /after its absolute end/],
  ['an end of somebody else', (s) => {
    s.place('a', [tickets('floor', 1)]);
    s.tell('hold.released', { holdId: 'a', buyerId: 'bob', items: [tickets('floor', 1)] });
  }, /hold a is not of bob/],
  ['an extension past the absolute end', (s) => {
    s.place('a', [tickets('floor', 1)]);
    s.tell('hold.extended', { holdId: 'a', buyerId: 'ann', expiresAt: '2026-11-23T09:30:00.001Z', key: 'k' });
  }, /more time than it may/],
  ['an extension that takes time', (s) => {
    s.place('a', [tickets('floor', 1)]);
    s.tell('hold.extended', { holdId: 'a', buyerId: 'ann', expiresAt: '2026-11-23T09:09:00Z', key: 'k' });
  }, /less time/],
  ['an extension after the end of the sale', (s) => {
    s.place('a', [tickets('floor', 1)]);
    s.tell('sale.closed', {});
    s.tell('hold.extended', { holdId: 'a', buyerId: 'ann', expiresAt: '2026-11-23T09:20:00Z', key: 'k' });
  }, /the sale is closed/],
  ['an extension of a hold that ended', (s) => {
    s.place('a', [tickets('floor', 1)]);
    s.end('a');
    s.tell('hold.extended', { holdId: 'a', buyerId: 'ann', expiresAt: '2026-11-23T09:20:00Z', key: 'k' });
  }, /hold a is released/],
  ['a change of a hold that ended', (s) => {
    s.place('a', [seats(['A1'])]);
    s.end('a');
    s.change('a', [], [seats(['A2'])], [seats(['A1', 'A2'])]);
  }, /hold a is released/],
  ['a change after the end of the sale', (s) => {
    s.place('a', [seats(['A1'])]);
    s.tell('sale.closed', {});
    s.change('a', [], [seats(['A2'])], [seats(['A1', 'A2'])]);
  }, /the sale is closed/],
  ['a change that leaves nothing', (s) => {
    s.place('a', [seats(['A1'])]);
    s.change('a', [seats(['A1'])], [], []);
  }, /nothing is left/],
  ['a change that gives back what was not held', (s) => {
    s.place('a', [seats(['A1']), tickets('floor', 1)]);
    s.change('a', [tickets('floor', 2)], [], [seats(['A1'])]);
  }, /more is given back/],
  ['a change that gives another channel its place', (s) => {
    s.place('a', [seats(['A1']), tickets('floor', 1)]);
    s.change('a', [tickets('floor', 1, 'club')], [], [seats(['A1'])]);
  }, /more is given back/],
  ['a change with other items after it', (s) => {
    s.place('a', [seats(['A1'])]);
    s.change('a', [], [seats(['A2'])], [seats(['A1', 'A3'])]);
  }, /other items than were kept and added/],
  ['a change with more after it', (s) => {
    s.place('a', [seats(['A1'])]);
    s.change('a', [], [], [seats(['A1']), tickets('floor', 1)]);
  }, /other items than were kept and added/],
  ['a change that forgets an item', (s) => {
    s.place('a', [seats(['A1', 'A2'])]);
    s.change('a', [], [], [seats(['A1'])]);
  }, /other items than were kept and added/],
  ['a change to a seat of another', (s) => {
    s.place('b', [seats(['A2'])], bob);
    s.place('a', [seats(['A1'])]);
    s.change('a', [seats(['A1'])], [seats(['A2'])], [seats(['A2'])]);
  }, /seat A2 has two owners/],
  ['a change past the limit of the buyer', (s) => {
    s.place('a', [tickets('floor', 4)]);
    s.place('b', [seats(['A1'])]);
    s.change('b', [], [seats(['A2', 'A3'])], [seats(['A1', 'A2', 'A3'])]);
  }, /buyer ann is past the limit/],
  ['a change past the limit of a hold', (s) => {
    s.place('a', [seats(['A1', 'A2', 'A3', 'A4'])]);
    s.change('a', [], [tickets('floor', 2)], [seats(['A1', 'A2', 'A3', 'A4']), tickets('floor', 2)]);
  }, /past the limit of 5/],
  ['a change that costs something else', (s) => {
    s.place('a', [seats(['A1'])]);
    s.change('a', [], [seats(['A2'])], [seats(['A1', 'A2'])], { total: 1000 });
  }, /cost 2000, not 1000/],
  ['a hold past the limit of holds', (s) => s.place('a', [tickets('floor', 4), tickets('stand', 2)]),
    /past the limit of 5/],
  ['a buyer with too many live holds', (s) => {
    for (const holdId of ['a', 'b', 'c', 'd']) s.place(holdId, [tickets('floor', 1)]);
  }, /ann has 4 live holds/],
  ['a code used up', (s) => {
    for (const buyerId of ['ann', 'bob', 'cid']) {
      s.place(buyerId, [tickets('floor', 1)], { buyerId, codes: ['x1'] });
    }
  }, /code x1 is used up$/],
  ['a code used up by an order', (s) => {
    s.place('a', [tickets('floor', 1)], { codes: ['x1'] });
    s.confirm('a');
    s.place('b', [tickets('floor', 1)], { codes: ['x1'] });
  }, /code x1 is used up by ann/],
  ['a code used twice by one', (s) => s.place('a', [tickets('floor', 1)], { codes: ['x1', 'x1'] }),
    /code x1 is used up by ann/],
  ['an unknown code', (s) => s.place('a', [tickets('floor', 1)], { codes: ['x2'] }), /code x2 is unknown/],
  ['a promotion used up', (s) => {
    s.place('a', [tickets('floor', 1)], { codes: ['p:half'] });
    s.confirm('a');
    s.place('b', [tickets('floor', 1)], { ...bob, codes: ['p:half'] });
    s.place('c', [tickets('floor', 1)], { ...cid, codes: ['p:half'] });
  }, /code p:half is used up$/],
  ['a promotion used twice by one', (s) => {
    s.place('a', [tickets('floor', 1)], { codes: ['p:half'] });
    s.place('b', [tickets('floor', 1)], { codes: ['p:half'] });
  }, /code p:half is used up by ann/],
  ['an unknown promotion', (s) => s.place('a', [tickets('floor', 1)], { codes: ['p:x'] }),
    /promotion x is unk/],
  ['a code that a change uses up', (s) => {
    s.place('a', [tickets('floor', 1)], { codes: ['x1'] });
    s.place('b', [seats(['A1'])]);
    s.change('b', [], [seats(['A2'])], [seats(['A1', 'A2'])], { codes: ['x1'] });
  }, /code x1 is used up by ann/],
  ['other fees than the terms say', (s) =>
    s.place('a', [tickets('floor', 1)], { terms, fees: [{ feeId: 'service', amount: 149 }] }),
    /fees are not/],
  ['a fee that is kept secret', (s) => s.place('a', [tickets('floor', 1)], { total: 2150 }),
    /cost 2000, not 2150/],
  ['other taxes than the items say', (s) => s.place('a', [fees], { taxes: [] }), /taxes are not those/],
  ['terms that are none', (s) => s.place('a', [tickets('floor', 1)], { terms: 'x', total: 0 }), /not terms/],
  ['another currency', (s) => s.place('a', [tickets('floor', 1)], { currency: 'USD' }), /in EUR, not in USD/],
  ['an order for another total', (s) => {
    s.place('a', [tickets('floor', 1)]);
    s.tell('order.confirmed', { orderId: 'o', holdId: 'a', buyerId: 'ann', items: [tickets('floor', 1)],
      total: 1999, currency: 'EUR', paymentMethod: 'free', contact: '', ticketSeed: '', digest: '' });
  }, /the order costs 1999, the hold 2000/],
  ['an order under other terms of the same price', (s) => {
    s.place('a', [tickets('floor', 1)], { terms });
    s.tell('order.confirmed', { orderId: 'o', holdId: 'a', buyerId: 'ann', items: [tickets('floor', 1)],
      total: 2150, currency: 'EUR', terms: '+other=150', fees: [{ feeId: 'other', amount: 150 }],
      paymentMethod: 'free', contact: '', ticketSeed: '', digest: '' });
  }, /other terms than the hold/],
  ['an order for another fee', (s) => {
    s.place('a', [fees], { terms });
    s.tell('order.confirmed', { orderId: 'o', holdId: 'a', buyerId: 'ann', total: 2230, currency: 'EUR',
      items: [{ ...fees, fees: [{ feeId: 'service', amount: 31 }] }], paymentMethod: 'free', contact: '',
      ticketSeed: '', digest: '' });
  }, /other items are sold/],
];

for (const [what, events, message] of REFUSED) {
  t.test(`the fold does not take ${what}`, (t) => {
    t.throws(() => events(openRuledSale()), { message });
    t.end();
  });
}

t.test('a recovery gives the lost time to live holds, and to nothing else', (t) => {
  const teller = openRuledSale();
  teller.place('plain', [tickets('floor', 1)]);
  teller.place('extended', [tickets('floor', 1)], bob);
  teller.place('over', [tickets('floor', 1)], cid);
  teller.end('over');
  const before = structuredClone(teller.sale.holds);
  const expiresAt = new Date(teller.nowMs + 700_000).toISOString();
  teller.tell('hold.extended', { holdId: 'extended', buyerId: 'bob', expiresAt, key: 'e1' });
  const state = teller.sale.state;
  teller.tell('sale.recovered', { lostMs: 90_000 });
  const later = (time = '') => new Date(Date.parse(time) + 90_000).toISOString();
  const { holds } = teller.sale;
  const plain = before.get('plain');
  t.match(holds.get('plain'), { expiresAt: later(plain?.expiresAt), expiresAtMax: later(plain?.expiresAtMax),
    extendedAt: undefined, holdMs: 690_000, maxMs: 1_890_000, placedAtMs: plain?.placedAtMs });
  t.match(holds.get('extended'), { expiresAt: later(expiresAt), extendedAt: later(expiresAt),
    extends: [{ key: 'e1', expiresAt: later(expiresAt) }] });
  t.same(holds.get('over'), before.get('over'));
  t.equal(teller.sale.state, state);
  t.throws(() => teller.tell('sale.recovered', { lostMs: -1 }), /cannot be given back/);
  t.end();
});
