import t from 'tap';
import type { Item } from '../../../../services/shared/contracts/events.ts';
import { initialSale } from '../../../../services/shared/contracts/evolve.ts';
import { definitionOf } from '../../../../services/shared/contracts/evolve-definition.ts';
import { compileLayout } from '../../../../services/shared/contracts/layout.ts';
import { packSale } from '../../../../services/shared/contracts/pack-sale.ts';
import type { PackedSale } from '../../../../services/shared/contracts/pack-sale.ts';
import { SaleDefinition } from '../../../../services/shared/contracts/sale-definition.ts';
import type { SaleInput } from '../../../../services/shared/contracts/sale-input.ts';
import { Value } from 'typebox/value';
import { openRuledSale, RULED, seats, tickets } from '../../../harness/ruled-sale.ts';
import { createTeller, definitionFrom } from '../../../harness/sale-teller.ts';
import type { Teller } from '../../../harness/sale-teller.ts';

function packed({ sale }: Teller): PackedSale {
  const definition = definitionOf(sale);
  return packSale(sale, definition, compileLayout(definition));
}

const plan: SaleInput = {
  name: 'Macbeth', currency: 'EUR', opensAt: '2026-12-01T10:00:00+01:00',
  categories: [{ categoryId: 'Stalls', name: 'Stalls', prices: { child: 5, adult: 9 } },
    { categoryId: 'Wheel', prices: { adult: 9 }, accessible: true }],
  ticketTypes: [{ ticketType: 'child', maxPerHold: 2 }], taxes: [{ taxId: 'vat', percent: 7 }],
  focalPoint: { x: 1, y: 2 }, order: [{ areaId: 'balcony' }], passRequired: true,
  layout: { name: 'p', categories: [{ name: 'Stalls' }, { name: 'Wheel' }],
    zones: [{ name: 'Balcony', rows: [{
    row_number: 'A', seats: ['x', 'y'].map((guid, x) =>
      ({ seat_guid: guid, seat_number: guid, position: { x, y: 0 },
        category: x === 0 ? 'Stalls' : 'Wheel' })),
  }] }] },
};

for (const [what, input] of [['every rule', RULED], ['a seating plan', plan]] as const) {
  t.test(`the definition of a sale with ${what} is what was defined, to the byte`, (t) => {
    const teller = createTeller();
    const definition = definitionFrom(input);
    teller.define(definition);
    t.equal(JSON.stringify(definitionOf(teller.sale)), JSON.stringify(definition));
    const next = definitionFrom({ ...input, name: 'Again' }, 2);
    teller.define(next, false);
    t.equal(JSON.stringify(definitionOf(teller.sale)), JSON.stringify(next),
      'rows stay when they are not told');
    t.end();
  });
}

t.test('the definition has the prices and capacities of today', (t) => {
  const teller = openRuledSale();
  teller.tell('price.changed', { version: 2, categoryId: 'C', ticketType: 'child', price: 600 });
  teller.tell('capacity.changed', { version: 3, areaId: 'stand', capacity: 5 });
  teller.tell('capacity.changed', { version: 4, groupId: 'low', capacity: 6 });
  const areas = (RULED.areas ?? []).map((area) =>
    (area.areaId === 'stand' ? { ...area, capacity: 5 } : area));
  const groups = (RULED.groups ?? []).map((one) => (one.groupId === 'low' ? { ...one, capacity: 6 } : one));
  const categories = RULED.categories.map((one) =>
    (one.categoryId === 'C' ? { ...one, prices: { adult: 1000, child: 600 } } : one));
  t.equal(JSON.stringify(definitionOf(teller.sale)),
    JSON.stringify(definitionFrom({ ...RULED, areas, groups, categories }, 4)));
  t.end();
});

