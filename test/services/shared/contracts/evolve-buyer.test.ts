import t from 'tap';
import { openRuledSale, RULED, seats, tickets } from '../../../harness/ruled-sale.ts';
import { definitionFrom } from '../../../harness/sale-teller.ts';
import type { Teller } from '../../../harness/sale-teller.ts';

const minuteMs = 60_000;
const buyer = ({ sale }: Teller) => sale.buyers.get('ann');
const capAfter = (fromMs: number) => fromMs + 30 * minuteMs;
/** A hold that ends no later than a cap. */
const until = (capMs: number) => {
  const at = new Date(capMs).toISOString();
  return { expiresAt: at, expiresAtMax: at };
};

t.test('time held without buying adds up, and passing the allowance is a strike', (t) => {
  const teller = openRuledSale();
  const startMs = teller.nowMs;
  teller.place('a', [seats(['A1'])]);
  teller.nowMs += 9 * minuteMs;
  teller.end('a');
  t.match(buyer(teller), { tickets: 0, holds: 0, heldMs: 9 * minuteMs, strikes: 0, coolUntilMs: 0 });
  teller.place('b', [seats(['A2'])]);
  teller.nowMs += 6 * minuteMs;
  teller.end('b');
  t.match(buyer(teller), { heldMs: 0, strikes: 1, coolUntilMs: startMs + 16 * minuteMs },
    'fifteen minutes are the allowance');
  t.throws(() => teller.place('c', [seats(['A3'])]), /ann may not hold anything yet/);
  t.end();
});

t.test('a hold that lapses is a strike at its end, however late it is found', (t) => {
  const teller = openRuledSale();
  const startMs = teller.nowMs;
  teller.place('a', [seats(['A1'])]);
  teller.nowMs += 25 * minuteMs;
  teller.end('a', 'hold.expired');
  t.match(buyer(teller), { heldMs: 10 * minuteMs, strikes: 1, coolUntilMs: startMs + 11 * minuteMs });
  teller.place('b', [seats(['A2'])]);
  teller.nowMs += 10 * minuteMs;
  teller.end('b', 'hold.expired');
  t.match(buyer(teller), { heldMs: 5 * minuteMs, strikes: 3, coolUntilMs: teller.nowMs + 150_000 },
    'twice as long each time, and never longer than the longest');
  t.end();
});

t.test('what is found late shortens no cool-down', (t) => {
  const teller = openRuledSale();
  const startMs = teller.nowMs;
  teller.place('a', [seats(['A1'])]);
  teller.place('b', [seats(['A2'])], { expiresAt: new Date(startMs + 25 * minuteMs).toISOString() });
  teller.nowMs += 20 * minuteMs;
  teller.end('b');
  teller.end('a', 'hold.expired');
  t.match(buyer(teller), { heldMs: 0, strikes: 3, coolUntilMs: startMs + 21 * minuteMs });
  t.end();
});

t.test('who is past a limit that was lowered may give back', (t) => {
  const teller = openRuledSale();
  teller.place('a', [seats(['A1', 'A2', 'A3'])]);
  teller.define(definitionFrom({ ...RULED, buyerLimit: 1, holdLimit: 1 }, 2), false);
  teller.change('a', [seats(['A3'])], [], [seats(['A1', 'A2'])]);
  t.match(buyer(teller), { tickets: 2, holds: 1 });
  t.end();
});

t.test('an order makes up for all of it', (t) => {
  const teller = openRuledSale();
  teller.place('a', [seats(['A1'])]);
  teller.place('b', [seats(['A2'])]);
  teller.nowMs += 10 * minuteMs;
  teller.end('a', 'hold.expired');
  t.match(buyer(teller), { strikes: 1 });
  teller.confirm('b');
  t.match(buyer(teller), { tickets: 1, holds: 0, heldMs: 0, strikes: 0, coolUntilMs: 0 });
  t.equal(buyer(teller)?.returned.size, 1, 'but not for places claimed again');
  t.end();
});

t.test('who claims again what was given back has what was left of the time', (t) => {
  const teller = openRuledSale();
  const capMs = capAfter(teller.nowMs);
  teller.place('a', [seats(['A1', 'A2']), tickets('floor', 1)]);
  teller.nowMs += minuteMs;
  teller.change('a', [seats(['A2'])], [], [seats(['A1']), tickets('floor', 1)]);
  t.same([...buyer(teller)?.returned ?? []], [['seat:A2', capMs]], 'a part that is given back');
  teller.end('a');
  t.same([...buyer(teller)?.returned ?? []], [['seat:A2', capMs], ['seat:A1', capMs], ['area:floor', capMs]]);
  teller.place('b', [seats(['A1'])], until(capMs));
  teller.place('c', [seats(['A3'])]);
  teller.place('d', [seats(['A2'])], { buyerId: 'bob' });
  t.end();
});

for (const [unit, items] of [['seat:A1', [seats(['A1'])]], ['area:floor', [tickets('floor', 1)]]] as const) {
  t.test(`no time is won with ${unit}`, (t) => {
    const teller = openRuledSale();
    const capMs = capAfter(teller.nowMs);
    teller.place('a', [seats(['A1']), tickets('floor', 1)]);
    teller.end('a');
    teller.nowMs += 1;
    t.throws(() => teller.place('b', [...items], until(capMs + 1)), /is held for longer than was left/);
    t.end();
  });
}

t.test('what was given back is forgotten as long after its end as a hold may live', (t) => {
  const teller = openRuledSale({ hoarding: null });
  const capMs = capAfter(teller.nowMs);
  teller.place('a', [seats(['A1'])]);
  teller.place('b', [seats(['A2'])]);
  teller.nowMs += minuteMs;
  teller.end('a');
  teller.nowMs = capMs + 30 * minuteMs - 1;
  teller.end('b', 'hold.expired');
  t.same([...buyer(teller)?.returned.keys() ?? []], ['seat:A1', 'seat:A2']);
  teller.nowMs += 1;
  teller.place('c', [seats(['A1'])], { expiresAt: new Date(teller.nowMs + 1).toISOString() });
  t.same(buyer(teller), { tickets: 1, holds: 1, heldMs: 0, strikes: 0, coolUntilMs: 0, returned: new Map() });
  teller.nowMs = capAfter(teller.nowMs) + 30 * minuteMs;
  teller.end('c', 'hold.expired');
  t.equal(buyer(teller), undefined, 'nobody is kept of whom there is nothing to say');
  t.end();
});

t.test('the rules are those in force', (t) => {
  const teller = openRuledSale();
  teller.place('a', [seats(['A1'])]);
  teller.nowMs += 10 * minuteMs;
  teller.end('a', 'hold.expired');
  t.throws(() => teller.place('b', [seats(['A2'])]), /may not hold/);
  const other = openRuledSale();
  other.define(definitionFrom({ ...RULED, hoarding: null, buyerLimit: 1, holdLimit: 1 }, 2), false);
  other.place('a', [seats(['A1'])]);
  other.nowMs += 10 * minuteMs;
  other.end('a', 'hold.expired');
  t.match(buyer(other), { heldMs: 0, strikes: 0, coolUntilMs: 0 });
  t.throws(() => other.place('b', [seats(['A2', 'A3'])]), /past the limit of 1/);
  t.end();
});
