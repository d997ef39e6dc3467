import t from 'tap';
import { attributesOf } from '../../../../services/shared/contracts/event-attributes.ts';
import { evolve, initialSale } from '../../../../services/shared/contracts/evolve.ts';
import type { FoldedSale } from '../../../../services/shared/contracts/evolve.ts';
import type { EventData, EventType, Item, SaleEvent } from '../../../../services/shared/contracts/events.ts';

const seats: Item = { areaId: 'hall', categoryId: 'C', ticketType: 'adult', price: 10, quantity: 2,
  seatIds: ['A1', 'A2'] };
const floor: Item = { areaId: 'floor', categoryId: 'C', ticketType: 'adult', price: 10, quantity: 2 };

let seq = 0;
function event<T extends EventType>(type: T, data: EventData<T>): SaleEvent {
  seq += 1;
  return attributesOf({
    id: `e${seq}`, partition: 0, type, saleId: 'hamlet', seq, prev: `e${seq - 1}`,
    time: '2026-11-23T09:00:00.000Z', epoch: 0, data,
  }) as SaleEvent;
}

function fold(events: SaleEvent[], onto: FoldedSale = initialSale()): FoldedSale {
  return events.reduce(evolve, onto);
}

const defined = (more: Partial<EventData<'sale.defined'>> = {}) => event('sale.defined', {
  version: 1, name: 'Hamlet', currency: 'EUR', opensAt: null, closesAt: null, holdSeconds: 600,
  holdSecondsMax: 1800, buyerLimit: 4, paymentMethods: ['free'],
  categories: [{ categoryId: 'C', name: 'C', prices: { adult: 10 } }],
  areas: [{ areaId: 'hall', name: 'Hall', kind: 'seated', capacity: 3, categoryId: 'C' },
    { areaId: 'floor', name: 'Floor', kind: 'general', capacity: 3, categoryId: 'C' }],
  ...more,
});
const hall = (seatIds = ['A1', 'A2', 'A3']) =>
  event('area.defined', { version: 1, areaId: 'hall', rows: [{ rowId: 'A',
  seats: seatIds.map((seatId, x) => ({ seatId, label: seatId, x, y: 0, categoryId: 'C' })) }] });
const placed = (holdId: string, items: Item[], more: Partial<EventData<'hold.placed'>> = {}) =>
  event('hold.placed', {
    holdId, buyerId: `b-${holdId}`, items, total: items.reduce((sum, i) => sum + i.price * i.quantity, 0),
    currency: 'EUR', expiresAt: '2026-11-23T09:10:00.000Z', expiresAtMax: '2026-11-23T09:30:00.000Z',
      digest: 'd',
    ...more,
  });
const ended = (type: 'hold.released' | 'hold.expired', holdId: string, items: Item[]) =>
  event(type, { holdId, buyerId: `b-${holdId}`, items });
const confirmed = (orderId: string, holdId: string, items: Item[]) => event('order.confirmed', {
  orderId, holdId, buyerId: `b-${holdId}`, items,
  total: items.reduce((sum, i) => sum + i.price * i.quantity, 0),
  currency: 'EUR', paymentMethod: 'free', contact: 's', ticketSeed: 't', digest: 'd',
});
const fresh = { kind: 'seated', capacity: 3, held: 0, sold: 0, blocked: 0, allotted: new Map() };
const open = () => fold([defined(), hall(), event('sale.opened', {})]);

t.test('the life of a hold', (t) => {
  const sale = open();
  fold([placed('a', [seats]), placed('b', [floor])], sale);
  t.same([sale.areas.get('hall'), sale.areas.get('floor')], [
    { ...fresh, held: 2 }, { ...fresh, kind: 'general', held: 2 }]);
  fold([confirmed('o', 'a', [seats]), ended('hold.released', 'b', [floor])], sale);
  t.same([sale.areas.get('hall'), sale.areas.get('floor')], [
    { ...fresh, sold: 2 }, { ...fresh, kind: 'general' }]);
  t.match(sale.seats.get('A1'), { holder: 'a', sold: true });
  t.match(sale.seats.get('A3'), { holder: undefined, sold: false });
  t.match(sale.buyers.get('b-a'), { tickets: 2, holds: 0 });
  t.same([...sale.holds].map(([id, { status }]) => [id, status]), [['a', 'ordered'], ['b', 'released']]);
  t.equal(sale.head.id, `e${seq}`);
  t.end();
});

t.test('items compare by what they say, whatever the order of their members', (t) => {
  const turned = Object.fromEntries(Object.entries(seats).toReversed()) as Item;
  t.doesNotThrow(() => fold([placed('a', [seats]), confirmed('o', 'a', [turned])], open()));
  t.end();
});

t.test('a key that comes again a day after its hold ended makes a hold of the same id', (t) => {
  const sale = fold([placed('a', [floor]), ended('hold.released', 'a', [floor]), placed('a', [floor])],
    open());
  t.equal(sale.areas.get('floor')?.held, 2);
  t.end();
});

