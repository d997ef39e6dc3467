import type { LayoutArea } from '../shared/contracts/layout.ts';
import type { SaleSnapshot } from './read-snapshot.ts';
import { writeFrame } from './write-frame.ts';

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
      saleId: sale.saleId, state, seq, areas: sale.layout.areas.map(describe),
    }));
  }

  #countsOf({ area, index }: LayoutArea): object {
    const counts = this.snapshot.areas[index] ?? { free: 0, held: 0, sold: 0 };
    return { areaId: area.areaId, kind: area.kind, capacity: area.capacity, ...counts };
  }

  #statesOf({ offset, seats }: LayoutArea): string {
    return this.snapshot.seats.slice(offset, offset + seats);
  }
}
