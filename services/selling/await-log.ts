import type { OrderRecord } from '../shared/contracts/order-record.ts';
import { Histogram } from '../shared/platform/metrics.ts';
import { findOrder } from './find-order.ts';
import type { FoundOrder } from './find-order.ts';
import type { KnownSale } from './sale-directory.ts';
import type { SellingContext } from './selling-context.ts';

export type AwaitLogContext =
  Pick<SellingContext, 'stock' | 'confirmAck' | 'confirmWaitMs' | 'bus' | 'accepted'>;

const ackSeconds = new Histogram({
  name: 'onsale_selling_ack_seconds',
  help: 'From the script of an order until the log had accepted it, of those told while they waited',
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
});

/**
 * Waits for the log, CONFIRM_WAIT_MS at most and not at all while the bus is known to be out. The event of a
 * repeat may have been accepted long ago, and nobody would announce it again: Redis is asked first, as it is
 * whenever an announcement may have been missed. Where too many wait already, Redis is asked once, and what
 * it says is the answer. Undefined when the order is not there any more.
 */
export async function awaitLog(
  context: AwaitLogContext,
  sale: KnownSale,
  orderId: string,
  { order, isRepeat }: { order: OrderRecord; isRepeat: boolean },
): Promise<FoundOrder | undefined> {
  if (context.confirmAck === 'redis') return { order, isConfirmed: true };
  const startedAtMs = performance.now();
  let waitMs = context.bus.isOut(sale.partition) ? 0 : context.confirmWaitMs;
  for (let looks = isRepeat; ; looks = true) {
    const leftMs = startedAtMs + waitMs - performance.now();
    if (looks) {
      const found = await findOrder(context, sale, orderId);
      if (found === 'recovering' || found?.order.eventId !== order.eventId) return undefined;
      if (found.isConfirmed || leftMs <= 0) return found;
    }
    const heard = await context.accepted.wait(sale.saleId, order.eventId, leftMs);
    if (heard === 'accepted') {
      if (!isRepeat) ackSeconds.observe((performance.now() - startedAtMs) / 1_000);
      return { order, isConfirmed: true };
    }
    if (heard === 'full') waitMs = 0;
  }
}
