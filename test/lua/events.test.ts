import t from 'tap';
import { partitionKeys, saleKeyList, saleKeys } from '../../services/shared/contracts/keys.ts';
import { readOutboxEntry } from '../../services/shared/contracts/outbox.ts';
import type { PackedEvent } from '../../services/shared/contracts/outbox.ts';
import { putSale } from '../../services/selling/put-sale.ts';
import { floorOf, hallOf, openDesk, planOf, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';

/** Listens for the nonces that calls carry: the second argument of every script that changes a sale. */
function noncesOf({ redis }: Desk): string[] {
  const nonces: string[] = [];
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  redis.evalsha = (...args: unknown[]) => {
    const [, keyCount, values] = args as [string, number, unknown[]];
    nonces.push(String(values[keyCount + 1]));
    return evalsha(...args);
  };
  return nonces;
}

async function outboxOf({ redis, partition }: Desk): Promise<PackedEvent[]> {
  const entries = await redis.xrange(partitionKeys(partition).outbox, '-', '+');
  return entries.flatMap(([, fields]) => readOutboxEntry(fields));
}

t.test('every event says who made it, when, and in which epoch', async (t) => {
  const input = saleOf([hallOf([rowOf('A', 6)]), floorOf(9)]);
  const desk = await openDesk(t, input, { isOpen: false });
  const { redis, stock, partition, saleId } = desk;
  await redis.hset(saleKeys(partition, saleId).sale, 'epoch', 7);
  const nonces = noncesOf(desk);
  const ref = (holdId: string, n: number) => ({ saleId, holdId, buyerId: 'b', context: contextOf(n) });
  const place = async (holdId: string, n: number) => stock.placeHold(partition, {
    ...ref(holdId, n), plan: planOf([{ seatIds: [`A${n}`] }], await desk.sale()), digest: 'd',
  });
  const move = (verb: string, n: number) =>
    stock.call(partition, `${verb}-sale`, saleKeyList(partition, saleId), [contextOf(n), saleId]);
  const extras = '{"paymentMethod":"free","contact":"sealed","ticketSeed":"t","digest":"d"}';
  const calls: [type: string, call: (n: number) => Promise<unknown>][] = [
    ['sale.defined', (n) => putSale(desk, saleId, { ...input, name: 'Macbeth' }, contextOf(n))],
    ['sale.opened', (n) => move('open', n)],
    ['hold.placed', (n) => place('a', n)],
    ['hold.placed', (n) => place('b', n)],
    ['hold.extended', (n) => stock.extendHold(partition, { ...ref('a', n), key: 'k' })],
    ['hold.released', (n) => stock.releaseHold(partition, ref('a', n))],
    ['order.confirmed', (n) => stock.confirmOrder(partition,
      { ...ref('b', n), orderId: 'o', digest: 'd', extras })],
    ['sale.paused', (n) => move('pause', n)],
    ['sale.resumed', (n) => move('resume', n)],
    ['sale.closed', (n) => move('close', n)],
  ];
  for (const [i, [type, call]] of calls.entries()) {
    const known = (await outboxOf(desk)).length;
    await call(i);
    const made = (await outboxOf(desk)).slice(known);
    t.same(made.map((event) => [event.type, event.context, event.epoch]), [[type, contextOf(i), 7]]);
    const nonce = nonces.at(-1) ?? '';
    const [event] = made;
    const micros = new RegExp(`^${nonce}-(\\d{16})-1-1$`).exec(event?.id ?? '')?.[1];
    t.equal(Math.floor(Number(micros) / 1000), event?.timeMs, `${type}: its id has nonce and time`);
  }
  t.equal(new Set(nonces).size, calls.length, 'each call has its own nonce');
});

t.test('what nobody asked for is by the system, beside what somebody did in the same call', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(9)]));
  await desk.setHoldMs(10);
  const one = [{ areaId: 'floor', quantity: 1 }];
  await Promise.all([desk.place('a', one), desk.place('b', one)]);
  await desk.awaitLapse();
  const nonces = noncesOf(desk);
  t.ok((await desk.place('c', one)).ok);
  const made = (await outboxOf(desk)).slice(-3);
  t.same(made.map(({ type, context }) => [type, context]), [
    ['hold.expired', 'system'], ['hold.expired', 'system'],
    ['hold.placed', 'buyer 0123456789abcdef0123456789abcdef'],
  ]);
  const [first = ''] = made.map(({ id }) => id);
  t.ok(first.startsWith(`${nonces.at(-1)}-`));
  const base = first.slice(0, -1);
  t.same(made.map(({ id }) => id), [`${base}1`, `${base}2`, `${base}3`], 'numbered within the call');
  t.same(made.slice(1).map(({ prev }) => prev), [`${base}1`, `${base}2`]);
  await desk.check();
});

t.test('the events of one call are whole and in order, however many they are', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(20_000)]));
  const { stock, partition, saleId } = desk;
  const plan = planOf([{ areaId: 'floor', quantity: 1 }], await desk.sale());
  // Lines are put together by 32 halves, blocks have a thousand events.
  for (const count of [1, 2, 15, 16, 17, 31, 32, 33, 128, 512, 513, 999, 1_000, 1_001, 1_500]) {
    const known = await outboxOf(desk);
    const claims = Array.from({ length: count }, (_, n) => ({
      saleId, plan, holdId: `h-${count}-${n}`, buyerId: `b-${count}-${n}`, digest: 'd', context: contextOf(n),
    }));
    const answers = await stock.sendPlaces(partition, claims);
    t.equal(answers.length, count);
    const made = (await outboxOf(desk)).slice(known.length);
    t.same(made.map(({ type, context, body }) => [type, context, body[0]]),
      claims.map(({ holdId, context }) => ['hold.placed', context, holdId]), `${count} events`);
    const all = [...known.slice(-1), ...made];
    t.ok(made.every(({ seq, prev }, i) => seq === (all[i]?.seq ?? 0) + 1 && prev === all[i]?.id), 'chained');
  }
  await desk.check();
});

function contextOf(n: number): string {
  return `caller-${n} ${String(n).padStart(32, '0')}`;
}
