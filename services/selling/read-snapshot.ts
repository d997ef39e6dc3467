import type { SaleState } from '../shared/contracts/evolve.ts';
import { saleKeys } from '../shared/contracts/keys.ts';
import type { KnownSale, SaleDirectory } from './sale-directory.ts';
import type { Stock } from './stock.ts';

export interface Counts {
  free: number;
  held: number;
  sold: number;
  blocked: number;
}

export interface SaleSnapshot {
  sale: KnownSale;
  state: SaleState;
  seq: number;
  /** id of the event that made it so */
  head: string;
  /** `epoch-seq`: what ETags and stream ids are made of */
  id: string;
  /** by counter index: areas first, then groups and the venue */
  counters: Counts[];
  /** by area index: what is set aside for channels, a part of `free` */
  reserved: number[];
  /** one character per seat, in the order of the layout; empty unless asked for */
  seats: string;
}

/** Definitions that change between two reads of a sale are a matter of microseconds: once is rare. */
const ATTEMPTS_MAX = 5;

/**
 * A sale at one seq, read in one script call; undefined if there is no such sale, or if it is archived.
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
  const keys = saleKeys(await directory.locate(saleId), saleId);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const answer = await stock.callPlain('snapshot-sale',
      [keys.sale, keys.areas, keys.seats], [wantsSeats ? 1 : 0, before?.id ?? '']);
    if (answer === null) return undefined;
    const [state, version, epoch, seq, head, areas, seats] = answer as [
      SaleState, string, string, string, string, string[]?, string?,
    ];
    // Redis may have nothing of a sale that is being rebuilt but that it is.
    if (state === 'archived' || (state === 'recovering' && version === '0')) return undefined;
    const id = `${epoch}-${seq}`;
    if (areas === undefined && before !== undefined) {
      return state === before.state ? before : { ...before, state };
    }
    const sale = await directory.find(saleId, Number(version));
    if (sale === undefined) return undefined;
    // The definition read may be newer than the counters: they would be counters of other areas.
    if (sale.definition.version !== Number(version)) continue;
    return { sale, state, seq: Number(seq), head, id, ...readCounters(areas ?? []), seats: seats ?? '' };
  }
  throw new Error(`the definition of ${saleId} changes faster than it can be read`);
}

function readCounters(flat: string[]): Pick<SaleSnapshot, 'counters' | 'reserved'> {
  const counters: Counts[] = [];
  const reserved: number[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [index = 0, channel] = (flat[i] ?? '').split(':').map(Number);
    const [free = 0, held = 0, sold = 0, blocked = 0] = (flat[i + 1] ?? '').split(' ').map(Number);
    if (channel === undefined) counters[index] = { free, held, sold, blocked };
    else reserved[index] = (reserved[index] ?? 0) + free;
  }
  return { counters, reserved };
}
