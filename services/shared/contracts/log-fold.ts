import { GENESIS, judge } from './log-rule.ts';
import type { Head, Judgement } from './log-rule.ts';

/**
 * The memory that the rule needs, per sale: the head, and the ids of the last accepted events by seq, so
 * that what comes twice is told from what contradicts. Relay and projector judge with it. It forgets: an
 * event older than that memory is `unknown`, and the caller asks whoever remembers more (the projector its
 * event store), or lets it be.
 */
export interface LogEvent {
  saleId: string;
  seq: number;
  id: string;
  prev: string;
}

/**
 * What is known of an id at a seq: the log has it there, has another one there, has neither yet, or it is
 * too old.
 */
export type Standing = 'accepted' | 'contradicted' | 'ahead' | 'unknown';

export interface LogFold {
  /** The head of a sale; GENESIS when nothing is known of it. */
  head(saleId: string): Head;
  /** All sales that have events, with their heads. */
  heads(): IterableIterator<[string, Head]>;
  /** What the memory says about an event, without judging it. */
  standing(event: { saleId: string; seq: number; id: string }): Standing;
  /**
   * Judges the next event of the stream and, when it is accepted, makes it the head.
   *
   * @param acceptedBefore for events whose standing is `unknown`: what the caller found out; false if nothing
   */
  judge(event: LogEvent, acceptedBefore?: boolean): Judgement;
  /** Sets a sale's head, as learnt from a source that has read the log; forgets the ids before it. */
  setHead(saleId: string, head: Head): void;
}

interface SaleMemory {
  head: Head;
  /** id of the event at seq, at index seq modulo the count; only the last `count` up to the head are valid */
  ids: string[];
  /** first seq that is in memory */
  seqMin: number;
}

/** 4,096 ids are 250 kB per sale at most, and more than the largest batch; a resend is hardly ever older. */
export const REMEMBERED_IDS = 4_096;

/** An empty fold. */
export function createLogFold(remembered = REMEMBERED_IDS): LogFold {
  const sales = new Map<string, SaleMemory>();

  function standing({ saleId, seq, id }: { saleId: string; seq: number; id: string }): Standing {
    const sale = sales.get(saleId);
    if (sale === undefined || seq > sale.head.seq) return 'ahead';
    if (seq < sale.seqMin || seq <= sale.head.seq - remembered) return 'unknown';
    return sale.ids[seq % remembered] === id ? 'accepted' : 'contradicted';
  }

  function advance(event: LogEvent): void {
    let sale = sales.get(event.saleId);
    if (sale === undefined) {
      sale = { head: GENESIS, ids: [], seqMin: 1 };
      sales.set(event.saleId, sale);
    }
    sale.head = { seq: event.seq, id: event.id };
    sale.ids[event.seq % remembered] = event.id;
  }

  return {
    head: (saleId) => sales.get(saleId)?.head ?? GENESIS,
    *heads() {
      for (const [saleId, { head }] of sales) yield [saleId, head];
    },
    standing,
    judge(event, acceptedBefore = false) {
      const known = standing(event) === 'accepted';
      const judgement = judge(sales.get(event.saleId)?.head ?? GENESIS, event, known || acceptedBefore);
      if (judgement.verdict === 'accepted') advance(event);
      return judgement;
    },
    setHead(saleId, head) {
      const ids: string[] = [];
      ids[head.seq % remembered] = head.id;
      sales.set(saleId, { head, ids, seqMin: head.seq });
    },
  };
}
