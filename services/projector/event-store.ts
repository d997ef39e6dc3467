import type { Head } from '../shared/contracts/log-rule.ts';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';
import type { Lease } from '../shared/platform/reader/create-reader.ts';
import type { Chunk } from './cut-batch.ts';
import { eventKey } from './judge-records.ts';
import type { JudgedRecords, ReadRecord } from './judge-records.ts';
import { toPlainText } from './to-plain-text.ts';
import { PARTITION_KEY_CHARS_MAX, writeJudged, writeUnreadable } from './write-judged.ts';

const sql = {
  selectHeadsOf: loadSql(import.meta.url, './sql/select-heads-of.sql'),
  selectKnownIds: loadSql(import.meta.url, './sql/select-known-ids.sql'),
  selectParkedPartitions: loadSql(import.meta.url, './sql/select-parked-partitions.sql'),
  lockParkedPartitions: loadSql(import.meta.url, './sql/lock-parked-partitions.sql'),
  parkPartitions: loadSql(import.meta.url, './sql/park-partitions.sql'),
  insertParkedRecord: loadSql(import.meta.url, './sql/insert-parked-record.sql'),
};

/** Under which the event store keeps its positions (platform/reader); the relay begins at them. */
export const EVENT_STORE_CURSOR = 'event-store';

/** A partition was parked or released since the events were judged: what was judged may be wrong. */
export class ParkedMovedError extends Error {}

/** A record whose partition waits, or is to wait from now on. */
export interface ParkedRecord {
  partition: string;
  read: ReadRecord;
  /** where the shard has to be read from to read it again */
  positionBefore: string | undefined;
}

/** What is to become of a chunk's records. */
export interface Outcome {
  judged: JudgedRecords;
  /** not ours, kept as they are */
  foreign: ReadRecord[];
  parked: ParkedRecord[];
  /** partitions that were parked when this was decided */
  parkedBefore: ReadonlySet<string>;
  /** partitions to be parked, with the reason */
  parkedNow: ReadonlyMap<string, string>;
}

/** A parked partition, for the operator. */
export interface ParkedPartition {
  stream: string;
  partition: string;
  reason: string;
  records: number;
}

/** The event store's side of appending. All methods throw when PostgreSQL does not answer. */
export class EventStore {
  readonly #pool: Pool;
  readonly #streamKey: string;

  /** @param streamKey names the stream (platform/kinesis.ts) */
  constructor(pool: Pool, streamKey: string) {
    this.#pool = pool;
    this.#streamKey = streamKey;
  }

  /** The heads of those of the sales that have one. */
  headsOf(saleIds: string[]): Promise<Map<string, Head>> {
    return selectHeadsOf(this.#pool, saleIds);
  }

  /** Keys of the stored events that have one of the ids, in whatever sale. */
  storedKeys(ids: string[]): Promise<string[]> {
    return selectStoredKeys(this.#pool, ids);
  }

  /** Partitions of this stream whose records wait. */
  async parkedPartitions(): Promise<Set<string>> {
    const parked = await selectParkedPartitions(this.#pool);
    const ours = parked.filter(({ stream }) => stream === this.#streamKey);
    return new Set(ours.map(({ partition }) => partition));
  }

  /**
   * Stores everything that became of a chunk and moves the checkpoint, in one transaction, under the lease.
   *
   * @throws LeaseLostError, CheckpointMovedError, ParkedMovedError: nothing was written then
   */
  async append(chunk: Chunk, lease: Lease, outcome: Outcome): Promise<void> {
    const place = { streamKey: this.#streamKey, shardId: chunk.shardId };
    await withTransaction(this.#pool, async (client) => {
      await lease.moveCheckpoint(client, chunk);
      await this.#expectParked(client, outcome.parkedBefore);
      await writeJudged(client, place, outcome.judged);
      for (const read of outcome.foreign) await writeUnreadable(client, place, read);
      await this.#park(client, chunk.shardId, outcome);
    });
  }

  async #expectParked(client: PoolClient, expected: ReadonlySet<string>): Promise<void> {
    const { rows } = await client.query<{ partition: string }>(sql.lockParkedPartitions, [this.#streamKey]);
    const isSame = rows.length === expected.size && rows.every(({ partition }) => expected.has(partition));
    if (!isSame) throw new ParkedMovedError('a partition was parked or released');
  }

  async #park(client: PoolClient, shardId: string, { parked, parkedNow }: Outcome): Promise<void> {
    if (parkedNow.size > 0) {
      await client.query(sql.parkPartitions, [
        this.#streamKey, [...parkedNow.keys()], [...parkedNow.values()],
      ]);
    }
    for (const { partition, read: { record }, positionBefore } of parked) {
      await client.query(sql.insertParkedRecord, [
        this.#streamKey, partition, shardId, record.sequenceNumber, positionBefore ?? null,
        toPlainText(record.partitionKey, PARTITION_KEY_CHARS_MAX), Buffer.from(record.data),
      ]);
    }
  }
}

/** The heads of those of the sales that have one. */
export async function selectHeadsOf(
  client: Pool | PoolClient, saleIds: string[],
): Promise<Map<string, Head>> {
  const { rows } = await client.query<{ sale_id: string; seq: number; id: string }>(
    sql.selectHeadsOf, [saleIds],
  );
  return new Map(rows.map(({ sale_id: saleId, seq, id }) => [saleId, { seq, id }]));
}

/** Keys of the stored events that have one of the ids, in whatever sale. */
export async function selectStoredKeys(client: Pool | PoolClient, ids: string[]): Promise<string[]> {
  const { rows } = await client.query<{ sale_id: string; id: string }>(sql.selectKnownIds, [ids]);
  return rows.map((row) => eventKey(row.sale_id, row.id));
}

/** All parked partitions, of whatever stream. */
export async function selectParkedPartitions(pool: Pool): Promise<ParkedPartition[]> {
  return (await pool.query<ParkedPartition>(sql.selectParkedPartitions)).rows;
}
