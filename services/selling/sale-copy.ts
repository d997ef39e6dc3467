import type { LayoutArea } from '../shared/contracts/layout.ts';
import type { Counts, SaleSnapshot } from './read-snapshot.ts';
import { writeFrame } from '../shared/platform/write-frame.ts';

/**
 * A sale at one seq with the bytes that are sent of it. Each body is made when the first asks for it, and
 * then given to everybody: what a reader costs does not depend on the size of the venue.
 */
export class SaleCopy {
  readonly snapshot: SaleSnapshot;
  #availability: Buffer | undefined;
  #seats: Buffer | undefined;
  #frame: Buffer | undefined;

  constructor(snapshot: SaleSnapshot) {
    this.snapshot = snapshot;
  }

  /** Body of GET …/availability. */
  availability(): Buffer {
    return this.#availability ??= this.#body((area) => this.#countsOf(area));
  }

  /** Body of GET …/seats. */
  seats(): Buffer {
    const { sale, seq } = this.snapshot;
    return this.#seats ??= Buffer.from(JSON.stringify({
      saleId: sale.saleId,
      seq,
      areas: sale.layout.areas.filter((area) => area.seats > 0)
        .map((area) => ({ areaId: area.area.areaId, states: this.#statesOf(area) })),
    }));
  }

  /** The stream's event `snapshot`: availability and seats in one. */
  frame(): Buffer {
    return this.#frame ??= writeFrame('snapshot', this.#body((area) => ({
      ...this.#countsOf(area),
      ...area.seats > 0 && { states: this.#statesOf(area) },
    })), this.snapshot.id);
  }

  #body(describe: (area: LayoutArea) => object): Buffer {
    const { sale, state, seq } = this.snapshot;
    return Buffer.from(JSON.stringify({
      saleId: sale.saleId, state, seq, areas: sale.layout.areas.map(describe), ...this.#above(),
    }));
  }

  /** What counts above single areas, where the sale has that. */
  #above(): object {
    const { counters } = this.snapshot.sale.layout;
    const described = counters.map(({ kind, id, capacity }, index) =>
      ({ kind, id, counts: { capacity, ...countsOf(this.snapshot, index) } }));
    const groups = described.filter(({ kind }) => kind === 'group')
      .map(({ id, counts }) => ({ groupId: id, ...counts }));
    const venue = described.find(({ kind }) => kind === 'venue')?.counts;
    return { ...groups.length > 0 && { groups }, ...venue && { venue } };
  }

  #countsOf({ area, index }: LayoutArea): object {
    const reserved = this.snapshot.reserved[index] ?? 0;
    const counts = countsOf(this.snapshot, index);
    return {
      areaId: area.areaId, kind: area.kind, capacity: area.capacity, ...counts,
      ...reserved > 0 && { reserved },
    };
  }

  #statesOf({ offset, seats }: LayoutArea): string {
    return this.snapshot.seats.slice(offset, offset + seats);
  }
}

/** The counts of a counter by its index. */
export function countsOf({ counters }: SaleSnapshot, index: number): Counts {
  return counters[index] ?? { free: 0, held: 0, sold: 0, blocked: 0 };
}
