import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { decodeBatch, RECORD_TEXT_BYTES_MAX } from '../../shared/contracts/bus-record.ts';
import type { BusEvent } from '../../shared/contracts/bus-record.ts';
import { evolve, initialSale } from '../../shared/contracts/evolve.ts';
import type { FoldedSale } from '../../shared/contracts/evolve.ts';
import { judge } from '../../shared/contracts/log-rule.ts';
import type { Head } from '../../shared/contracts/log-rule.ts';
import type { PackedEvent } from '../../shared/contracts/outbox.ts';
import { packEvent } from '../../shared/contracts/outbox.ts';
import { upcast } from '../../shared/contracts/upcast.ts';
import { decompress } from '../../shared/platform/compression.ts';
import type { Log } from '../../shared/platform/log.ts';
import { connectPg, loadSql } from '../../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../../shared/platform/pg.ts';
import type { StreamRecord } from '../../shared/platform/shard-reader.ts';
import { createStreamReader } from '../../shared/platform/stream-reader.ts';

export interface SaleLogOptions {
  kinesis: KinesisClient;
  streamName: string;
  /** undefined: there is none, and what the stream has is all there is */
  eventStoreUrl: string | undefined;
  pollMsMin: number;
  pollMsMax: number;
  signal: AbortSignal;
  log: Log;
}

/** A sale as its log makes it, or in a sentence why that is not known now. */
export type FoldResult = { fold: FoldedSale } | { trouble: string };

interface Folding {
  fold: FoldedSale;
  target: Head;
  fault: string;
}

const CONNECT_MS_MAX = 2_000;
const EVENTS_PER_PAGE = 2_000;
/** A tail that takes longer to read is tried again, from a later checkpoint. */
const TAIL_MS_MAX = 60_000;

const sql = {
  checkpoints: loadSql(import.meta.url, '../sql/select-checkpoints.sql'),
  headEvent: loadSql(import.meta.url, './sql/select-head-event.sql'),
  eventsAfter: loadSql(import.meta.url, './sql/select-events-after.sql'),
  definitionEvents: loadSql(import.meta.url, './sql/select-definition-events.sql'),
  lastTime: loadSql(import.meta.url, './sql/select-last-time.sql'),
  insertDiscarded: loadSql(import.meta.url, './sql/insert-discarded.sql'),
};

/**
 * The log of single sales, from their first event to their head: the event store as far as it is, then the
 * stream's tail by the rule. While the event store is away the stream alone will do, if it still has the
 * sale's first event. Folding proves the log on its way: one that breaks a promise gives no fold.
 */
export class SaleLog {
  readonly #options: SaleLogOptions;
  readonly #pool: Pool | undefined;

  constructor(options: SaleLogOptions) {
    this.#options = options;
    const { eventStoreUrl, log } = options;
    this.#pool = eventStoreUrl === undefined ? undefined
      : connectPg(eventStoreUrl, { name: 'relay-recovery', log, poolMax: 1, connectMs: CONNECT_MS_MAX });
  }

  /**
   * Folds some sales up to the heads given, or further if there is more. Never rejects. Of an archived sale
   * the fold has the definition without seats, and the head.
   */
  async fold(heads: ReadonlyMap<string, Head>, streamKey: string): Promise<Map<string, FoldResult>> {
    let sales = foldings(heads);
    let positions = new Map<string, string>();
    let away = '';
    if (this.#pool !== undefined) {
      try {
        positions = await this.#foldStored(this.#pool, sales, streamKey);
      } catch (error) {
        away = `the event store does not answer: ${(error as Error).message}`;
        sales = foldings(heads);
      }
    }
    if ([...sales.values()].some(isBehind)) await this.#foldTail(sales, positions);
    return new Map([...sales].map(([saleId, sale]): [string, FoldResult] => {
      const { fold, target, fault } = sale;
      if (fault !== '') return [saleId, { trouble: `its log cannot be folded: ${fault}` }];
      if (!isBehind(sale)) return [saleId, { fold }];
      const short = `its log was read up to seq ${fold.head.seq} of ${target.seq}`;
      return [saleId, { trouble: away === '' ? short : `${short}; ${away}` }];
    }));
  }

