import type { SaleState } from '../shared/contracts/evolve.ts';
import { saleKeys } from '../shared/contracts/keys.ts';
import type { KnownSale, SaleDirectory } from './sale-directory.ts';
import type { Stock } from './stock.ts';

export interface SaleSnapshot {
  sale: KnownSale;
  state: SaleState;
  seq: number;
  /** id of the event that made it so */
  head: string;
  /** `epoch-seq`: what ETags and stream ids are made of */
  id: string;
  /** by area index */
  areas: { free: number; held: number; sold: number }[];
  /** one character per seat, in the order of the layout; empty unless asked for */
  seats: string;
}

/** Definitions that change between two reads of a sale are a matter of microseconds: once is rare. */
const ATTEMPTS_MAX = 5;

/**
 * A sale at one seq, read in one script call; undefined if there is no such sale.
 *
 * @param before an earlier snapshot with the same `wantsSeats`; it is returned itself when nothing changed,
 *   and then areas and seats are not read
 */
export async function readSnapshot(
  parts: { stock: Stock; directory: SaleDirectory },
  saleId: string,
  wantsSeats: boolean,
  before?: SaleSnapshot,
): Promise<SaleSnapshot | undefined> {
  const { stock, directory } = parts;
  const keys = saleKeys(directory.partitionOf(saleId), saleId);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const answer = await stock.callPlain('snapshot-sale',
      [keys.sale, keys.areas, keys.seats], [wantsSeats ? 1 : 0, before?.id ?? '']);
    if (answer === null) return undefined;
    const [state, version, epoch, seq, head, areas, seats] = answer as [
      SaleState, string, string, string, string, string[]?, string?,
    ];
    const id = `${epoch}-${seq}`;
    if (areas === undefined && before !== undefined) {
      return state === before.state ? before : { ...before, state };
    }
    const sale = await directory.find(saleId, Number(version));
    if (sale === undefined) return undefined;
    // The definition read may be newer than the counters: they would be counters of other areas.
    if (sale.definition.version !== Number(version)) continue;
    return { sale, state, seq: Number(seq), head, id, areas: readAreas(areas ?? []), seats: seats ?? '' };
  }
  throw new Error(`the definition of ${saleId} changes faster than it can be read`);
}

function readAreas(flat: string[]): SaleSnapshot['areas'] {
  const areas: SaleSnapshot['areas'] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [free = 0, held = 0, sold = 0] = (flat[i + 1] ?? '').split(' ').map(Number);
    areas[Number(flat[i])] = { free, held, sold };
  }
  return areas;
}