const BROKEN: [what: string, events: () => SaleEvent[], message: RegExp][] = [
  ['a seat with two owners', () =>
    [placed('a', [seats]), placed('b', [{ ...seats, quantity: 1, seatIds: ['A2'] }])],
    /seat A2 has two owners/],
  ['a sold seat held again', () => [placed('a', [seats]), confirmed('o', 'a', [seats]),
    placed('b', [{ ...seats, quantity: 1, seatIds: ['A1'] }])], /seat A1 has two owners/],
  ['a seat twice in one hold', () => [placed('a', [{ ...seats, seatIds: ['A1', 'A1'] }])], /two owners/],
  ['an area past its capacity', () => [placed('a', [floor]), placed('b', [floor])],
    /floor is past its capacity/],
  ['sold and held past the capacity', () =>
    [placed('a', [floor]), confirmed('o', 'a', [floor]), placed('b', [floor])],
    /floor is past its capacity/],
  ['a hold placed twice', () =>
    [placed('a', [{ ...floor, quantity: 1 }]), placed('a', [{ ...floor, quantity: 1 }])],
    /placed before/],
  ['a hold that ends twice', () => [placed('a', [floor]), ended('hold.expired', 'a', [floor]),
    ended('hold.expired', 'a', [floor])], /hold a is expired/],
  ['a released hold that expires', () => [placed('a', [floor]), ended('hold.released', 'a', [floor]),
    ended('hold.expired', 'a', [floor])], /hold a is released/],
  ['an order from an expired hold', () => [placed('a', [floor]), ended('hold.expired', 'a', [floor]),
    confirmed('o', 'a', [floor])], /hold a is expired/],
  ['two orders from one hold', () => [placed('a', [floor]), confirmed('o', 'a', [floor]),
    confirmed('p', 'a', [floor])], /hold a is ordered/],
  ['an order twice', () => [placed('a', [{ ...floor, quantity: 1 }]), placed('b', [floor]),
    confirmed('o', 'a', [{ ...floor, quantity: 1 }]), confirmed('o', 'b', [floor])],
      /order o was made before/],
  ['an ordered hold that is released', () => [placed('a', [floor]), confirmed('o', 'a', [floor]),
    ended('hold.released', 'a', [floor])], /hold a is ordered/],
  ['more given back than was held', () => [placed('a', [{ ...floor, quantity: 1 }]),
    ended('hold.released', 'a', [floor])], /other items come back/],
  ['more sold than was held', () => [placed('a', [{ ...floor, quantity: 1 }]), confirmed('o', 'a', [floor])],
    /other items are sold/],
  ['a buyer past the limit', () => [placed('a', [floor, seats, { ...seats, quantity: 1, seatIds: ['A3'] }])],
    /b-a is past the limit/],
  ['a price that does not add up', () => [placed('a', [floor], { total: 19 })], /cost 20, not 19/],
  ['a count where seats are', () => [placed('a', [{ ...floor, areaId: 'hall' }])],
    /seats and quantity differ/],
  ['fewer seats than tickets', () => [placed('a', [{ ...seats, seatIds: ['A1'] }])],
    /seats and quantity differ/],
  ['an unknown seat', () => [placed('a', [{ ...seats, seatIds: ['A1', 'Z1'] }])], /seat Z1 is unknown/],
  ['an unknown area', () => [placed('a', [{ ...floor, areaId: 'x' }])], /area x is unknown/],
  ['an unknown hold', () => [ended('hold.released', 'a', [floor])], /hold a is unknown/],
  ['opened twice', () => [event('sale.opened', {})], /the sale is open/],
  ['resumed without a pause', () => [event('sale.resumed', {})], /the sale is open/],
  ['opened after the end', () => [event('sale.closed', {}), event('sale.opened', {})], /the sale is closed/],
  ['other seats after it opened', () => [hall(['X1'])], /the areas are fixed/],
  ['changed after the end', () => [event('sale.closed', {}), defined()], /the sale is closed/],
];

for (const [what, events, message] of BROKEN) {
  t.test(`the fold does not take ${what}`, (t) => {
    const sale = open();
    t.throws(() => fold(events(), sale), { message });
    t.end();
  });
}

t.test('what it does not take is told with sale and seq', (t) => {
  t.throws(() => fold([event('sale.opened', {})], open()), { message: /^hamlet seq \d+ \(sale\.opened\): / });
  t.end();
});

t.test('a draft that changes', (t) => {
  const sale = fold([defined(), hall(), defined({ version: 2, areas: [
    { areaId: 'hall', name: 'Hall', kind: 'general', capacity: 9, categoryId: 'C' }] })]);
  t.equal(sale.seats.size, 0);
  t.same([...sale.areas], [['hall', { ...fresh, kind: 'general', capacity: 9 }]]);
  const kept = fold([defined(), hall(), defined({ version: 2, name: 'Macbeth' })]);
  t.equal(kept.seats.size, 3, 'a definition without new areas keeps the seats');
  t.end();
});
