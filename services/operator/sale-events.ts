import { isEventType } from '../shared/contracts/events.ts';
import type { SaleEvent } from '../shared/contracts/events.ts';
import { upcast } from '../shared/contracts/upcast.ts';
import { readEvents } from './read-log.ts';
import type { LogDatabases } from './read-log.ts';

/** Few enough that other requests are answered between two folds of them. */
const EVENTS_PER_READ = 1_000;

/**
 * All stored events of a sale, in order, in the language of today; one of a type that is unknown here is
 * passed by, as every reader does. Nothing for a sale that nobody knows.
 */
export async function* saleEvents(databases: LogDatabases, saleId: string): AsyncGenerator<SaleEvent> {
  for (let after = 0; ;) {
    const events = await readEvents(databases, { saleId, after, countMax: EVENTS_PER_READ });
    for (const { seq, ...event } of events) {
      after = seq;
      if (isEventType(event.type)) yield upcast(event);
    }
    if (events.length < EVENTS_PER_READ) return;
  }
}
