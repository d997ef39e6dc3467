/**
 * Redis fails over under load, again and again: a primary whose replica is behind is killed with SIGKILL and
 * the replica promoted. Orders that were acknowledged are in the log; nothing is sold twice; Redis and SQL
 * are what the log says; and every time the sale goes on by itself.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisPair } from '../../infra/local/start-redis-pair.ts';
import type { RedisPair } from '../../infra/local/start-redis-pair.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import { awaitThat } from '../harness/await-that.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../harness/open-desk.ts';
import type { ShopAnswer } from '../harness/open-shop.ts';
import type { Teardown } from '../harness/teardown.ts';
import { openRecoveryBench } from '../services/relay/open-recovery-bench.ts';
import type { RecoveryBench } from '../services/relay/open-recovery-bench.ts';

export interface FailoverOptions {
  failovers: number;
  /** What happens, a sentence each. */
  say(text: string): void;
}

/** What happened; that all is well is not in it: otherwise it throws. */
export interface FailoverReport {
  failovers: number;
  /** orders that a buyer was told of with 201 */
  acknowledged: number;
  events: number;
  /** how often the sale was rebuilt */
  epoch: number;
  /** of each failover, in their order: from the kill to the first confirmed order after it */
  seconds: number[];
}

const BUYERS = 8;
/** Orders between two failovers: so many at least would be lost without the log. */
const ORDERS_MIN = 10;
/** How far the replica falls behind before its primary is killed. */
const BEHIND_MS = 300;
/** More than the crowd buys on its way. */
const SALE: SaleInput = saleOf(
  [hallOf([...'ABCDEFGHIJKLMNOPQRST'].map((row) => rowOf(row, 100))), floorOf(100_000)],
  { buyerLimit: 10, holdLimit: 10 },
);
/** What buyers may be told while Redis is away, or the sale is being rebuilt. */
const RETRYABLE = ['recovering', 'unavailable', 'overloaded', 'outbox_full'];

/** Runs it once; throws when a promise is broken. */
export async function runFailovers(
  t: Teardown, { failovers, say }: FailoverOptions,
): Promise<FailoverReport> {
  const folder = mkdtempSync(join(tmpdir(), 'onsale-failover-'));
  const pair = await startRedisPair(folder);
  t.teardown(async () => {
    await pair.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const bench = await openRecoveryBench(t, { redisUrl: pair.url });
  await bench.shop.sell('hamlet', SALE);
  const crowd = startCrowd(bench);
  const seconds: number[] = [];
  try {
    for (let round = 1; round <= failovers; round++) {
      seconds.push(await failOver(pair, crowd));
      say(`failover ${round}: first sale after ${seconds.at(-1)?.toFixed(1)} s`);
    }
  } finally {
    await crowd.stop();
  }
  const { acknowledged, surprises } = crowd;
  if (surprises.length > 0) throw new Error(`buyers were told what they should not be: ${surprises.join()}`);
  await awaitThat('it is not recovering', async () => await bench.stateOf('hamlet') === 'open', 60_000);
  const { events, fold } = await bench.check('hamlet');
  const missing = [...acknowledged].filter((id) => !fold.orders.has(id));
  if (missing.length > 0) throw new Error(`acknowledged orders are not in the log: ${missing.join()}`);
  return { failovers, acknowledged: acknowledged.size, events: events.length, epoch: fold.epoch, seconds };
}

/** Returns the seconds until the sale goes on. */
async function failOver(pair: RedisPair, { acknowledged }: Crowd): Promise<number> {
  const before = acknowledged.size;
  await awaitThat('it sells', () => acknowledged.size >= before + ORDERS_MIN, 60_000);
  pair.holdBackReplication();
  await sleep(BEHIND_MS);
  const killedAtMs = performance.now();
  const failover = pair.failOver();
  // Answers to what was asked before the kill are still under way.
  await sleep(100);
  const after = acknowledged.size;
  await failover;
  await awaitThat('it sells again', () => acknowledged.size > after, 60_000);
  return (performance.now() - killedAtMs) / 1_000;
}

type Crowd = ReturnType<typeof startCrowd>;

/** Buyers who hold and order without a pause, and ask again under the same key when they are told to. */
function startCrowd(bench: RecoveryBench) {
  const acknowledged = new Set<string>();
  const surprises: string[] = [];
  let isSelling = true;
  const crowd = Array.from({ length: BUYERS }, async (_, buyer) => {
    for (let n = 0; isSelling; n++) {
      const buyerId = `buyer-${buyer}-${n}`;
      const held = await insist(() => claim(buyerId, n));
      if (held === undefined) continue;
      const ordered = await insist(() => bench.order('hamlet', buyerId, held['holdId'], `o${n}`));
      if (ordered !== undefined) acknowledged.add(String(ordered['orderId']));
    }
  });

  // Seats by and by only, so that there are some after every failover.
  function claim(buyerId: string, n: number): Promise<ShopAnswer> {
    if (n % 10 === 0) return bench.hold('hamlet', buyerId, `h${n}`);
    const body = { buyerId, items: [{ areaId: 'floor', quantity: 2 }] };
    return bench.shop.call('POST', '/v1/sales/hamlet/holds', { key: `h${n}`, body });
  }

  async function insist(ask: () => Promise<ShopAnswer>): Promise<ShopAnswer['body'] | undefined> {
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
