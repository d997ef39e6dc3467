import type { BusEvent } from '../shared/contracts/bus-record.ts';
import { readLinked } from '../shared/event-store/read-linked.ts';
import { readPositions } from '../shared/event-store/read-positions.ts';
import { readSale } from '../shared/event-store/read-sale.ts';
import type { Pool } from '../shared/platform/pg.ts';
import type { LogPage } from './log-query.ts';

/** An event as it is in the log, with its seq as a number. */
export type LogEvent = BusEvent & { seq: number };

/** With its position in the order of all events. */
export type PlacedLogEvent = LogEvent & { position: number };

/** Some events, and the cursor of the next page: the one that was asked for when there is no more. */
export interface EventPage<Event> {
  events: Event[];
  next: number;
}

/** A page may be shorter than was asked for: nobody waits until a rare type is found. */
const BATCHES_PER_PAGE = 20;

/** Events of a sale; cursors are seqs. Throws when PostgreSQL does not answer. */
export async function readSalePage(
  pool: Pool, saleId: string, { after, countMax, wanted }: LogPage,
): Promise<EventPage<LogEvent>> {
  const behind = { after };
  const before = after === 0 ? {} : { through: after - 1 };
  const batches = readSale(pool, saleId, {
    ...wanted, batchCountMax: countMax, ...wanted.isBackwards === true ? before : behind,
  });
  const { value: found = [] } = await batches.next() as { value?: { seq: number; event: BusEvent }[] };
  const events = found.map(({ seq, event }) => ({ ...event, seq }));
  return { events, next: events.at(-1)?.seq ?? after };
}

/** Events of all sales in the order of all events; cursors are positions. Throws as `readSalePage`. */
export async function readLogPage(
  pool: Pool, { after, countMax, wanted }: LogPage,
): Promise<EventPage<PlacedLogEvent>> {
  const events: PlacedLogEvent[] = [];
  const from = after === 0 ? {} : { from: after };
  let [next, batchCount] = [after, 0];
  for await (const batch of readPositions(pool, { ...wanted, ...from })) {
    for (const { event, seq, position } of batch.events) {
      if (events.length === countMax) return { events, next };
      events.push({ ...event, seq, position });
      next = position;
    }
    next = batch.through;
    batchCount += 1;
    if (events.length === countMax || batchCount === BATCHES_PER_PAGE) break;
  }
  return { events, next };
}

/** Events that have one of some links, over all sales, in the order of all events; cursors are positions. */
export async function readLinkedPage(
  pool: Pool, links: readonly string[], { after, countMax }: Pick<LogPage, 'after' | 'countMax'>,
): Promise<EventPage<PlacedLogEvent>> {
  const events: PlacedLogEvent[] = [];
  for await (const batch of readLinked(pool, links, { from: after, batchCountMax: countMax })) {
    for (const { event, seq, position } of batch) {
      if (events.length === countMax) break;
      events.push({ ...event, seq, position });
    }
    if (events.length === countMax) break;
  }
  return { events, next: events.at(-1)?.position ?? after };
}
