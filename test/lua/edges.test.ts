import t from 'tap';
import type tap from 'tap';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, openDesk, planOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';

const one = [{ areaId: 'floor', quantity: 1 }];
/** Claims that are sent at once: many of them in each millisecond. */
const CLAIMS_PER_ROUND = 200;
const ROUNDS_MAX = 20;

/** What the script said of a claim, and the millisecond in which it was judged. */
interface Judged {
  id: string;
  nowMs: number;
  answer: string;
}

/** Judges claims of one ticket one by one; an id is its buyer's as well. */
async function judgeOf({ redis, stock, partition, saleId, sale }: Desk) {
  const plan = planOf(one, await sale());
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  let found: Judged[] = [];
  redis.evalsha = async (...args: unknown[]) => {
    const answers = await evalsha(...args);
    const id = String((args[2] as unknown[]).at(-4));
    const [nowMs, answer] = answers as [number, string];
    found.push({ id, nowMs, answer });
    return answers;
  };
  const judge = async (ids: string[]): Promise<Judged[]> => {
    found = [];
    await Promise.all(ids.map((id) => stock.sendPlaces(partition,
      [{ saleId, plan, holdId: id, buyerId: id, digest: 'd', context: 'buyer 0' }])));
    return found;
  };
  return judge;
}

/**
 * Asks again and again over a time edge that `arm` sets some ms ahead, and compares each answer with what the
 * edge says of the very millisecond in which it was judged, until one was judged in the edge's own.
 */
async function overEdge(
  t: Pick<typeof tap, 'equal'>,
  desk: Desk,
  arm: (edgeMs: number, ids: string[]) => Promise<unknown>,
  wanted: (nowMs: number, edgeMs: number) => string,
): Promise<void> {
  const judge = await judgeOf(desk);
  const edge = Object.keys(await desk.redis.hgetall(saleKeys(desk.partition, desk.saleId).holds)).length;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const ids = Array.from({ length: CLAIMS_PER_ROUND }, (_, i) => `${edge}-${round}-${i}`);
    const [probe] = await judge([`${edge}-${round}`]);
    const edgeMs = (probe?.nowMs ?? 0) + 12;
    await arm(edgeMs, ids);
    const found = await judge(ids);
    t.equal(found.length, ids.length);
    const wrong = found.find(({ nowMs, answer }) => !answer.startsWith(wanted(nowMs, edgeMs)));
    t.equal(wrong?.answer, undefined, `${(wrong?.nowMs ?? edgeMs) - edgeMs} ms after the edge`);
    if (found.some(({ nowMs }) => nowMs === edgeMs)) return;
  }
}

t.test('a sale opens in the millisecond of opensAt and closes in that of closesAt', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(100_000)]));
  const { sale } = saleKeys(desk.partition, desk.saleId);
  await overEdge(t, desk, (edgeMs) => desk.redis.hset(sale, 'opensAtMs', edgeMs),
    (nowMs, edgeMs) => (nowMs < edgeMs ? 'sale_not_open\t' : '+'));
  await desk.redis.hset(sale, 'opensAtMs', 0);
  await overEdge(t, desk, (edgeMs) => desk.redis.hset(sale, 'closesAtMs', edgeMs),
    (nowMs, edgeMs) => (nowMs < edgeMs ? '+' : 'sale_closed\t'));
  await desk.check();
});

t.test('a cool-down ends in the millisecond it says', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(100_000)]));
  const { buyers } = saleKeys(desk.partition, desk.saleId);
  await overEdge(t, desk,
    (edgeMs, ids) => desk.redis.hset(buyers,
      Object.fromEntries(ids.map((id) => [id, `0 0 0 1 ${edgeMs} `]))),
    (nowMs, edgeMs) => (nowMs < edgeMs ? `buyer_cooling_down\t${edgeMs}` : '+'));
});

t.test('the time left of a place that was given back is what its first hold had left', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(100_000)]));
  await desk.setHoldMs(5, 1_000_000);
  const { buyers } = saleKeys(desk.partition, desk.saleId);
  await overEdge(t, desk,
    (edgeMs, ids) => desk.redis.hset(buyers,
      Object.fromEntries(ids.map((id) => [id, `0 0 0 0 0 a0@${edgeMs}`]))),
    (nowMs, edgeMs) => (nowMs < edgeMs
      ? `+${Math.min(5, edgeMs - nowMs)},${edgeMs - nowMs}\t` : `hold_time_spent\t${edgeMs + 1_000_000}`));
});

t.test('a place given back is forgotten when its cap is as long past as a hold may live', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(100_000)]));
  await desk.setHoldMs(500_000, 1_000_000);
  const { buyers } = saleKeys(desk.partition, desk.saleId);
  await overEdge(t, desk,
    (edgeMs, ids) => desk.redis.hset(buyers,
      Object.fromEntries(ids.map((id) => [id, `0 0 0 0 0 a0@${edgeMs - 1_000_000}`]))),
    (nowMs, edgeMs) => (nowMs < edgeMs ? `hold_time_spent\t${edgeMs}` : '+500000,1000000'));
});

t.test('a hold lapses in the millisecond of its end, for the claim that is judged in it', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(1)]));
  const judge = await judgeOf(desk);
  const { sale } = saleKeys(desk.partition, desk.saleId);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    await desk.redis.hset(sale, 'holdMs', 12);
    const [held] = await judge([`held-${round}`]);
    t.equal(held?.answer, '+12,1800000');
    await desk.redis.hset(sale, 'holdMs', 600_000);
    const ids = Array.from({ length: CLAIMS_PER_ROUND }, (_, i) => `w${round}-${i}`);
    const found = await judge(ids);
    const endMs = (held?.nowMs ?? 0) + 12;
    const first = found.findIndex(({ nowMs }) => nowMs >= endMs);
    t.same(found.map(({ answer }) => answer).filter((answer) => !answer.startsWith('sold_out')),
      first < 0 ? [] : ['+600000,1800000'], 'one gets it');
    if (first < 0) {
      await desk.awaitLapse();
      await desk.expire();
      continue;
    }
    t.equal(found[first]?.answer, '+600000,1800000', 'and that is the first one after the end');
    await desk.release(found[first]?.id ?? '', found[first]?.id);
    if (found[first]?.nowMs === endMs) break;
  }
  await desk.check();
});
