import type { PackedEvent } from '../shared/contracts/outbox.ts';

/**
 * The relay's account of one partition's outbox: which entries it has read, which of their events still have
 * to be dealt with (the log has not accepted them, nor were they set aside), and up to where the outbox may
 * be trimmed. An entry is done when all of its events are; nothing is ever trimmed past an entry that is
 * not, unless that one is spared. Positions hold for one connection only: after a failover entries may be
 * gone, or stand below those read before. So after `restart` the outbox is read anew; entries known by id and
 * content are recognised, and those that do not come again keep their open events but never count for the
 * trimming.
 */
export interface OutboxLedger {
  /**
   * Takes an entry in, in the order of the outbox. An entry that cannot be read has no events and is never
   * done. One that was read before a `restart` may now stand in another Redis, to which nobody has said yet
   * what became of its events: those set aside are open again, those accepted have to be announced once more.
   */
  add(entryId: string, events: PackedEvent[], readable?: boolean): AddedEvents;
  /** The outbox will be read again from its beginning. */
  restart(): void;
  /** The event of that id that is still open, if it is ours. */
  open(eventId: string): PackedEvent | undefined;
  /**
   * Marks an event as dealt with, because the log has it or for another reason, and returns it; undefined
   * when it was not open.
   */
  finish(eventId: string, how: 'accepted' | 'aside'): PackedEvent | undefined;
  /** All open events in the order in which they were read first. */
  openEvents(): Generator<PackedEvent>;
  /** Those of one sale. */
  openEventsOf(saleId: string): PackedEvent[];
  /** The entry that was read last, since the last `restart`; '' if there is none. */
  lastEntryId(): string;
  /**
   * Spares entries of which nothing is open but what is `stuck` or cannot be read, from the oldest on: they
   * stay in the outbox, and what stands behind them is trimmed and counted without them. 500 at most.
   */
  spare(stuck: (event: PackedEvent) => boolean): void;
  /**
   * Up to where the outbox may be trimmed in one step, or, without an entry, that others are spared now;
   * undefined when there is nothing to tell.
   */
  trim(): Trim | undefined;
  /** Redis has trimmed so. */
  trimmed(trim: Trim): void;
  openCount(): number;
  entryCount(): number;
  /** When the oldest entry that is not done was written, by Redis' clock; undefined if there is none. */
  oldestAtMs(): number | undefined;
}

export interface AddedEvents {
  /** new, or open again */
  open: PackedEvent[];
  /** accepted before the restart */
  accepted: PackedEvent[];
}

export interface Trim {
  /** the last entry that may go; '' if none */
  entryId: string;
  /** its first event: where another event stands, the outbox is not the one that was read */
  eventId: string;
  /** of which reading of the outbox it speaks */
  reading: number;
  /** entries that are to be left where they stand */
  spared: string[];
}

interface Entry {
  id: string;
  /** running number, by the time it was read first */
  order: number;
  events: PackedEvent[];
  openCount: number;
  /** of its events that are not open */
  acceptedIds: Set<string>;
}

/** One step of trimming reads what it trims, to count it, and Redis does nothing else meanwhile. */
const TRIM_ENTRIES_MAX = 500;
/** Their ids are said with each step of trimming. */
const SPARED_MAX = 500;