t.test('what an earlier release did not say has its default', (t) => {
  const teller = createTeller();
  teller.tell('sale.defined', {
    version: 1, name: 'Hamlet', currency: 'EUR', opensAt: null, closesAt: null, holdSeconds: 600,
    holdSecondsMax: 1800, buyerLimit: 4, paymentMethods: ['free'],
    categories: [{ categoryId: 'D', name: 'D', prices: { adult: 2000 } }],
    areas: [{ areaId: 'floor', name: 'floor', kind: 'general', capacity: 8, categoryId: 'D' }],
  });
  const definition = definitionOf(teller.sale);
  t.ok(Value.Check(SaleDefinition, definition));
  t.equal(JSON.stringify(definition), JSON.stringify(definitionFrom({ name: 'Hamlet', currency: 'EUR',
    buyerLimit: 4, categories: [{ categoryId: 'D', prices: { adult: 2000 } }],
    areas: [{ areaId: 'floor', kind: 'general', capacity: 8, categoryId: 'D' }] })));
  t.throws(() => definitionOf(initialSale()), /not defined/);
  t.end();
});

t.test('counters, seats and homes', (t) => {
  const teller = openRuledSale();
  t.match(packed(teller), { seats: '0000AAwc', homes: '0000AAwc', areas: {
    0: '8 0 0 0', 1: '8 0 0 0', '1:1': '3', '1:2': '1', 2: '4 0 0 0',
    3: '9 0 0 0', 4: '7 0 0 0', 5: '13 0 0 0' } });
  teller.place('a', [seats(['A1']), seats(['W']), tickets('floor', 2)]);
  teller.place('b', [seats(['B1'], 'club'), tickets('floor', 1, 'club')]);
  teller.confirm('a');
  teller.tell('stock.blocked', { areaId: 'hall', seatIds: ['A4'], reason: 'camera' });
  teller.tell('stock.blocked', { areaId: 'floor', quantity: 1, reason: 'bar' });
  teller.tell('allocation.changed', { areaId: 'hall', channelId: 'press', seatIds: ['A2'] });
  teller.tell('places.released', { areaId: 'hall', seatIds: ['N'] });
  const { sale, ...keys } = packed(teller);
  t.match(keys, { seats: 'sB0bhAs0', homes: '0B00AAw0', areas: {
    0: '4 1 2 1', 1: '4 1 2 1', '1:1': '2', '1:2': '1', 2: '4 0 0 0',
    3: '6 1 2 0', 4: '4 1 2 0', 5: '7 2 4 0' } });
  t.same(sale, { state: 'open', seq: String(teller.sale.head.seq), head: teller.sale.head.id, epoch: '0',
    version: '1', returned: '' });
  teller.tell('allocation.returned', { channelId: 'press' });
  t.match(packed(teller), { seats: 's00bhAs0', homes: '0000AAw0', sale: { returned: 'B' } });
  t.notOk('1:2' in packed(teller).areas);
  t.notOk('5' in packed(openRuledSale({ capacity: null })).areas);
  t.end();
});

