import t from 'tap';
import { openRuledSale, RULED, seats, tickets } from '../../../harness/ruled-sale.ts';
import { definitionFrom } from '../../../harness/sale-teller.ts';
import type { Teller } from '../../../harness/sale-teller.ts';

const block = (teller: Teller, seatIds: string[]) =>
  teller.tell('stock.blocked', { areaId: 'hall', seatIds, reason: 'camera' });
const blockFloor = (teller: Teller, quantity: number) =>
  teller.tell('stock.blocked', { areaId: 'floor', quantity, reason: 'bar' });
const bob = { buyerId: 'bob' };

t.test('groups and venue count what is beneath them', (t) => {
  const teller = openRuledSale();
  teller.place('a', [tickets('floor', 2), tickets('stand', 1), seats(['A1'])]);
  teller.confirm('a');
  teller.place('b', [tickets('floor', 1)], bob);
  const { groups, venue, areas } = teller.sale;
  t.match(groups.get('low'), { capacity: 7, held: 1, sold: 2 });
  t.match(groups.get('all'), { capacity: 9, held: 1, sold: 3 });
  t.same([...groups.get('all')?.areaIds ?? []], ['stand', 'floor']);
  t.same(venue, { capacity: 13, held: 1, sold: 4 });
  t.match(areas.get('floor'), { held: 1, sold: 2, blocked: 0 });
  t.end();
});

t.test('an item of a channel is drawn from it and comes back to it', (t) => {
  const teller = openRuledSale();
  const floor = teller.sale.areas.get('floor');
  t.same([...floor?.allotted ?? []], [['club', 3], ['press', 1]]);
  teller.place('a', [tickets('floor', 2, 'club'), seats(['B1'], 'club')]);
  t.equal(floor?.allotted.get('club'), 1);
  teller.end('a');
  t.equal(floor?.allotted.get('club'), 3);
  t.match(teller.sale.seats.get('B1'), { holder: undefined, home: 'channel:club' });
  teller.place('b', [tickets('floor', 2, 'club'), seats(['B1'], 'club')], bob);
  teller.tell('allocation.returned', { channelId: 'club' });
  t.same([...floor?.allotted ?? []], [['press', 1]]);
  teller.end('b');
  t.same([...floor?.allotted ?? []], [['press', 1]], 'not to a channel that was returned');
  t.equal(teller.sale.seats.get('B1')?.home, 'public');
  teller.place('c', [seats(['B1']), seats(['B2'], 'club')], { buyerId: 'cid' });
  teller.tell('allocation.changed', { areaId: 'floor', channelId: 'club', quantity: 2 });
  teller.place('d', [tickets('floor', 1, 'club')], { buyerId: 'dot' });
  teller.end('d');
  t.equal(floor?.allotted.get('club'), 2, 'it is a channel again');
  t.end();
});

t.test('allocations move, places are released, stock is blocked and comes back', (t) => {
  const teller = openRuledSale();
  teller.tell('allocation.changed', { areaId: 'hall', channelId: 'press', seatIds: ['A1', 'B1'] });
  teller.tell('allocation.changed', { areaId: 'hall', channelId: null, seatIds: ['B2'] });
  teller.tell('allocation.changed', { areaId: 'floor', channelId: 'club', quantity: 0 });
  teller.tell('places.released', { areaId: 'hall', seatIds: ['N'] });
  block(teller, ['A4']);
  blockFloor(teller, 3);
  teller.tell('stock.unblocked', { areaId: 'floor', quantity: 1, reason: 'no bar' });
  const told = [...teller.sale.seats].map(([id, { home, blocked }]) =>
    `${id} ${home}${blocked ? ' blocked' : ''}`);
  t.same(told, [
    'A1 channel:press', 'A2 public', 'A3 public', 'A4 public blocked', 'B1 channel:press', 'B2 public',
    'W accessible', 'N public']);
  t.equal(teller.sale.areas.get('hall')?.blocked, 1);
  t.equal(teller.sale.areas.get('floor')?.blocked, 2);
  teller.place('a', [seats(['A1'], 'press'), seats(['B2', 'W', 'N'])]);
  teller.tell('stock.unblocked', { areaId: 'hall', seatIds: ['A4'], reason: 'no camera' });
  t.match(teller.sale.seats.get('A4'), { blocked: false });
  t.end();
});

