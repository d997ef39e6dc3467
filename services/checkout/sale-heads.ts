import type { Log } from '../shared/platform/log.ts';

/**
 * What the shells need to know of a sale: its name and whether it exists. Asked of selling at most once in
 * 15 seconds per sale, however many buyers arrive, and never waited for longer than a second: a page
 * without a name is better than no page, since the browser goes on asking.
 */
export interface SaleHead {
  saleId: string;
  name: string;
  state: string;
  opensAt: string | null;
}

export interface SaleHeads {
  /** the head; `unknown` when there is no such sale; undefined when selling does not say */
  read(saleId: string): Promise<SaleHead | 'unknown' | undefined>;
}

const FRESH_MS = 15_000;
const ANSWER_MS_MAX = 1_000;
const HEADS_MAX = 1_000;

/** @param now this process' clock, ms */
export function createSaleHeads({
  sellingUrl,
  log,
  now = Date.now,
}: {
  sellingUrl: string;
  log: Log;
  now?: () => number;
}): SaleHeads {
  const kept = new Map<string, { untilMs: number; head: Promise<SaleHead | 'unknown' | undefined> }>();

  async function ask(saleId: string): Promise<SaleHead | 'unknown' | undefined> {
    try {
      const url = new URL(`/v1/sales/${saleId}`, sellingUrl);
      const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
      if (response.status === 404) return 'unknown';
      if (response.ok) {
        const { name, state, opensAt } = (await response.json()) as SaleHead;
        return { saleId, name, state, opensAt };
      }
    } catch (error) {
      log.warn({ saleId, reason: (error as Error).message }, 'selling did not say what this sale is');
    }
    // Nothing learned: the next page may ask at once.
    kept.delete(saleId);
    return undefined;
  }

  return {
    read(saleId) {
      const known = kept.get(saleId);
      if (known !== undefined && known.untilMs > now()) return known.head;
      // The oldest goes; ids that somebody guesses cannot fill the memory.
      const [oldest] = kept.keys();
      if (kept.size >= HEADS_MAX && oldest !== undefined) kept.delete(oldest);
      const head = ask(saleId);
      kept.delete(saleId);
      kept.set(saleId, { untilMs: now() + FRESH_MS, head });
      return head;
    },
  };
}
