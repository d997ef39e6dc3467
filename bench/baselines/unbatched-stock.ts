import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { Stock } from '../../services/selling/stock.ts';
import type { Answer, HoldClaim } from '../../services/selling/stock.ts';

/** Our own script, one call per request as it comes: what batching saves is the difference to `Stock`. */
export class UnbatchedStock extends Stock {
  override async placeHold(partition: number, claim: HoldClaim): Promise<Answer> {
    const { outbox, due } = partitionKeys(partition);
    const k = saleKeys(partition, claim.saleId);
    const keys = [
      outbox, due,
      k.sale, k.areas, k.seats, k.runs, k.segments, k.categories, k.holds, k.expiry, k.ended, k.buyers,
    ];
    const { saleId, version, holdId, buyerId, digest, context, itemCount, args } = claim;
    const answers = await this.call(partition, 'place-holds', keys,
      [OUTBOX_ENTRIES_MAX, 1, 1, saleId, 0, version, holdId, buyerId, digest, context, itemCount, ...args]);
    const answer = typeof answers === 'string' ? `${answers}\t` : (answers as string[])[0] ?? '';
    const at = answer.indexOf('\t');
    const head = answer.slice(0, at);
    const text = answer.slice(at + 1);
    return head === 'ok' ? { ok: true, text } : { ok: false, reason: head as 'stale', detail: text };
  }
}

/** One entry per request: the outbox must hold a whole run. */
const OUTBOX_ENTRIES_MAX = 10_000_000;
