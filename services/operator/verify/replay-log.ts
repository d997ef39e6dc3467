import { isEventType } from '../../shared/contracts/events.ts';
import type { SaleEvent } from '../../shared/contracts/events.ts';
import { evolve, initialSale } from '../../shared/contracts/evolve.ts';
import type { FoldedSale } from '../../shared/contracts/folded-sale.ts';
import { upcast } from '../../shared/contracts/upcast.ts';
import type { StoredEvent } from '../../shared/event-store/stored-event.ts';
import { CHAIN_START, verifyChain } from '../../shared/event-store/verify-chain.ts';
import type { ChainEnd } from '../../shared/event-store/verify-chain.ts';
import { Tally } from './tally.ts';

/** Something that is said of the sale at one seq, to be compared with the fold up to there. */
export interface Witness {
  seq: number;
  compare(sale: FoldedSale): void;
}

/**
 * Replays a sale's log from its first event: the chain of digests, and `evolve`, which throws where a promise
 * is broken. It ends at the first fault, since what follows would only repeat it.
 */
export class LogReplay {
  readonly tally = new Tally();
  /** in sentences; nothing is replayed behind one */
  readonly faults: string[] = [];
  end: ChainEnd = CHAIN_START;
  first: { digest: Readonly<Uint8Array>; time: string } | undefined;
  lastTime = '';
  readonly #saleId: string;
  readonly #witnesses: readonly Witness[];
  readonly #sale: FoldedSale = initialSale();

  constructor(saleId: string, witnesses: readonly Witness[]) {
    this.#saleId = saleId;
    this.#witnesses = witnesses;
  }

  /** Takes the next events, as they were written. */
  take(events: readonly StoredEvent[]): void {
    if (this.faults.length > 0) return;
    for (const stored of events) {
      const end = verifyChain(this.#saleId, [stored], this.end);
      if ('fault' in end) return this.#stop(end.fault.seq, end.fault.reason);
      this.end = end;
      this.first ??= { digest: end.digest, time: stored.event.time };
      this.lastTime = stored.event.time;
      if (!this.#fold(stored)) return;
      for (const witness of this.#witnesses) if (witness.seq === stored.seq) witness.compare(this.#sale);
    }
  }

  #fold({ seq, event }: StoredEvent): boolean {
    if (!isEventType(event.type)) {
      this.#stop(seq, `what ${event.type} means is not known here: this service is older than the event`);
      return false;
    }
    try {
      const today = upcast(event);
      const endsAtMs = this.#endOf(today);
      evolve(this.#sale, today);
      this.tally.add(today, endsAtMs);
      return true;
    } catch (error) {
      this.faults.push((error as Error).message);
      return false;
    }
  }

  /** When the hold that an event is about ends, before the event. */
  #endOf({ data }: SaleEvent): number {
    const hold = 'holdId' in data ? this.#sale.holds.get(data.holdId) : undefined;
    return hold === undefined ? 0 : Date.parse(hold.expiresAt);
  }

  #stop(seq: number, reason: string): void {
    this.faults.push(`${this.#saleId} seq ${seq}: ${reason}`);
  }
}
