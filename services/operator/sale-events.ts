import { isEventType } from '../shared/contracts/events.ts';
import type { SaleEvent } from '../shared/contracts/events.ts';
import { upcast } from '../shared/contracts/upcast.ts';
import { readSale } from '../shared/event-store/read-sale.ts';
import type { Pool } from '../shared/platform/pg.ts';

/**
 * All stored events of a sale, in order, in the language of today; one of a type that is unknown here is
 * passed by, as every reader does. Nothing for a sale that nobody knows.
 */
export async function* saleEvents(pool: Pool, saleId: string): AsyncGenerator<SaleEvent> {
  for await (const batch of readSale(pool, saleId)) {
    for (const { event } of batch) if (isEventType(event.type)) yield upcast(event);
  }
}
