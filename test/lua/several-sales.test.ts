import t from 'tap';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { readOrderRecord } from '../../services/shared/contracts/order-record.ts';
import { floorOf, hallOf, openDesk, redisUrlOf, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import type { Teardown } from '../harness/teardown.ts';

/** One process at three sales of one partition: a batch of a verb is one call for all of them. */
async function openThree(t: Teardown): Promise<{ desk: Desk; ids: string[]; desks: Desk[] }> {
  const input = saleOf([hallOf([rowOf('A', 4)]), floorOf(5)]);
  const desk = await openDesk(t, input);
  const ids = ['hamlet', ...Array.from({ length: 1_000 }, (_, i) => `sale-${i}`)
    .filter((id) => desk.directory.partitionOf(id) === desk.partition).slice(0, 2)];
  const others = await Promise.all(ids.slice(1).map((saleId) =>
    openDesk(t, input, { saleId, redisUrl: redisUrlOf(desk) })));
  const desks = [desk, ...others];
  for (const one of desks) {
    await one.place('a', [{ areaId: 'floor', quantity: 2 }]);
    await one.place('b', [{ areaId: 'hall', bestAvailable: 2 }]);
  }
  return { desk, ids, desks };
}

const context = 'buyer 0';
const ref = (saleId: string, holdId: string) => ({ saleId, holdId, buyerId: 'buyer', context });

/** How many script calls `work` made; one that Redis did not know the script of ran nothing. */
async function callsOf({ redis }: Desk, work: () => Promise<unknown>): Promise<number> {
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  let count = 0;
  redis.evalsha = async (...args: unknown[]) => {
    const answer = await evalsha(...args);
    count += 1;
    return answer;
  };
  await work();
  redis.evalsha = evalsha;
  return count;
}

t.test('releases of several sales in one call', async (t) => {
  const { desk, ids, desks } = await openThree(t);
  const [one = '', two = '', three = ''] = ids;
  const asked = [ref(two, 'a'), ref(one, 'b'), ref(three, 'nobody'), ref(two, 'a'), ref(three, 'b')];
  let answers: boolean[] = [];
  t.equal(await callsOf(desk, async () => {
    answers = (await Promise.all(asked.map((a) => desk.stock.releaseHold(desk.partition, a))))
      .map(({ ok }) => ok);
  }), 1);
  t.same(answers, [true, true, false, true, true]);
  const found = await Promise.all(desks.map(async (each) => (await each.check()).areas));
  t.same(found.map(({ hall, floor }) => [hall?.held, floor?.held]), [[0, 2], [2, 0], [0, 2]]);
});

t.test('extensions of several sales in one call, each as long as its sale says', async (t) => {
  const { desk, ids, desks } = await openThree(t);
  for (const [i, each] of desks.entries()) await each.setHoldMs(700_000 + i * 100_000);
  const before = await Promise.all(desks.map(async (each) => (await each.check()).events.length));
  let untilMs: number[] = [];
  t.equal(await callsOf(desk, async () => {
    const answers = await Promise.all(ids.toReversed().map((saleId) =>
      desk.stock.extendHold(desk.partition, { ...ref(saleId, 'a'), key: 'k' })));
    untilMs = answers.map((answer) => (answer.ok ? Number(answer.text.split('\t')[0]) : NaN));
  }), 1);
  const [third = 0, second = 0, first = 0] = untilMs;
  t.same([second - first, third - second], [100_000, 100_000], 'by the same clock');
  for (const [i, each] of desks.entries()) {
    const { events } = await each.check();
    t.same(events.slice(before[i]).map(({ type, subject }) => [type, subject]), [['hold.extended', ids[i]]]);
  }
});

t.test('orders of several sales in one call', async (t) => {
  const { desk, ids, desks } = await openThree(t);
  const [one = '', two = '', three = ''] = ids;
  const order = (saleId: string, holdId: string, orderId: string) => desk.stock.confirmOrder(desk.partition, {
    ...ref(saleId, holdId), orderId, digest: 'd',
    extras: '{"paymentMethod":"free","contact":"sealed","ticketSeed":"t","digest":"d"}',
  });
  await desk.redis.hset(saleKeys(desk.partition, three).sale, 'state', 'recovering');
  let texts: string[] = [];
  t.equal(await callsOf(desk, async () => {
    const answers = await Promise.all([
      order(two, 'b', 'o1'), order(one, 'b', 'o1'), order(three, 'a', 'o1'), order(two, 'a', 'o2'),
    ]);
    texts = answers.map((answer) => (answer.ok ? answer.text : answer.reason));
  }), 1);
  await desk.redis.hset(saleKeys(desk.partition, three).sale, 'state', 'open');
  t.equal(texts[2], 'recovering');
  const orders = [0, 1, 3].map((i) => readOrderRecord(texts[i] ?? ''));
  t.same(orders.map(({ holdId }) => holdId), ['b', 'b', 'a']);
  t.equal(new Set(orders.map(({ eventId }) => eventId)).size, 3, 'one order id in two sales is two orders');
  const found = await Promise.all(desks.map(async (each) => (await each.check()).areas));
  t.same(found.map(({ hall, floor }) => [hall?.sold, floor?.sold]), [[2, 0], [2, 2], [0, 0]]);
});
