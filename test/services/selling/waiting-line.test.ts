import * as fc from 'fast-check';
import t from 'tap';
import {
  WAITING_BYTES_MAX, WAITING_COUNT_MAX, WaitingLine,
} from '../../../services/selling/waiting-line.ts';

interface Claim {
  saleId: string;
  n: number;
}

/** Lets claims of a sale join until one is refused; says how many came in. */
function fill(line: WaitingLine<Claim>, saleId: string, bytes = 1): number {
  let n = 0;
  while (line.join({ saleId, n }, 1, bytes) !== undefined) n += 1;
  return n;
}

t.test('one sale cannot take all the room', async (t) => {
  const line = new WaitingLine<Claim>();
  t.equal(fill(line, 'a'), WAITING_COUNT_MAX / 2);
  t.equal(fill(line, 'b'), WAITING_COUNT_MAX / 4, 'another finds room');
  t.equal(fill(line, 'c'), WAITING_COUNT_MAX / 8, 'and the next one as well');
  t.equal(line.count, WAITING_COUNT_MAX * 7 / 8);
  t.equal(fill(line, 'a'), 0);
});

t.test('sales that go on pushing come to equal shares, and as much stays free', async (t) => {
  const line = new WaitingLine<Claim>();
  const waiting: Record<string, number> = { a: fill(line, 'a'), b: 0, c: 0 };
  for (let i = 0; i < 4 * WAITING_COUNT_MAX; i++) {
    const taken = line.take();
    if (taken !== undefined) waiting[taken.claim.saleId] = (waiting[taken.claim.saleId] ?? 0) - 1;
    for (const saleId of ['a', 'b', 'c']) {
      if (line.join({ saleId, n: i }, 1, 1) !== undefined) waiting[saleId] = (waiting[saleId] ?? 0) + 1;
    }
  }
  const share = WAITING_COUNT_MAX / 4;
  for (const [saleId, count] of Object.entries(waiting)) {
    t.ok(Math.abs(count - share) <= 1, `${saleId} has ${count} of ${share}`);
  }
});

t.test('neither can it take all the bytes, with however few claims', async (t) => {
  const line = new WaitingLine<Claim>();
  const eighth = WAITING_BYTES_MAX / 8;
  t.equal(fill(line, 'a', eighth), 4);
  t.equal(fill(line, 'b', eighth), 2);
  t.equal(fill(line, 'c', eighth), 1);
  t.equal(fill(line, 'd', eighth), 1, 'the last one');
  t.equal(line.bytes, WAITING_BYTES_MAX);
  t.equal(fill(line, 'e', 1), 0);
  line.take();
  t.equal(line.bytes, WAITING_BYTES_MAX - eighth);
  t.equal(fill(line, 'e', eighth), 1);
});

t.test('who takes turns, told by a plain model', async () => {
  const saleId = fc.constantFrom('a', 'b', 'c', 'd');
  const join = fc.record({ saleId, args: fc.nat(9), bytes: fc.nat(99) });
  const step = fc.oneof(join, fc.constant('take' as const));
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const line = new WaitingLine<Claim>();
    const model: { saleId: string; waiting: { n: number; args: number; bytes: number }[] }[] = [];
    for (const [n, one] of steps.entries()) {
      if (one === 'take') {
        const sale = model.shift();
        const expected = sale?.waiting.shift();
        if (sale !== undefined && sale.waiting.length > 0) model.push(sale);
        const peeked = line.peek();
        const taken = line.take();
        if (peeked !== taken || taken?.claim.n !== expected?.n || taken?.claim.saleId !== sale?.saleId) {
          return false;
        }
      } else {
        const { args, bytes } = one;
        void line.join({ saleId: one.saleId, n }, args, bytes);
        const sale = model.find((known) => known.saleId === one.saleId);
        if (sale === undefined) model.push({ saleId: one.saleId, waiting: [{ n, args, bytes }] });
        else sale.waiting.push({ n, args, bytes });
      }
      const all = model.flatMap(({ waiting }) => waiting);
      const sum = (field: 'args' | 'bytes') => all.reduce((total, waits) => total + waits[field], 0);
      if (line.count !== all.length || line.args !== sum('args') || line.bytes !== sum('bytes')) return false;
    }
    return true;
  }));
});
