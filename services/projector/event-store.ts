import type { Head } from '../shared/contracts/log-rule.ts';
import { chainNext, chainSale } from '../shared/event-store/chain-events.ts';
import { NO_DIGEST } from '../shared/event-store/event-digest.ts';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';
import type { Lease } from '../shared/platform/reader/create-reader.ts';
import type { Chunk } from './cut-batch.ts';
import { letWait, ownedKeysOf, tryToKeep } from './contact-keys.ts';
import { eventKey, keptData } from './judge-records.ts';
import type { JudgedRecords, ReadRecord } from './judge-records.ts';
import { toPlainText } from './to-plain-text.ts';
import { PARTITION_KEY_CHARS_MAX, writeJudged, writeUnreadable } from './write-judged.ts';
import type { ChainedEvent } from './write-judged.ts';

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

/** A sale's last event, and its digest in the chain. */
export interface ChainHead extends Head {
  digest: Readonly<Uint8Array>;
}

/** Ids are unique within a sale. */
export interface EventName {
  saleId: string;
  id: string;
}

/** What is to become of a chunk's records. */
export interface Outcome {
  judged: JudgedRecords;
  /** what was accepted, ready to be stored */
  chained: ChainedEvent[];
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
  readonly #legacy: Pool;
  readonly #streamKey: string;

  /**
   * @param legacy of the legacy database, where the keys of contacts are kept
   * @param streamKey names the stream (platform/kinesis.ts)
   */
  constructor(pool: Pool, legacy: Pool, streamKey: string) {
    this.#pool = pool;
    this.#legacy = legacy;
    this.#streamKey = streamKey;
  }

  /**
   * The heads of those of the sales that have one. A sale whose chain is not complete, since a projector of
   * the version before has stored events of it, is chained first.
   */
  async headsOf(saleIds: string[]): Promise<Map<string, ChainHead>> {
    const found = await selectHeadsOf(this.#pool, saleIds);
    const unchained = [...found].filter(([, head]) => head === UNCHAINED).map(([saleId]) => saleId);
    if (unchained.length === 0) return found as Map<string, ChainHead>;
    for (const saleId of unchained) await chainSale(this.#pool, saleId);
    return this.headsOf(saleIds);
  }

  /** Keys of those of the events that are stored. */
  storedKeys(events: readonly EventName[]): Promise<string[]> {
    return selectStoredKeys(this.#pool, events);
  }

  /** Partitions of this stream whose records wait. */
  async parkedPartitions(): Promise<Set<string>> {
    const parked = await selectParkedPartitions(this.#pool);
    const ours = parked.filter(({ stream }) => stream === this.#streamKey);
    return new Set(ours.map(({ partition }) => partition));
  }

  /**
   * Stores everything that became of a chunk and moves the checkpoint, in one transaction, under the lease.
   * The keys of contacts are kept before, or wait where they are written with the events: with an event
   * without its key nothing could be done.
   *
   * @throws LeaseLostError, CheckpointMovedError, ParkedMovedError: nothing was written then
   */
  async append(chunk: Chunk, lease: Lease, outcome: Outcome): Promise<void> {
    const place = { streamKey: this.#streamKey, shardId: chunk.shardId };
    const keys = ownedKeysOf(chunk.records);
    const isKept = await tryToKeep(this.#legacy, keys);
    await withTransaction(this.#pool, async (client) => {
      await lease.moveCheckpoint(client, chunk);
      if (!isKept) await letWait(client, keys);
      await this.#expectParked(client, outcome.parkedBefore);
      await writeJudged(client, place, outcome.judged, outcome.chained);
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
    for (const { partition, read, positionBefore } of parked) {
      const { record } = read;
      await client.query(sql.insertParkedRecord, [
        this.#streamKey, partition, shardId, record.sequenceNumber, positionBefore ?? null,
        toPlainText(record.partitionKey, PARTITION_KEY_CHARS_MAX), keptData(read),
      ]);
    }
  }
}

/** As `EventStore.headsOf`, in the caller's transaction. */
export async function lockHeadsOf(client: PoolClient, saleIds: string[]): Promise<Map<string, ChainHead>> {
  const found = await selectHeadsOf(client, saleIds);
  const unchained = [...found].filter(([, head]) => head === UNCHAINED).map(([saleId]) => saleId);
  for (const saleId of unchained) {
    let isBehind = true;
    while (isBehind) isBehind = await chainNext(client, saleId);
  }
  return (unchained.length > 0 ? await selectHeadsOf(client, saleIds) : found) as Map<string, ChainHead>;
}

/** Keys of those of the events that are stored. */
export async function selectStoredKeys(
  client: Pool | PoolClient, events: readonly EventName[],
): Promise<string[]> {
  const { rows } = await client.query<{ sale_id: string; id: string }>(
    sql.selectKnownIds, [events.map(({ saleId }) => saleId), events.map(({ id }) => id)],
  );
  return rows.map((row) => eventKey(row.sale_id, row.id));
}

/** All parked partitions, of whatever stream. */
export async function selectParkedPartitions(pool: Pool): Promise<ParkedPartition[]> {
  return (await pool.query<ParkedPartition>(sql.selectParkedPartitions)).rows;
}

/** A head whose digest is not known yet. */
const UNCHAINED = Symbol('unchained');

async function selectHeadsOf(
  client: Pool | PoolClient, saleIds: string[],
): Promise<Map<string, ChainHead | typeof UNCHAINED>> {
  type Row = { sale_id: string; seq: number; id: string; digest: Buffer | null; chained_seq: number };
  const { rows } = await client.query<Row>(sql.selectHeadsOf, [saleIds]);
  return new Map(rows.map(({ sale_id: saleId, seq, id, digest, chained_seq: chainedSeq }) =>
    [saleId, chainedSeq < seq ? UNCHAINED : { seq, id, digest: digest ?? NO_DIGEST }]));
}
