import { saleKeyList } from '../shared/contracts/keys.ts';

/** The sales of one script call: each has a number, and its keys stand in it once, whatever its claims. */
export class NumberedSales {
  /** by number, from 0 */
  readonly ids: string[] = [];
  /** `saleKeyList` of each, in the order of their numbers */
  readonly keys: string[] = [];
  readonly #partition: number;
  readonly #numbers = new Map<string, number>();

  constructor(partition: number) {
    this.#partition = partition;
  }

  /** The number of a sale, a new one if it has none yet. */
  numberOf(saleId: string): number {
    const known = this.#numbers.get(saleId);
    if (known !== undefined) return known;
    const number = this.ids.length;
    this.#numbers.set(saleId, number);
    this.ids.push(saleId);
    this.keys.push(...saleKeyList(this.#partition, saleId));
    return number;
  }
}
