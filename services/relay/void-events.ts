import type { PackedEvent } from '../shared/contracts/outbox.ts';

/**
 * Events of one partition that will never be in the log. They are gathered and taken all at once, since to
 * find what rests on them costs a look through all that is open.
 */
export class VoidEvents {
  /** by sale */
  readonly #roots = new Map<string, PackedEvent[]>();

  add(event: PackedEvent): void {
    const roots = this.#roots.get(event.saleId);
    if (roots === undefined) this.#roots.set(event.saleId, [event]);
    else roots.push(event);
  }

  /**
   * By sale: what was added since and is still open, and those that rest on it.
   *
   * @param openEventsOf the open events of a sale, in their order
   */
  take(openEventsOf: (saleId: string) => readonly PackedEvent[]): [saleId: string, PackedEvent[]][] {
    const found = [...this.#roots].map(([saleId, roots]): [string, PackedEvent[]] => {
      const ids = new Set(roots.map(({ id }) => id));
      const events = openEventsOf(saleId).filter(({ id, prev }) => {
        if (ids.has(prev)) ids.add(id);
        return ids.has(id);
      });
      return [saleId, events];
    });
    this.#roots.clear();
    return found.filter(([, events]) => events.length > 0);
  }
}
