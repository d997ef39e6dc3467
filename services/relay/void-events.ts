import type { PackedEvent } from '../shared/contracts/outbox.ts';

/**
 * An event that will never be in the log, and those of its sale that rest on it.
 *
 * @param openEvents of the sale, in their order
 */
export function voidEvents(event: PackedEvent, openEvents: readonly PackedEvent[]): PackedEvent[] {
  const ids = new Set([event.id]);
  const rest = openEvents.filter(({ id, prev }) => {
    if (ids.has(prev)) ids.add(id);
    return id !== event.id && ids.has(id);
  });
  return [event, ...rest];
}
