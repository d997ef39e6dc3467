import type { LogEvent } from '../shared/contracts/log-fold.ts';
import type { PackedEvent } from '../shared/contracts/outbox.ts';

const NONE: readonly string[] = [];

/**
 * Events of one partition that follow nothing that is known of the log, by sale and in their order. They wait
 * until more of the log is known (`advance`), and are then judged again (`takeAdvanced`).
 */
export class WaitingEvents {
  readonly #events = new Map<string, PackedEvent[]>();
  readonly #advanced = new Set<string>();

  add(event: PackedEvent): void {
    const events = this.#events.get(event.saleId);
    if (events === undefined) this.#events.set(event.saleId, [event]);
    else events.push(event);
  }

  has(saleId: string): boolean {
    return this.#events.has(saleId);
  }

  of(saleId: string): readonly PackedEvent[] {
    return this.#events.get(saleId) ?? [];
  }

  saleIds(): string[] {
    return [...this.#events.keys()];
  }

  /** More of the log is known of a sale. */
  advance(saleId: string): void {
    if (this.#events.has(saleId)) this.#advanced.add(saleId);
  }

  /**
   * The ids of those before this event, to which its `prev` leads back: where the log has the event, it has
   * them too.
   */
  provenBy({ saleId, prev }: Pick<LogEvent, 'saleId' | 'prev'>): readonly string[] {
    const events = this.#events.get(saleId);
    if (events === undefined) return NONE;
    const ids: string[] = [];
    let wanted = prev;
    for (const event of events.toReversed()) {
      if (event.id !== wanted) continue;
      ids.push(event.id);
      wanted = event.prev;
    }
    if (ids.length > 0) this.advance(saleId);
    return ids;
  }

  /** Takes out all that waits in the sales that advanced. */
  takeAdvanced(): PackedEvent[] {
    const taken = [...this.#advanced].flatMap((saleId) => this.#events.get(saleId) ?? []);
    for (const saleId of this.#advanced) this.forget(saleId);
    return taken;
  }

  forget(saleId: string): void {
    this.#events.delete(saleId);
    this.#advanced.delete(saleId);
  }

  clear(): void {
    this.#events.clear();
    this.#advanced.clear();
  }

  count(): number {
    let count = 0;
    for (const events of this.#events.values()) count += events.length;
    return count;
  }
}
