import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createRecoveryMetrics } from '../../services/relay/recovery/recovery-metrics.ts';
import { recoverSale } from '../../services/relay/recovery/recover-sale.ts';
import { evolve, initialSale } from '../../services/shared/contracts/evolve.ts';
import type { EventData } from '../../services/shared/contracts/events.ts';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import { CONTEXT } from './model-world.ts';
import type { ModelSale, ModelWorld } from './model-world.ts';

const metrics = createRecoveryMetrics(() => 0);
const log = pino({ level: 'silent' });

/**
 * Suspends a sale, which bars it, and after a while has the relay's recovery rebuild it from its events: it
 * stands where it stood, its live holds have the lost time back, and what was forgotten of the last day is
 * there again. At the end all of Redis is compared with the fold.
 */
export async function recover(
  world: ModelWorld, { sale: at, lostMs }: { sale: number; lostMs: number },
): Promise<void> {
  const sale = world.sales[at] as ModelSale;
  const { redis, stock, partition } = world;
  const { saleId } = sale;
  const fromMs = Date.now();
  expectAnswer('suspending', await stock.suspend(partition, saleId, 'operator'), 'suspended');
  const suspendedMs = Date.now();
  await sleep(lostMs);
  expectAnswer('pausing', await stock.call(partition, 'pause-sale', world.keysOf(sale), [CONTEXT, saleId]),
    'recovering');
  const since = await redis.hget(partitionKeys(partition).suspended, saleId) ?? '';
  const beforeMs = Date.now();
  const refold = () => sale.events.reduce(evolve, initialSale());
  const { answer, toMs } = await world.during(() => recoverSale({
    redis, stock, metrics, log, relay: { epochOf: () => 0 }, saleLog: { keepDiscarded: async () => false },
  }, { partition, saleId, since }, refold()));
  expectAnswer('recovering', answer, 'ok');
  sale.fold = refold();
  sale.forgotten.clear();
  sale.holdMs = sale.known.definition.holdSeconds * 1000;
  const { epoch } = sale.fold;
  const { data } = world.fold(sale, 'sale.recovered');
  const given = (data as EventData<'sale.recovered'>).lostMs;
  if (given < beforeMs - suspendedMs || given > toMs - fromMs) {
    throw new Error(`${given} ms were given back of ${beforeMs - suspendedMs} to ${toMs - fromMs}`);
  }
  if (sale.fold.epoch !== epoch + 1) throw new Error(`epoch ${sale.fold.epoch} came after ${epoch}`);
  world.note('recovered');
  world.judged += 1;
  world.expectNoMore();
  await world.check();
}

function expectAnswer(what: string, answer: unknown, expected: string): void {
  if (answer !== expected) throw new Error(`${what} was answered ${String(answer)}, not ${expected}`);
}
