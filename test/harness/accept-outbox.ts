import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { evolve, initialSale } from '../../services/shared/contracts/evolve.ts';
import type { FoldedSale } from '../../services/shared/contracts/evolve.ts';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import { readOutboxEntry, toSaleEvent } from '../../services/shared/contracts/outbox.ts';
import { runRaw } from './open-desk.ts';
import type { Desk } from './open-desk.ts';

/**
 * Takes all events of a desk's sale out of its outbox as the log would have them, and calls lua/accept-events
 * as the relay does when it has read them back; other sales of the partition have theirs accepted as well.
 */
export async function acceptOutbox(
  { redis, partition, directory, saleId }: Pick<Desk, 'redis' | 'partition' | 'directory' | 'saleId'>,
): Promise<SaleEvent[]> {
  const { generation, accepted, unconfirmed, outbox, standing } = partitionKeys(partition);
  const layout = directory.recall(saleId)?.layout;
  const entries = await redis.xrange(outbox, '-', '+');
  const packed = entries.map(([, fields]) => readOutboxEntry(fields));
  const ids = packed.flat().map(({ id }) => id);
  const [lastId = ''] = entries.at(-1) ?? [];
  const answer = await runRaw(redis, 'accept-events', [generation, accepted, unconfirmed, outbox, standing],
    ['g1', ids.join(' '), lastId, packed.at(-1)?.[0]?.id ?? '', '']);
  if (answer !== 'ok') throw new Error(`accept-events: ${String(answer)}`);
  // Over the wire and back, as every reader gets it.
  const own = packed.flat().filter((event) => event.saleId === saleId);
  const text = JSON.stringify(own.map((event) => toSaleEvent(event, partition, layout)));
  return JSON.parse(text) as SaleEvent[];
}

/** The fold of some events from the first on. */
export function foldOf(events: readonly SaleEvent[]): FoldedSale {
  return events.reduce(evolve, initialSale());
}