t.test('capacities and prices change, and the definition with them', (t) => {
  const teller = openRuledSale();
  teller.tell('capacity.changed', { version: 2, areaId: 'floor', capacity: 20 });
  teller.tell('capacity.changed', { version: 3, groupId: 'low', capacity: 18 });
  teller.tell('capacity.changed', { version: 4, groupId: 'all', capacity: 19 });
  teller.tell('capacity.changed', { version: 5, capacity: 21 });
  teller.tell('price.changed', { version: 6, categoryId: 'D', ticketType: 'adult', price: 2500 });
  t.match(teller.sale.definition, { version: 6, capacity: 21, groups: [{ capacity: 19 }, { capacity: 18 }],
    categories: [{ prices: { adult: 1000, child: 500 } }, { prices: { adult: 2500 } }] });
  t.equal(teller.sale.areas.get('floor')?.capacity, 20);
  teller.place('a', [tickets('floor', 5)]);
  teller.place('b', [tickets('floor', 5)], bob);
  t.equal(teller.sale.venue.held, 10);
  t.end();
});

t.test('a sale is reopened, archived and revived', (t) => {
  const teller = openRuledSale();
  const states = ([
    'sale.closed', 'sale.reopened', 'sale.closed', 'sale.archived', 'sale.revived', 'sale.reopened',
  ] as const)
    .map((type) => {
      teller.tell(type, {});
      return teller.sale.state;
    });
  t.same(states, ['closed', 'open', 'closed', 'archived', 'closed', 'open']);
  t.end();
});

t.test('a draft that is defined otherwise begins anew, and only then', (t) => {
  const teller = openRuledSale();
  const draft = openRuledSale();
  draft.sale.state = 'draft';
  block(draft, ['A1']);
  blockFloor(draft, 2);
  draft.tell('allocation.returned', { channelId: 'press' });
  draft.define(definitionFrom({ ...RULED, name: 'Macbeth' }, 2), false);
  t.equal(draft.sale.areas.get('floor')?.blocked, 2, 'another name leaves the stock alone');
  t.ok(draft.sale.seats.get('A1')?.blocked);
  draft.define(definitionFrom(RULED, 3));
  t.equal(draft.sale.areas.get('floor')?.blocked, 0, 'areas that are written anew are as defined');
  t.same(draft.sale.seats, teller.sale.seats);
  t.same(draft.sale.areas, teller.sale.areas);
  t.equal(draft.sale.returned.size, 0);
  t.end();
});

