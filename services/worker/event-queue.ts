import { decodeBatch, isPartitionHeads, RECORD_TEXT_BYTES_MAX } from '../shared/contracts/bus-record.ts';
import type { BusEvent } from '../shared/contracts/bus-record.ts';
import { GENESIS, judge } from '../shared/contracts/log-rule.ts';
import type { Head } from '../shared/contracts/log-rule.ts';
import { decompress } from '../shared/platform/compression.ts';
import type { Log } from '../shared/platform/log.ts';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';
import type { Lease, ShardBatch, StreamRecord } from '../shared/platform/reader/create-reader.ts';
import { organiserBody } from './organiser-body.ts';
import type { StoredLog } from './stored-log.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

const sql = {
  selectHeads: loadSql(import.meta.url, './sql/select-heads.sql'),
  upsertHeads: loadSql(import.meta.url, './sql/upsert-heads.sql'),
  insertDeliveries: loadSql(import.meta.url, './sql/insert-deliveries.sql'),
  upsertLanes: loadSql(import.meta.url, './sql/upsert-lanes.sql'),
};

/** Of one transaction; a record is never divided, and has at most BATCH_EVENTS_MAX by itself. */
const CHUNK_EVENTS_MAX = 2_000;
/** Read from the event store at once. */
const PAGE_EVENTS_MAX = 500;

/** The event store does not know yet what it has to be asked for: the batch comes again in a moment. */
export class EventStoreBehindError extends Error {}

type Queued = Pick<BusEvent, 'subject' | 'id' | 'type'> & { seq: number; body: string };

/** One transaction's work: the heads as they are in it, and what is to be written. */
interface Draft {
  heads: Map<string, Head>;
  queued: Queued[];
  passedBy: number;
}

/**
 * Turns what the shards bring into deliveries to be made: every event that the rule accepts, once per
 * webhook that wants it, in the transaction that moves the checkpoint. Heads are kept here and not taken from
 * the projector, since the two read at different speeds; only what the stream has forgotten (a cursor that
 * begins late, a worker that was away for longer than the retention) is asked of the event store.
 * What cannot be read is passed by: when the operator has released it, the sale's next event shows the gap
 * and the event store fills it.
 */
export class EventQueue {
  readonly #pool: Pool;
  readonly #stored: StoredLog;
  readonly #metrics: WorkerMetrics;
  readonly #log: Log;
  readonly #onQueued: () => void;

  /** @param onQueued told after each commit that there is something to deliver */
  constructor(options: {
    pool: Pool; stored: StoredLog; metrics: WorkerMetrics; log: Log; onQueued(): void;
  }) {
    this.#pool = options.pool;
    this.#stored = options.stored;
    this.#metrics = options.metrics;
    this.#log = options.log;
    this.#onQueued = options.onQueued;
  }

  /** Takes one batch of a shard. Throws when a database does not answer, or the lease is lost. */
  async take(batch: ShardBatch, lease: Lease): Promise<void> {
    let { positionBefore } = batch;
    let events: BusEvent[] = [];
    for (const record of batch.records) {
      events.push(...this.#read(record, batch.shardId));
      if (events.length < CHUNK_EVENTS_MAX) continue;
      const position = record === batch.records.at(-1) ? batch.position : record.sequenceNumber;
      await this.#commit(events, lease, { positionBefore, position });
      positionBefore = position;
      events = [];
    }
    if (positionBefore !== batch.position) {
      await this.#commit(events, lease, { positionBefore, position: batch.position });
    }
  }

  #read(record: StreamRecord, shardId: string): BusEvent[] {
    try {
      const events = decodeBatch(decompress(record.data, RECORD_TEXT_BYTES_MAX));
      return events.filter((event) => !isPartitionHeads(event));
    } catch (error) {
      const { sequenceNumber } = record;
      this.#metrics.unreadable.inc();
      this.#log.warn({ err: error, shardId, sequenceNumber }, 'a record cannot be read and is passed by');
      return [];
    }
  }

