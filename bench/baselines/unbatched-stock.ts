import { partitionKeys, saleKeyList } from '../../services/shared/contracts/keys.ts';
import { packOutboxLimits } from '../../services/selling/pack-outbox-limits.ts';
import { Stock } from '../../services/selling/stock.ts';
import type { Answer, HoldClaim } from '../../services/selling/stock.ts';

/** Our own script, one call per request as it comes: what batching saves is the difference to `Stock`. */
export class UnbatchedStock extends Stock {
  override async placeHold(partition: number, claim: HoldClaim): Promise<Answer> {
    const keys = [partitionKeys(partition).due, ...saleKeyList(partition, claim.saleId)];
    const { saleId, version, holdId, buyerId, digest, context, itemCount, args } = claim;
    const answers = await this.call(partition, 'place-holds', keys,
      [OUTBOX_LIMITS, 1, 1, saleId, 0, version, holdId, buyerId, digest, context, itemCount, ...args]);
    const answer = typeof answers === 'string' ? `${answers}\t` : (answers as string[])[0] ?? '';
    const at = answer.indexOf('\t');
    const head = answer.slice(0, at);
    const text = answer.slice(at + 1);
    return head === 'ok' ? { ok: true, text } : { ok: false, reason: head as 'stale', detail: text };
  }
}

/** One entry per request, and nobody reads them: the outbox must hold a whole run. */
const OUTBOX_LIMITS = packOutboxLimits({
  entriesMax: 10_000_000, bytesMax: 16 * 1024 ** 3, ageMsMax: 24 * 3_600_000,
});