const REFUSED: [what: string, events: (teller: Teller) => void, message: RegExp][] = [
  ['a channel past its allotment', (s) => s.place('a', [tickets('floor', 4, 'club')]), /club has 3 left/],
  ['a channel that has nothing there', (s) => s.place('a', [tickets('stand', 1, 'club')]),
    /club has nothing in/],
  ['more than is set aside for nobody', (s) => s.place('a', [tickets('floor', 5)]), /floor is past its cap/],
  ['a group past its capacity', (s) => {
    s.tell('allocation.changed', { areaId: 'floor', channelId: 'club', quantity: 0 });
    s.place('a', [tickets('floor', 5)]);
    s.place('b', [tickets('floor', 2), tickets('floor', 1, 'press')], bob);
  }, /group low is past its capacity/],
  ['a group past the capacity of one above it', (s) => {
    s.place('a', [tickets('floor', 4)]);
    s.place('b', [tickets('floor', 2, 'club'), tickets('stand', 3)], bob);
    s.place('c', [tickets('stand', 1)], { buyerId: 'cid' });
  }, /group all is past its capacity/],
  ['the venue past its capacity', (s) => {
    s.place('a', [tickets('floor', 4)]);
    s.place('b', [tickets('stand', 4)], bob);
    s.place('c', [seats(['A1', 'A2', 'A3', 'A4', 'W'])], { buyerId: 'cid' });
    s.place('d', [seats(['N'])], { buyerId: 'dot' });
  }, /the venue is past its capacity/],
  ['a seat of a channel without it', (s) => s.place('a', [seats(['B1'])]),
    /seat B1 is set aside: channel:club/],
  ['a seat of another channel', (s) => s.place('a', [seats(['B1'], 'press')]),
    /B1 is set aside: channel:club/],
  ['a public seat for a channel', (s) => s.place('a', [seats(['A1'], 'club')]), /A1 is set aside: public/],
  ['a blocked seat', (s) => { block(s, ['A1']); s.place('a', [seats(['A1'])]); }, /seat A1 is blocked/],
  ['a held seat blocked', (s) => { s.place('a', [seats(['A1'])]); block(s, ['A1']); }, /A1 is not free/],
  ['a seat blocked twice', (s) => { block(s, ['A1']); block(s, ['A1']); }, /A1 is blocked/],
  ['more blocked than is free', (s) => blockFloor(s, 5), /floor is past its capacity/],
  ['nothing blocked', (s) => s.tell('stock.blocked', { areaId: 'floor', reason: '' }), /nothing is named/],
  ['a number of seats blocked', (s) => s.tell('stock.blocked', { areaId: 'hall', quantity: 1, reason: '' }),
    /hall is seated/],
  ['seats of a general area', (s) =>
    s.tell('stock.blocked', { areaId: 'floor', seatIds: ['A1'], reason: '' }),
    /floor is general/],
  ['another number than seats', (s) =>
    s.tell('stock.blocked', { areaId: 'hall', quantity: 2, seatIds: ['A1'], reason: '' }), /differ/],
  ['a seat of another area', (s) =>
    s.tell('places.released', { areaId: 'floor', seatIds: ['W'] }), /seat W is not in floor/],
  ['unblocked what was not blocked', (s) =>
    s.tell('stock.unblocked', { areaId: 'floor', quantity: 1, reason: '' }), /floor has 0 blocked/],
  ['a free seat unblocked', (s) => {
    block(s, ['A1']);
    s.tell('stock.unblocked', { areaId: 'hall', seatIds: ['A2'], reason: '' });
  }, /seat A2 is not blocked/],
  ['an allotment past the capacity', (s) =>
    s.tell('allocation.changed', { areaId: 'floor', channelId: 'club', quantity: 8 }), /floor is past its/],
  ['an unknown channel', (s) =>
    s.tell('allocation.changed', { areaId: 'floor', channelId: 'x', quantity: 1 }), /channel x is unknown/],
  ['an unknown channel returned', (s) => s.tell('allocation.returned', { channelId: 'x' }), /x is unknown/],
  ['a quantity for the public', (s) =>
    s.tell('allocation.changed', { areaId: 'floor', channelId: null, quantity: 1 }), /is not counted/],
  ['an allocation of nothing', (s) =>
    s.tell('allocation.changed', { areaId: 'floor', channelId: 'club' }), /neither or both/],
  ['an allocation of a number of seats', (s) =>
    s.tell('allocation.changed', { areaId: 'hall', channelId: 'club', quantity: 1 }), /hall is seated/],
  ['a held seat moved to a channel', (s) => {
    s.place('a', [seats(['A1'])]);
    s.tell('allocation.changed', { areaId: 'hall', channelId: 'club', seatIds: ['A1'] });
  }, /seat A1 is not free/],
  ['a blocked seat moved to a channel', (s) => {
    block(s, ['A1']);
    s.tell('allocation.changed', { areaId: 'hall', channelId: 'club', seatIds: ['A1'] });
  }, /seat A1 is not free/],
  ['an accessible place moved to a channel', (s) =>
    s.tell('allocation.changed', { areaId: 'hall', channelId: 'club', seatIds: ['W'] }), /W is accessible/],
  ['a seat of a channel released as accessible', (s) =>
    s.tell('places.released', { areaId: 'hall', seatIds: ['B1'] }), /B1 is set aside/],
  ['a capacity below what is taken and set aside', (s) => {
    s.place('a', [tickets('floor', 2)]);
    s.tell('capacity.changed', { version: 2, areaId: 'floor', capacity: 5 });
  }, /floor is past its capacity/],
  ['a group below what is taken', (s) => {
    s.place('a', [tickets('floor', 2)]);
    s.tell('capacity.changed', { version: 2, groupId: 'low', capacity: 1 });
  }, /group low is past its capacity/],
  ['a venue below what is taken', (s) => {
    s.place('a', [tickets('floor', 2)]);
    s.tell('capacity.changed', { version: 2, capacity: 1 });
  }, /the venue is past its capacity/],
  ['a capacity of seats', (s) => s.tell('capacity.changed', { version: 2, areaId: 'hall', capacity: 9 }),
    /hall is seated/],
  ['a capacity of two', (s) =>
    s.tell('capacity.changed', { version: 2, areaId: 'floor', groupId: 'low', capacity: 9 }), /both/],
  ['an unknown group', (s) => s.tell('capacity.changed', { version: 2, groupId: 'x', capacity: 9 }),
    /group x is unknown/],
  ['a price of what is not sold', (s) =>
    s.tell('price.changed', { version: 2, categoryId: 'D', ticketType: 'child', price: 1 }),
    /does not sell child/],
  ['other areas than it opened with', (s) => {
    s.define(definitionFrom({ ...RULED, capacity: 12 }, 2), false);
  }, /the areas are fixed/],
  ['a sale that is open reopened', (s) => s.tell('sale.reopened', {}), /the sale is open/],
  ['a sale that is open archived', (s) => s.tell('sale.archived', {}), /the sale is open/],
  ['a live hold archived', (s) => {
    s.place('a', [tickets('floor', 1)]);
    s.tell('sale.closed', {});
    s.tell('sale.archived', {});
  }, /hold a is live/],
  ['a sale that is closed revived', (s) => { s.tell('sale.closed', {}); s.tell('sale.revived', {}); },
    /the sale is closed/],
  ['anything once it is archived', (s) => {
    s.tell('sale.closed', {});
    s.tell('sale.archived', {});
    blockFloor(s, 1);
  }, /the sale is archived/],
];

for (const [what, events, message] of REFUSED) {
  t.test(`the fold does not take ${what}`, (t) => {
    t.throws(() => events(openRuledSale()), { message });
    t.end();
  });
}
