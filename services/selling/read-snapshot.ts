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
  /** `"epoch-seq"` */
  etag: string;
  /** by area index */
  areas: { free: number; held: number; sold: number }[];
  /** one character per seat, in the order of the layout; empty unless asked for */
  seats: string;
}

/** A sale at one seq, read in one script call; undefined if there is no such sale. */
export async function readSnapshot(
  { stock, directory }: { stock: Stock; directory: SaleDirectory },
  saleId: string,
  wantsSeats: boolean,
): Promise<SaleSnapshot | undefined> {
  const keys = saleKeys(directory.partitionOf(saleId), saleId);
  const answer = await stock.callPlain('snapshot-sale',
    [keys.sale, keys.areas, keys.seats], [wantsSeats ? 1 : 0]);
  if (answer === null) return undefined;
  const [state, version, epoch, seq, head, areas, seats] = answer as [
    SaleState, string, string, string, string, string[], string,
  ];
  const sale = await directory.find(saleId, Number(version));
  if (sale === undefined) return undefined;
  return { sale, state, seq: Number(seq), head, etag: `"${epoch}-${seq}"`, areas: readAreas(areas), seats };
}

function readAreas(flat: string[]): SaleSnapshot['areas'] {
  const areas: SaleSnapshot['areas'] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [free = 0, held = 0, sold = 0] = (flat[i + 1] ?? '').split(' ').map(Number);
    areas[Number(flat[i])] = { free, held, sold };
  }
  return areas;
}
