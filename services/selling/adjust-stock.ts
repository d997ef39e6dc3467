import type { InventoryRequest } from '../shared/contracts/inventory-schemas.ts';
import { partitionKeys, saleKeyList } from '../shared/contracts/keys.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import type { ScriptArg } from '../shared/platform/scripts.ts';
import { packAdjustment } from './pack-adjustment.ts';
import type { AdjustmentFault } from './pack-adjustment.ts';
import type { KnownSale, SaleDirectory } from './sale-directory.ts';
import type { Refusal, Stock } from './stock.ts';

/** What an adjustment came to; a refusal speaks in numbers of the sale it comes with. */
export type AdjustAnswer = { ok: true } | AdjustmentFault | { refusal: Refusal; sale: KnownSale };

/** The definition may change between reading and judging; who asks a fourth time is told to come back. */
const ATTEMPTS_MAX = 3;

/**
 * Changes the stock of a sale that may be selling meanwhile: one script call, all or nothing. What is so
 * already is left as it is and makes no event.
 *
 * @param context who, and in which request (contracts/outbox.ts)
 */
export async function adjustStock(
  parts: { stock: Stock; directory: SaleDirectory },
  saleId: string,
  request: InventoryRequest,
  context: string,
): Promise<AdjustAnswer> {
  return callForSale(parts, saleId, (sale) => {
    const packed = packAdjustment(request, sale);
    if ('reason' in packed) return packed;
    const { due } = partitionKeys(sale.partition);
    const args = [context, saleId, sale.definition.version, ...packed.args];
    return { script: packed.script, keys: [due], args };
  });
}

/** A script call for one sale; its keys follow `keys`. */
export interface SaleCall {
  script: string;
  keys: string[];
  args: ScriptArg[];
}

/**
 * Calls a script that compares the version of the sale, with what `pack` makes of it; again with a newer one
 * as long as the script says `stale`, three times at most.
 */
export async function callForSale(
  { stock, directory }: { stock: Stock; directory: SaleDirectory },
  saleId: string,
  pack: (sale: KnownSale) => SaleCall | AdjustmentFault,
): Promise<{ ok: true; text: string } | Exclude<AdjustAnswer, { ok: true }>> {
  let sale = await directory.findCurrent(saleId);
  for (let attempt = 1; sale !== undefined; attempt++) {
    const call = pack(sale);
    if ('reason' in call) return call;
    const { partition } = sale;
    const answer = String(await stock.call(partition, call.script,
      [...call.keys, ...saleKeyList(partition, saleId)], call.args));
    const [reason = '', detail = ''] = answer.split('\t');
    if (reason === 'ok') {
      stock.soldOut.drop(saleId);
      return { ok: true, text: detail };
    }
    if (reason !== 'stale' || attempt === ATTEMPTS_MAX) {
      return { refusal: { ok: false, reason: reason as ReasonCode | 'stale', detail }, sale };
    }
    sale = await directory.reload(saleId);
  }
  return { reason: 'sale_unknown', extra: {} };
}