t.test('holds, what asks for them again, and orders', (t) => {
  const teller = openRuledSale();
  const placedAtMs = teller.nowMs;
  const money: Item = { ...tickets('floor', 2), fees: [{ feeId: 'f', amount: 30 }],
    taxes: [{ taxId: 'v', amount: 72, included: true }] };
  teller.place('a', [seats(['A1', 'A2', 'A4']), money], { terms: '+service=150', codes: ['x1', 'p:half'] });
  t.same(packed(teller).holds, { a: ['l', 'd-a', 'ann', placedAtMs, 600_000, 1_800_000,
    '0,0,0,1000,3,0,0,0+2.3;1,0,1,2000+f=30~v=72,2,0,-1,', '+service=150', 'x1 p:half', '', '', '', '']
    .join('\t') });
  t.same(packed(teller).expiry, [{ member: 'a', expiresAtMs: placedAtMs + 600_000 }]);
  t.same(packed(teller).ended, []);
  const expiresAtMs = placedAtMs + 700_000;
  teller.nowMs += 100_000;
  const expiresAt = new Date(expiresAtMs).toISOString();
  teller.tell('hold.extended', { holdId: 'a', buyerId: 'ann', key: 'e1', expiresAt });
  teller.change('a', [money], [], [seats(['A1', 'A2', 'A4'])], { key: 'c1', codes: ['x1'] });
  teller.place('b', [seats(['B2'], 'club')]);
  const changedMs = teller.nowMs;
  const front = `ann\t${placedAtMs}\t600000\t1800000\t0,0,0,1000,3,0,0,0+2.3`;
  const records = packed(teller).holds;
  t.equal(records['a'], `l\td-a\t${front}\t\tx1\t${expiresAtMs}\te1=${expiresAtMs};c1=\t\t`);
  t.equal(records['a/0'], `r\td-a\t${front};1,0,1,2000+f=30~v=72,2,0,-1,`
    + `\t+service=150\tx1 p:half\t${expiresAtMs}\t`
    + `e1=${expiresAtMs}\t\t${changedMs}`);
  t.equal(records['a/c1'],
    `r\tc-a\t${front}\t\tx1\t${expiresAtMs}\te1=${expiresAtMs};c1=\t\t${changedMs}`);
  t.match(records['b'], /\t0,0,0,1000,1,1,\d+,5\t/);
  t.same(packed(teller).ended, ['a/0', 'a/c1']);
  teller.nowMs += 1000;
  teller.end('b');
  teller.confirm('a');
  const { holds, orders, expiry, ended } = packed(teller);
  t.equal(holds['a'], `o\td-a\t${front}\t\tx1\t${expiresAtMs}\te1=${expiresAtMs};c1=\to-a\t${teller.nowMs}`);
  t.ok(holds['b']?.startsWith('r\t') && holds['b'].endsWith(`\t\t${teller.nowMs}`));
  t.same(ended, ['a/0', 'a/c1', 'b', 'a']);
  t.same(expiry, []);
  t.same(orders, { 'o-a': ['confirmed', 'd-o-a', 'ann', 'a', teller.nowMs, '0,0,0,1000,3,0,0,0+2.3', '',
    teller.sale.head.id,
    '{"paymentMethod":"free","contact":"sealed","ticketSeed":"seed","digest":"d-o-a"}'].join('\t') });
  t.end();
});

t.test('buyers and codes', (t) => {
  const teller = openRuledSale();
  const capMs = teller.nowMs + 1_800_000;
  teller.place('a', [seats(['A3']), tickets('stand', 1)], { codes: ['x1', 'p:half'] });
  teller.place('b', [tickets('floor', 2)], { buyerId: 'bob' });
  t.same(packed(teller).buyers, { ann: '2 1', bob: '2 1' });
  t.same(packed(teller).codes,
    { x1: 'A 2 1 1', 'x1/ann': '1', 'p:half': '1', 'p:half/ann': '1' });
  teller.nowMs += 600_000;
  teller.end('a', 'hold.expired');
  t.same(packed(teller).buyers,
    { ann: `0 0 600000 1 ${teller.nowMs + 60_000} s2@${capMs},a2@${capMs}`, bob: '2 1' });
  t.same(packed(teller).codes, { x1: 'A 2 1 0' });
  t.end();
});

t.test('a layout of another sale is refused', (t) => {
  const teller = openRuledSale();
  teller.place('a', [seats(['A1'])]);
  const other = definitionFrom(plan);
  t.throws(() => packSale(teller.sale, other, compileLayout(other)), /has no area "balcony"/);
  const split = definitionFrom(RULED);
  const layout = compileLayout(split);
  for (const [i, seat] of layout.seats.entries()) seat.segment = i;
  t.doesNotThrow(() => packSale(teller.sale, split, layout));
  teller.place('b', [seats(['A2', 'A3'])]);
  t.throws(() => packSale(teller.sale, split, layout), /not in one segment/);
  t.end();
});