  /** Keeps what is about to be dropped; false when the event store does not take it. Repeatable. */
  async keepDiscarded(events: readonly PackedEvent[]): Promise<boolean> {
    if (this.#pool === undefined || events.length === 0) return false;
    try {
      await this.#pool.query(sql.insertDiscarded, [
        events.map(({ saleId }) => saleId), events.map(({ id }) => id), events.map(({ seq }) => seq),
        events.map(({ epoch }) => epoch), events.map(({ type }) => type),
        events.map(({ timeMs }) => new Date(timeMs)), events.map(packEvent),
      ]);
      return true;
    } catch (error) {
      this.#options.log.warn({ err: error }, 'discarded events could not be kept');
      return false;
    }
  }

  /** When the last event of a partition happened that the event store has, ms; undefined when unknown. */
  async lastEventAtMs(partition: number): Promise<number | undefined> {
    const found = await this.#pool?.query<{ last_at: Date | null }>(sql.lastTime, [partition])
      .catch(() => undefined);
    return found?.rows[0]?.last_at?.getTime();
  }

  async stop(): Promise<void> {
    await this.#pool?.end();
  }

  /** In one snapshot with the checkpoints, from which the stream goes on. */
  async #foldStored(
    pool: Pool, sales: Map<string, Folding>, streamKey: string,
  ): Promise<Map<string, string>> {
    const client = await pool.connect();
    let failure: Error | undefined;
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const { rows } = await client.query<{ shard_id: string; sequence_number: string }>(
        sql.checkpoints, [streamKey],
      );
      for (const [saleId, sale] of sales) await foldStoredSale(client, saleId, sale);
      await client.query('COMMIT');
      return new Map(rows.map((row) => [row.shard_id, row.sequence_number]));
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      client.release(failure);
    }
  }

  async #foldTail(sales: Map<string, Folding>, positions: Map<string, string>): Promise<void> {
    const { kinesis: client, streamName, pollMsMin, pollMsMax, signal, log } = this.#options;
    const done = Promise.withResolvers<void>();
    const reader = createStreamReader({
      client, streamName, log, positions, pollMsMin, pollMsMax,
      onBatch: async ({ records }) => {
        for (const record of records) takeRecord(sales, record);
        if (![...sales.values()].some(isBehind)) done.resolve();
        return undefined;
      },
    });
    const timer = setTimeout(() => done.resolve(), TAIL_MS_MAX);
    signal.addEventListener('abort', () => done.resolve(), { once: true });
    reader.start();
    await Promise.race([done.promise, reader.reachedTip()]);
    clearTimeout(timer);
    await reader.stop();
  }
}

function foldings(heads: ReadonlyMap<string, Head>): Map<string, Folding> {
  return new Map([...heads].map(([saleId, target]) => [saleId, { fold: initialSale(), target, fault: '' }]));
}

function isBehind({ fold, target, fault }: Folding): boolean {
  return fault === '' && fold.head.seq < target.seq;
}

async function foldStoredSale(client: PoolClient, saleId: string, sale: Folding): Promise<void> {
  const last = await client.query<{ body: BusEvent }>(sql.headEvent, [saleId]);
  const head = last.rows[0]?.body;
  // Unless it was revived since.
  if (head?.type === 'sale.archived' && Number(head.sequence) >= sale.target.seq) {
    const { rows } = await client.query<{ body: BusEvent }>(sql.definitionEvents, [saleId]);
    for (const { body } of rows) take(sale, body);
    sale.fold.state = 'archived';
    sale.fold.head = { seq: Number(head.sequence), id: head.id };
    sale.fold.epoch = head.epoch ?? 0;
    return;
  }
  for (let rowCount = EVENTS_PER_PAGE; rowCount === EVENTS_PER_PAGE && sale.fault === '';) {
    const { rows } = await client.query<{ seq: number; body: BusEvent }>(
      sql.eventsAfter, [saleId, sale.fold.head.seq, EVENTS_PER_PAGE],
    );
    for (const { body } of rows) take(sale, body);
    rowCount = rows.length;
  }
}

function take(sale: Folding, event: BusEvent): void {
  if (sale.fault !== '') return;
  try {
    evolve(sale.fold, upcast(event));
  } catch (error) {
    sale.fault = (error as Error).message;
  }
}

/** What the rule accepts of a record; what cannot be read is nobody's event. */
function takeRecord(sales: Map<string, Folding>, record: StreamRecord): void {
  let events: BusEvent[];
  try {
    events = decodeBatch(decompress(record.data, RECORD_TEXT_BYTES_MAX));
  } catch {
    return;
  }
  for (const event of events) {
    const sale = sales.get(event.subject);
    if (sale === undefined || sale.fault !== '') continue;
    const known = { seq: Number(event.sequence), id: event.id, prev: event.prev };
    if (judge(sale.fold.head, known, false).verdict === 'accepted') take(sale, event);
  }
}