  async #commit(
    events: BusEvent[], lease: Lease, move: { positionBefore: string | undefined; position: string },
  ): Promise<void> {
    const { queued, passedBy, inserted } = await withTransaction(this.#pool, async (client) => {
      // First: whoever had the lease before has committed or never will, so that the heads are the last ones.
      await lease.moveCheckpoint(client, move);
      const draft = await this.#judge(client, events);
      return { ...draft, inserted: await write(client, draft) };
    });
    this.#metrics.events.inc({ verdict: 'accepted' }, queued.length);
    this.#metrics.events.inc({ verdict: 'passed_by' }, passedBy);
    if (inserted > 0) this.#onQueued();
  }

  async #judge(client: PoolClient, events: BusEvent[]): Promise<Draft> {
    const saleIds = [...new Set(events.map(({ subject }) => subject))];
    const { rows } = await client.query<{ sale_id: string; seq: number; id: string }>(
      sql.selectHeads, [saleIds],
    );
    const heads = new Map(rows.map(({ sale_id: saleId, seq, id }) => [saleId, { seq, id }]));
    const draft: Draft = { heads, queued: [], passedBy: 0 };
    for (const event of events) {
      const head = draft.heads.get(event.subject);
      const numbered = { seq: Number(event.sequence), id: event.id, prev: event.prev };
      // Nothing that is behind the head is delivered, so whether it was accepted before need not be known.
      let { verdict, reason } = judge(head ?? GENESIS, numbered, false);
      if (reason === 'seq_gap' && await this.#closeGap(draft, event, head)) {
        ({ verdict, reason } = judge(draft.heads.get(event.subject) ?? GENESIS, numbered, false));
      }
      if (verdict === 'accepted') accept(draft, event);
      else draft.passedBy += 1;
    }
    return draft;
  }

  /**
   * Takes what is missing before an event from the event store: all since the head, if there is one; of a
   * sale that is new here only where the log stands, since nobody was promised what came before.
   *
   * @returns false when the log does not go on with this event
   * @throws EventStoreBehindError
   */
  async #closeGap(draft: Draft, event: BusEvent, head: Head | undefined): Promise<boolean> {
    const { subject: saleId, prev } = event;
    const lastSeq = Number(event.sequence) - 1;
    const id = await this.#stored.idAt(saleId, lastSeq);
    if (id === undefined) {
      if (await this.#stored.isPassedBy(event)) return false;
      throw new EventStoreBehindError(`the event store does not have event ${lastSeq} of ${saleId} yet`);
    }
    if (id !== prev) return false;
    if (head === undefined) draft.heads.set(saleId, { seq: lastSeq, id });
    for (let fromSeq = (head?.seq ?? lastSeq) + 1; fromSeq <= lastSeq;) {
      const page = await this.#stored.events({
        saleId, fromSeq, throughSeq: lastSeq, countMax: PAGE_EVENTS_MAX,
      });
      if (page.length === 0) throw new Error(`the event store lacks event ${fromSeq} of ${saleId}`);
      for (const missed of page) accept(draft, missed);
      fromSeq += page.length;
    }
    const found = { saleId, seq: lastSeq + 1, headSeq: head?.seq };
    this.#log.warn(found, 'what the stream lacks is taken from the event store');
    return true;
  }
}

function accept(draft: Draft, event: BusEvent): void {
  const { subject, id, type } = event;
  const seq = Number(event.sequence);
  draft.heads.set(subject, { seq, id });
  draft.queued.push({ subject, seq, id, type, body: organiserBody(event) });
}

/** How many deliveries are to be made of it. */
async function write(client: PoolClient, { heads, queued }: Draft): Promise<number> {
  const sales = [...heads].toSorted(([a], [b]) => (a < b ? -1 : 1));
  await client.query(sql.upsertHeads, [
    sales.map(([saleId]) => saleId), sales.map(([, { seq }]) => seq), sales.map(([, { id }]) => id),
  ]);
  const inserted = await client.query<{ webhook_id: string; sale_id: string }>(sql.insertDeliveries, [
    queued.map(({ subject }) => subject), queued.map(({ seq }) => seq), queued.map(({ id }) => id),
    queued.map(({ type }) => type), queued.map(({ body }) => body),
  ]);
  if (inserted.rows.length > 0) {
    await client.query(sql.upsertLanes, [
      inserted.rows.map((row) => row.webhook_id), inserted.rows.map((row) => row.sale_id),
    ]);
  }
  return inserted.rows.length;
}
