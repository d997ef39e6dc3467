/**
 * Those who wait for a script call of one partition: a line per sale, and the sales take turns, one claim
 * each. Every operation is O(1), whatever waits. A sale may have as many waiting as there is room left for
 * all: alone it takes half of the room at most, k sales that all push on settle at a (k+1)th each, and as
 * much again stays free for one that comes new (a dynamic threshold, as switches share their buffers:
 * Choudhury and Hahne, IEEE/ACM Transactions on Networking 6, 1998).
 */

/** Claims that may wait in one partition; one sale alone can have half of them. */
export const WAITING_COUNT_MAX = 40_000;
/** Bytes of theirs, shared in the same way: the largest claims must not fill the memory. */
export const WAITING_BYTES_MAX = 64 * 1024 * 1024;

/** What a line needs to know of a claim. */
export interface OfSale {
  saleId: string;
}

/** A claim with those who wait for its answer. */
export interface Waiting<Claim> {
  claim: Claim;
  args: number;
  bytes: number;
  resolve: (answer: string) => void;
  reject: (error: unknown) => void;
  /** the sale's next one */
  next: Waiting<Claim> | undefined;
}

interface SaleLine<Claim> {
  saleId: string;
  first: Waiting<Claim>;
  last: Waiting<Claim>;
  count: number;
  bytes: number;
  /** whose turn is next */
  next: SaleLine<Claim> | undefined;
}

export class WaitingLine<Claim extends OfSale> {
  /** all that wait: claims, their arguments, their bytes */
  count = 0;
  args = 0;
  bytes = 0;
  #sales = new Map<string, SaleLine<Claim>>();
  #first: SaleLine<Claim> | undefined;
  #last: SaleLine<Claim> | undefined;

  /** Joins the line of its sale; gives the answer to come, or undefined when there is no room for it. */
  join(claim: Claim, args: number, bytes: number): Promise<string> | undefined {
    const sale = this.#sales.get(claim.saleId);
    if ((sale?.count ?? 0) >= WAITING_COUNT_MAX - this.count) return undefined;
    if ((sale?.bytes ?? 0) + bytes > WAITING_BYTES_MAX - this.bytes) return undefined;
    const answer = new Promise<string>(keepSettlers);
    const waiting: Waiting<Claim> = { claim, args, bytes, resolve, reject, next: undefined };
    this.count += 1;
    this.args += args;
    this.bytes += bytes;
    if (sale === undefined) this.#addSale(waiting);
    else {
      sale.last.next = waiting;
      sale.last = waiting;
      sale.count += 1;
      sale.bytes += bytes;
    }
    return answer;
  }

  /** Who is next; stays where it is. */
  peek(): Waiting<Claim> | undefined {
    return this.#first?.first;
  }

  /** Takes the next one out; the sale's next turn comes after all others'. */
  take(): Waiting<Claim> | undefined {
    const sale = this.#first;
    if (sale === undefined) return undefined;
    const taken = sale.first;
    const { next } = taken;
    // One that has left must not keep alive all that came after it.
    taken.next = undefined;
    this.count -= 1;
    this.args -= taken.args;
    this.bytes -= taken.bytes;
    if (next === undefined) {
      this.#sales.delete(sale.saleId);
      this.#first = sale.next;
      if (this.#first === undefined) this.#last = undefined;
      return taken;
    }
    sale.first = next;
    sale.count -= 1;
    sale.bytes -= taken.bytes;
    if (sale.next !== undefined) {
      this.#first = sale.next;
      this.#append(sale);
    }
    return taken;
  }

  #addSale(waiting: Waiting<Claim>): void {
    const { claim: { saleId }, bytes } = waiting;
    const sale = { saleId, first: waiting, last: waiting, count: 1, bytes, next: undefined };
    this.#sales.set(saleId, sale);
    if (this.#first === undefined) this.#first = sale;
    this.#append(sale);
  }

  #append(sale: SaleLine<Claim>): void {
    sale.next = undefined;
    if (this.#last !== undefined && this.#last !== sale) this.#last.next = sale;
    this.#last = sale;
  }
}

/**
 * One function for all promises, which runs before the constructor returns: a closure per claim would cost
 * as much as the promise.
 */
let resolve: (answer: string) => void;
let reject: (error: unknown) => void;
function keepSettlers(onAnswer: (answer: string) => void, onError: (error: unknown) => void): void {
  resolve = onAnswer;
  reject = onError;
}
