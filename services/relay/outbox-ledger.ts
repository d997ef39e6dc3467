import type { PackedEvent } from '../shared/contracts/outbox.ts';

/**
 * The relay's account of one partition's outbox: which entries it has read, which of their events the log
 * has not accepted yet, and up to where the outbox may be trimmed. An entry is done when all of its events
 * are accepted; the watermark is the first entry that is not done, so that nothing is ever trimmed past an
 * event the log does not have.
 */
export interface OutboxLedger {
  /**
   * Takes an entry in, in the order of the outbox. An entry that cannot be read has no events and is never
   * done.
   */
  add(entryId: string, events: PackedEvent[], readable?: boolean): void;
  /** The event of that id that is still open, if it is ours. */
  open(eventId: string): PackedEvent | undefined;
  /** Marks an event as accepted and returns it; undefined when it was not open. */
  accept(eventId: string): PackedEvent | undefined;
  /** All open events in the order of the outbox. */
  openEvents(): Generator<PackedEvent>;
  /**
   * The argument of XTRIM MINID: the first entry to keep; undefined when nothing became free since it was
   * taken.
   */
  takeTrimBefore(): string | undefined;
  openCount(): number;
  entryCount(): number;
  /** When the oldest entry that is not done was written, by Redis' clock; undefined if there is none. */
  oldestAtMs(): number | undefined;
}

interface Entry {
  id: string;
  events: PackedEvent[];
  openCount: number;
}

/** An account of an outbox of which nothing has been read. */
export function createOutboxLedger(): OutboxLedger {
  const openById = new Map<string, { event: PackedEvent; entry: Entry }>();
  let entries: Entry[] = [];
  /** entries before it are done and only wait for the array to be cut */
  let first = 0;
  let trimBefore: string | undefined;

  function passDoneEntries(): void {
    for (let entry = entries[first]; entry?.openCount === 0; entry = entries[first]) {
      first += 1;
      trimBefore = entries[first]?.id ?? idAfter(entry.id);
    }
    // Cutting the array costs its length: not at every step.
    if (first > 1_000 && first > entries.length / 2) {
      entries = entries.slice(first);
      first = 0;
    }
  }

  return {
    add(entryId, events, readable = true) {
      const entry = { id: entryId, events, openCount: events.length + (readable ? 0 : 1) };
      entries.push(entry);
      for (const event of events) openById.set(event.id, { event, entry });
      // The watermark may stand right behind the entry before this one; the new entry is what it means now.
      passDoneEntries();
    },
    open: (eventId) => openById.get(eventId)?.event,
    accept(eventId) {
      const found = openById.get(eventId);
      if (found === undefined) return undefined;
      openById.delete(eventId);
      found.entry.openCount -= 1;
      passDoneEntries();
      return found.event;
    },
    *openEvents() {
      for (let i = first; i < entries.length; i++) {
        for (const event of entries[i]?.events ?? []) if (openById.has(event.id)) yield event;
      }
    },
    takeTrimBefore() {
      const taken = trimBefore;
      trimBefore = undefined;
      return taken;
    },
    openCount: () => openById.size,
    entryCount: () => entries.length - first,
    oldestAtMs() {
      const oldest = entries[first];
      return oldest === undefined ? undefined : Number(oldest.id.split('-')[0]);
    },
  };
}

/** The smallest stream id behind `id`. */
function idAfter(id: string): string {
  const [ms = '0', count = '0'] = id.split('-');
  return `${ms}-${BigInt(count) + 1n}`;
}
