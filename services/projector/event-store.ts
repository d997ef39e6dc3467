import type { Head } from '../shared/contracts/log-rule.ts';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';
import type { Chunk } from './cut-batch.ts';
import { eventKey } from './judge-records.ts';
import type { AcceptedEvent, JudgedRecords, RejectedEvent } from './judge-records.ts';
import { toPlainText } from './to-plain-text.ts';

const sql = {
  insertEvents: loadSql(import.meta.url, './sql/insert-events.sql'),
  upsertHeads: loadSql(import.meta.url, './sql/upsert-heads.sql'),
  moveCheckpoint: loadSql(import.meta.url, './sql/move-checkpoint.sql'),
  startCheckpoint: loadSql(import.meta.url, './sql/start-checkpoint.sql'),
  selectCheckpoints: loadSql(import.meta.url, './sql/select-checkpoints.sql'),
  selectHeadsOf: loadSql(import.meta.url, './sql/select-heads-of.sql'),
  selectKnownIds: loadSql(import.meta.url, './sql/select-known-ids.sql'),
  insertRejected: loadSql(import.meta.url, './sql/insert-rejected.sql'),
  insertUnreadable: loadSql(import.meta.url, './sql/insert-unreadable.sql'),
};

/** Kinesis' own limit. */
const PARTITION_KEY_CHARS_MAX = 256;

/** Another reader has moved the checkpoint: what was judged here may be wrong and is not stored. */
export class CheckpointMovedError extends Error {}

/** The event store's side of appending. All methods throw when PostgreSQL does not answer. */
export class EventStore {
  readonly #pool: Pool;
  readonly #streamKey: string;

  /** @param streamKey names the stream in the checkpoints (platform/kinesis.ts) */
  constructor(pool: Pool, streamKey: string) {
    this.#pool = pool;
    this.#streamKey = streamKey;
  }

  /** Positions by shard id. */
  async checkpoints(): Promise<Map<string, string>> {
    const { rows } = await this.#pool.query<{ shard_id: string; sequence_number: string }>(
      sql.selectCheckpoints, [this.#streamKey],
    );
    return new Map(rows.map((row) => [row.shard_id, row.sequence_number]));
  }

  /** The heads of those of the sales that have one. */
  async headsOf(saleIds: string[]): Promise<Map<string, Head>> {
    const { rows } = await this.#pool.query<{ sale_id: string; seq: number; id: string }>(
      sql.selectHeadsOf, [saleIds],
    );
    return new Map(rows.map(({ sale_id: saleId, seq, id }) => [saleId, { seq, id }]));
  }

  /** Keys of the stored events that have one of the ids, in whatever sale. */
  async storedKeys(ids: string[]): Promise<string[]> {
    const { rows } = await this.#pool.query<{ sale_id: string; id: string }>(sql.selectKnownIds, [ids]);
    return rows.map((row) => eventKey(row.sale_id, row.id));
  }

  /**
   * Stores everything that became of a chunk and moves the checkpoint, in one transaction.
   *
   * @throws CheckpointMovedError when the checkpoint is not where the chunk began
   */
  async append(chunk: Chunk, judged: JudgedRecords): Promise<void> {
    const { shardId, records } = chunk;
    await withTransaction(this.#pool, async (client) => {
      await this.#moveCheckpoint(client, chunk);
      if (judged.accepted.length > 0) {
        await insertEvents(client, shardId, judged.accepted);
        await upsertHeads(client, judged.heads);
      }
      if (judged.rejected.length > 0) {
        await insertRejected(client, [this.#streamKey, shardId], judged.rejected);
      }
      for (const { record, unreadable } of records) {
        if (unreadable === undefined) continue;
        await client.query(sql.insertUnreadable, [
          this.#streamKey, shardId, record.sequenceNumber,
          toPlainText(record.partitionKey, PARTITION_KEY_CHARS_MAX), Buffer.from(record.data), unreadable,
        ]);
      }
    });
  }

  async #moveCheckpoint(client: PoolClient, { shardId, positionBefore, position }: Chunk): Promise<void> {
    // A part of the shard's first record: there is no checkpoint yet, the rule knows what comes twice.
    if (position === undefined) return;
    const moved = positionBefore === undefined
      ? await client.query(sql.startCheckpoint, [this.#streamKey, shardId, position])
      : await client.query(sql.moveCheckpoint, [this.#streamKey, shardId, positionBefore, position]);
    if (moved.rowCount !== 1) throw new CheckpointMovedError(`the checkpoint of ${shardId} was moved`);
  }
}

async function insertEvents(client: PoolClient, shardId: string, events: AcceptedEvent[]): Promise<void> {
  await client.query({
    name: 'insert-events',
    text: sql.insertEvents,
    values: [
      lines(events, ({ saleId }) => saleId),
      lines(events, ({ seq }) => String(seq)),
      lines(events, ({ event }) => event.id),
      lines(events, ({ event }) => event.type),
      lines(events, ({ event }) => event.time),
      lines(events, ({ event }) => JSON.stringify(event)),
      shardId,
      lines(events, ({ sequenceNumber }) => sequenceNumber),
    ],
  });
}

async function upsertHeads(client: PoolClient, heads: JudgedRecords['heads']): Promise<void> {
  // In one order for all writers, so that two of them cannot wait for each other.
  const sales = [...heads].toSorted(([a], [b]) => (a < b ? -1 : 1));
  await client.query({
    name: 'upsert-heads',
    text: sql.upsertHeads,
    values: [
      sales.map(([saleId]) => saleId),
      sales.map(([, { partition }]) => partition),
      sales.map(([, { seq }]) => seq),
      sales.map(([, { id }]) => id),
    ],
  });
}

async function insertRejected(
  client: PoolClient,
  place: [streamKey: string, shardId: string],
  events: RejectedEvent[],
): Promise<void> {
  await client.query(sql.insertRejected, [
    ...place,
    events.map(({ sequenceNumber }) => sequenceNumber),
    events.map(({ position }) => position),
    events.map(({ saleId }) => saleId),
    events.map(({ seq }) => seq),
    events.map(({ event }) => event.id),
    events.map(({ event }) => event.type),
    events.map(({ reason }) => reason),
    events.map(({ head }) => head.seq),
    events.map(({ head }) => head.id),
    events.map(({ event }) => JSON.stringify(event)),
  ]);
}

function lines<T>(items: readonly T[], text: (item: T) => string): string {
  return items.map(text).join('\n');
}