/** An account of an outbox of which nothing has been read. */
export function createOutboxLedger(): OutboxLedger {
  const openById = new Map<string, { event: PackedEvent; entry: Entry }>();
  /** as read this time; those before `trimmedCount` are gone, those from there to `doneCount` may go */
  let entries: Entry[] = [];
  let trimmedCount = 0;
  let doneCount = 0;
  /** by id; of those before `doneCount`, or trimmed away around them */
  const spared = new Map<string, Entry>();
  let sparesUntold = false;
  /** by `keyOf`: read before the restart and not met again yet */
  let earlier = new Map<string, Entry>();
  let reading = 0;
  let order = 0;
  let lastEntryId = '';

  function passDoneEntries(): void {
    while (entries[doneCount]?.openCount === 0) doneCount += 1;
  }

  function isOpen({ openCount }: Entry): boolean {
    return openCount > 0;
  }

  function openEarlier(): Entry[] {
    return [...earlier.values()].filter(isOpen);
  }

  /** The last entry of those that may go now; those that are spared among them are none. */
  function nextToGo(): Entry | undefined {
    const isSpared = (i: number): boolean => spared.has(entries[i]?.id ?? '');
    while (trimmedCount < doneCount && isSpared(trimmedCount)) trimmedCount += 1;
    let last = Math.min(doneCount, trimmedCount + TRIM_ENTRIES_MAX) - 1;
    while (last >= trimmedCount && isSpared(last)) last -= 1;
    return last < trimmedCount ? undefined : entries[last];
  }

  return {
    add(entryId, events, readable = true) {
      lastEntryId = entryId;
      const known = earlier.get(keyOf(entryId, events));
      if (known !== undefined && haveSameIds(known.events, events)) {
        earlier.delete(keyOf(entryId, events));
        entries.push(known);
        const aside = known.events.filter(({ id }) => !openById.has(id) && !known.acceptedIds.has(id));
        for (const event of aside) openById.set(event.id, { event, entry: known });
        known.openCount += aside.length;
        passDoneEntries();
        return { open: aside, accepted: known.events.filter(({ id }) => known.acceptedIds.has(id)) };
      }
      const fresh = events.filter(({ id }) => !openById.has(id));
      const entry = {
        id: entryId, order: order += 1, events, openCount: events.length + (readable ? 0 : 1),
        acceptedIds: new Set<string>(),
      };
      entries.push(entry);
      for (const event of events) openById.set(event.id, { event, entry });
      passDoneEntries();
      return { open: fresh, accepted: [] };
    },
    restart() {
      lastEntryId = '';
      // Twice in a row is once: the done entries known from before must not be forgotten.
      if (entries.length === 0) return;
      const before = [...openEarlier(), ...spared.values(), ...entries.slice(trimmedCount)];
      spared.clear();
      earlier = new Map(before.map((entry) => [keyOf(entry.id, entry.events), entry]));
      entries = [];
      trimmedCount = doneCount = 0;
      reading += 1;
    },
    open: (eventId) => openById.get(eventId)?.event,
    finish(eventId, how) {
      const found = openById.get(eventId);
      if (found === undefined) return undefined;
      openById.delete(eventId);
      found.entry.openCount -= 1;
      if (how === 'accepted') found.entry.acceptedIds.add(eventId);
      passDoneEntries();
      return found.event;
    },
    *openEvents() {
      const unmet = [...openEarlier(), ...spared.values()];
      const rest = entries.slice(doneCount);
      const all = unmet.length === 0 ? rest : [...unmet, ...rest].toSorted((a, b) => a.order - b.order);
      for (const { events } of all) for (const event of events) if (openById.has(event.id)) yield event;
    },
    openEventsOf: (saleId) =>
      [...openById.values()].flatMap(({ event }) => (event.saleId === saleId ? [event] : [])),
    lastEntryId: () => lastEntryId,
    spare(stuck) {
      for (let entry = entries[doneCount]; entry !== undefined; entry = entries[doneCount]) {
        // The cheap look first: what is stuck is asked of all that waits.
        if (spared.size === SPARED_MAX) return;
        if (!entry.events.every((event) => !openById.has(event.id) || stuck(event))) return;
        spared.set(entry.id, entry);
        sparesUntold = true;
        doneCount += 1;
        passDoneEntries();
      }
    },
    trim() {
      const done = [...spared.values()].find((entry) => !isOpen(entry));
      const last = done ?? nextToGo();
      if (last === undefined && !sparesUntold) return undefined;
      const { id: entryId = '', events: [first] = [] } = last ?? {};
      const left = [...spared.keys()].filter((id) => id !== done?.id);
      return { entryId, eventId: first?.id ?? '', reading, spared: left };
    },
    trimmed(trim) {
      if (trim.reading !== reading) return;
      const isOfSpared = spared.has(trim.entryId);
      if (trim.spared.length + Number(isOfSpared) === spared.size) sparesUntold = false;
      if (isOfSpared) spared.delete(trim.entryId);
      if (isOfSpared || trim.entryId === '') return;
      for (let gone = false; !gone && trimmedCount < doneCount;) {
        gone = entries[trimmedCount]?.id === trim.entryId;
        trimmedCount += 1;
      }
      // Cutting the array costs its length: not at every step.
      if (trimmedCount > 1_000 && trimmedCount > entries.length / 2) {
        entries = entries.slice(trimmedCount);
        doneCount -= trimmedCount;
        trimmedCount = 0;
      }
    },
    openCount: () => openById.size,
    entryCount: () =>
      entries.length - doneCount + openEarlier().length + [...spared.values()].filter(isOpen).length,
    oldestAtMs() {
      const oldest = openEarlier()[0] ?? entries[doneCount];
      return oldest === undefined ? undefined : Number(oldest.id.split('-')[0]);
    },
  };
}

/** Two servers can have written different entries at the same position. */
function keyOf(entryId: string, events: PackedEvent[]): string {
  return `${entryId} ${events[0]?.id ?? ''}`;
}

function haveSameIds(some: PackedEvent[], others: PackedEvent[]): boolean {
  return some.length === others.length && some.every(({ id }, i) => id === others[i]?.id);
}
