/**
 * Promises 1 and 3 when Redis fails over: a primary whose replica is behind is killed under load and the
 * replica promoted, again and again. Orders that were acknowledged are in the log; nothing is sold twice;
 * Redis and SQL are what the log says; and every time the sale goes on by itself.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { startRedisPair } from '../../infra/local/start-redis-pair.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import { awaitThat } from '../harness/await-that.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../harness/open-desk.ts';
import { openRecoveryBench } from '../services/relay/open-recovery-bench.ts';
import type { RecoveryBench } from '../services/relay/open-recovery-bench.ts';

const FAILOVERS = 3;
const BUYERS = 8;
const SALE: SaleInput = saleOf(
  [hallOf([...'ABCDEFGHIJKLMNOPQRST'].map((row) => rowOf(row, 30))), floorOf(5_000)],
  { buyerLimit: 1_000, holdLimit: 10 },
);
/** What buyers may be told while Redis is away, or the sale is being rebuilt. */
const RETRYABLE = ['recovering', 'unavailable', 'overloaded', 'outbox_full'];

t.test('Redis fails over under load', { timeout: 300_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'onsale-failover-'));
  const pair = await startRedisPair(folder);
  t.teardown(async () => {
    await pair.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const bench = await openRecoveryBench(t, { redisUrl: pair.url });
  await bench.shop.sell('hamlet', SALE);
  const crowd = startCrowd(bench);
  for (let round = 1; round <= FAILOVERS; round++) {
    const before = crowd.acknowledged.size;
    await awaitThat('it sells', () => crowd.acknowledged.size >= before + 10, 60_000);
    pair.holdBackReplication();
    await sleep(300);
    const killedAtMs = performance.now();
    const failover = pair.failOver();
    // Answers to what was asked before the kill are still under way.
    await sleep(100);
    const after = crowd.acknowledged.size;
    await failover;
    await awaitThat('it sells again', () => crowd.acknowledged.size > after, 60_000);
    const seconds = ((performance.now() - killedAtMs) / 1000).toFixed(1);
    t.comment(`failover ${round}: first sale after ${seconds} s`);
  }
  await crowd.stop();
  t.same(crowd.surprises, [], 'nobody was told anything but to try again');
  await awaitThat('it is not recovering', async () => await bench.stateOf('hamlet') === 'open', 60_000);
  const { events, fold } = await bench.check('hamlet');
  const missing = [...crowd.acknowledged].filter((id) => !fold.orders.has(id));
  t.same(missing, [], 'all that was acknowledged is there');
  t.comment(`${crowd.acknowledged.size} orders, ${events.length} events, epoch ${fold.epoch}`);
  t.ok(fold.epoch > 0, 'at least one failover had lost something');
});

/** Buyers who hold and order without a pause, and ask again under the same key when they are told to. */
function startCrowd(bench: RecoveryBench) {
  const acknowledged = new Set<string>();
  const surprises: string[] = [];
  let isSelling = true;
  const crowd = Array.from({ length: BUYERS }, async (_, buyer) => {
    const buyerId = `buyer-${buyer}`;
    for (let n = 0; isSelling; n++) {
      const held = await insist(() => bench.hold('hamlet', buyerId, `h${n}`));
      if (held === undefined) continue;
      const ordered = await insist(() => bench.order('hamlet', buyerId, held['holdId'], `o${n}`));
      if (ordered !== undefined) acknowledged.add(String(ordered['orderId']));
    }
  });

  type Answer = Awaited<ReturnType<RecoveryBench['hold']>>;
  async function insist(ask: () => Promise<Answer>): Promise<Answer['body'] | undefined> {
    while (isSelling) {
      const { status, body } = await ask();
      if (status === 201) return body;
      if (status !== 503 || !RETRYABLE.includes(body.code ?? '')) {
        // A hold that only the lost Redis knew of is a hold no more, and another may have had its seat since.
        const isLostHold = body.code === 'hold_unknown';
        if (!isLostHold && status !== 202) surprises.push(`${status} ${body.code}`);
        return undefined;
      }
      await sleep(20);
    }
    return undefined;
  }
  return {
    acknowledged, surprises,
    async stop(): Promise<void> {
      isSelling = false;
      await Promise.all(crowd);
    },
  };
}
