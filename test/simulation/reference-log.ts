import type { BusEvent } from '../../services/shared/contracts/bus-record.ts';

/** An event of the log, as far as the rule looks at it. */
export interface LoggedEvent {
  seq: number;
  id: string;
  prev: string;
  epoch: number;
}

/**
 * The log, worked out a second time and as plainly as the rule can be said: whatever lands on the bus, in the
 * order in which it lands; what follows the last event of its sale belongs to it, nothing else does. It
 * shares no code with what is tested, forgets nothing and restarts never.
 */
export class ReferenceLog {
  readonly #sales = new Map<string, LoggedEvent[]>();
  readonly #ids = new Set<string>();

  /** Returns true for an event that belongs to the log. */
  land({ subject, sequence, id, prev, epoch = 0 }: BusEvent): boolean {
    const events = this.of(subject);
    const last = events.at(-1);
    const seq = Number(sequence);
    if (this.#ids.has(id) || seq !== events.length + 1 || prev !== (last?.id ?? '0')) return false;
    events.push({ seq, id, prev, epoch });
    this.#ids.add(id);
    return true;
  }

  has(eventId: string): boolean {
    return this.#ids.has(eventId);
  }

  /** The log of a sale, the oldest event first. */
  of(saleId: string): LoggedEvent[] {
    let events = this.#sales.get(saleId);
    if (events === undefined) this.#sales.set(saleId, events = []);
    return events;
  }

  saleIds(): string[] {
    return [...this.#sales.keys()];
  }
}
