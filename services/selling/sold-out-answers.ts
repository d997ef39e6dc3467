import type { ClaimPlan } from './pack-claim.ts';

/**
 * What the script refused as sold out, kept for a moment: equal claims (same sale, version, items and
 * channels, without codes: an equal plan) are answered from here, so that those who still ask for what is
 * gone cost no script call. An answer is given for ANSWER_MS after the call that said so was sent, so nobody
 * is told `sold_out` a second after stock came back; where this process gives it back itself, at once.
 * Whether a caller's own earlier request won is not known here: look that up first (hold-lookups.ts).
 */
export const ANSWER_MS = 900;
/** Sales remembered; the one that nothing happened to for longest goes first. */
export const SALES_MAX = 1_000;
/** Different claims remembered per sale. */
export const PLANS_PER_SALE_MAX = 256;

/** Of a claim's plan (pack-claim.ts): who may claim what of which version of the sale. */
type PlanTexts = Pick<ClaimPlan, 'head' | 'steps'>;

export interface SoldOutAnswer {
  /** as the script gives it with `sold_out` */
  detail: string;
  /** when the call was sent, by `nowMs` */
  sentAtMs: number;
}

interface SoldOutSale {
  answers: Map<string, SoldOutAnswer>;
  /** what was asked before stock came back says nothing */
  droppedAtMs: number;
}

export class SoldOutAnswers {
  /** claims answered from here */
  givenCount = 0;
  /** a clock that never goes back, in ms */
  readonly nowMs: () => number;
  #sales = new Map<string, SoldOutSale>();

  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs;
  }

  /** The answer to a claim with this plan, while there is one. */
  recall(saleId: string, plan: PlanTexts): SoldOutAnswer | undefined {
    const answers = this.#sales.get(saleId)?.answers;
    if (answers === undefined || answers.size === 0) return undefined;
    const answer = answers.get(keyOf(plan));
    return answer !== undefined && this.nowMs() < answer.sentAtMs + ANSWER_MS ? answer : undefined;
  }

  /** The script said so. An answer to what was sent before the last `drop` is not kept. */
  note(saleId: string, plan: PlanTexts, answer: SoldOutAnswer): void {
    const sale = this.#of(saleId);
    if (answer.sentAtMs <= sale.droppedAtMs) return;
    const key = keyOf(plan);
    sale.answers.delete(key);
    sale.answers.set(key, answer);
    removeOldest(sale.answers, PLANS_PER_SALE_MAX);
  }

  /** Stock of the sale came back. */
  drop(saleId: string): void {
    const sale = this.#of(saleId);
    sale.answers.clear();
    sale.droppedAtMs = this.nowMs();
  }

  #of(saleId: string): SoldOutSale {
    const sale = this.#sales.get(saleId) ?? { answers: new Map(), droppedAtMs: -Infinity };
    this.#sales.delete(saleId);
    this.#sales.set(saleId, sale);
    removeOldest(this.#sales, SALES_MAX);
    return sale;
  }
}

function keyOf({ head, steps }: PlanTexts): string {
  return `${head}\n${steps}`;
}

function removeOldest(map: Map<string, unknown>, countMax: number): void {
  const oldest = map.keys().next();
  if (map.size > countMax && oldest.done === false) map.delete(oldest.value);
}
