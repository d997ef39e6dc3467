import type { DatabaseError } from 'pg';
import { createLogFold } from '../shared/contracts/log-fold.ts';
import type { LogFold } from '../shared/contracts/log-fold.ts';
import type { Log } from '../shared/platform/log.ts';
import type { Lease, ShardBatch } from '../shared/platform/reader/create-reader.ts';
import { SHARD_END } from '../shared/platform/reader/positions.ts';
import { cutBatch, halveChunk } from './cut-batch.ts';
import type { Chunk } from './cut-batch.ts';
import { ParkedMovedError } from './event-store.ts';
import type { EventName, EventStore, Outcome, ParkedRecord } from './event-store.ts';
import { isLasting } from './projections/is-lasting.ts';
import { eventKey, judgeRecords, partitionOfRecord, refusalOf } from './judge-records.ts';
import type { JudgedRecords, ReadRecord } from './judge-records.ts';
import type { ProjectorMetrics } from './projector-metrics.ts';
import { chainAccepted } from './write-judged.ts';

/** With what the memory says, and with a fresh one. */
const ATTEMPTS_MAX = 2;

/** What one shard's reader remembers under one lease; thrown away whenever a transaction fails. */
interface ShardMemory {
  epoch: number;
  fold: LogFold;
  /** sales whose head the fold knows, or which the store did not have; none of a parked partition */
  known: Set<string>;
  /** of the sales' heads in the chain */
  digests: Map<string, Readonly<Uint8Array>>;
  parked: ReadonlySet<string>;
}

/**
 * Appends what the shards bring to the event store: every event once, in order per sale, whatever comes
 * twice. Judges with the same rule as the relay; what it has forgotten the store remembers. Memory and
 * store move together: when the transaction fails, the memory is dropped and read again, so that the two
 * never differ. Waits for no projection. A record of ours that cannot be read, or that PostgreSQL will not
 * take (it is looked for by halves), parks its partition: it and what follows there are kept as bytes until
 * an operator releases them, and all others go on. A record of others is kept and stops nobody.
 */
export class EventAppender {
  readonly #store: EventStore;
  readonly #metrics: ProjectorMetrics;
  readonly #log: Log;
  readonly #onAppended: (saleIds: Iterable<string>) => void;
  readonly #memories = new Map<string, ShardMemory>();

  /** @param onAppended told after each commit of which sales there is more */
  constructor(
    { store, metrics, log, onAppended }:
    { store: EventStore; metrics: ProjectorMetrics; log: Log; onAppended(saleIds: Iterable<string>): void },
  ) {
    this.#store = store;
    this.#metrics = metrics;
    this.#log = log;
    this.#onAppended = onAppended;
  }

  /**
   * Takes one batch of a shard; batches of different shards may come at once. Throws when PostgreSQL does not
   * answer, or when another process has the lease; the reader then asks the table how far it has come.
   */
  async append(batch: ShardBatch, lease: Lease): Promise<void> {
    try {
      for (const chunk of cutBatch(batch)) await this.#appendOrHalve(chunk, lease);
      if (batch.position === SHARD_END) this.#memories.delete(batch.shardId);
    } catch (error) {
      this.#memories.delete(batch.shardId);
      throw error;
    }
  }

  /**
   * Appends a chunk; when PostgreSQL refuses it for good, its halves, down to the one event that is at fault.
   */
  async #appendOrHalve(chunk: Chunk, lease: Lease): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#appendChunk(chunk, lease);
        return;
      } catch (error) {
        this.#memories.delete(chunk.shardId);
        if (error instanceof ParkedMovedError) continue;
        if (!isLasting(error)) throw error;
        // At first the memory may be at fault: another shard can have brought events of the same sale.
        if (attempt < ATTEMPTS_MAX) continue;
        const halves = halveChunk(chunk);
        if (halves === undefined) await this.#appendChunk(asUnreadable(chunk, error), lease);
        else for (const half of halves) await this.#appendOrHalve(half, lease);
        return;
      }
    }
  }

  async #appendChunk(chunk: Chunk, lease: Lease): Promise<void> {
    const outcome = await this.#decide(chunk, lease);
    await this.#store.append(chunk, lease, outcome);
    // Released by somebody else, its sales have other heads than are known here.
    if (outcome.parkedNow.size > 0) this.#memories.delete(chunk.shardId);
    this.#report(chunk.shardId, outcome);
    const { heads } = outcome.judged;
    if (heads.size > 0) this.#onAppended(heads.keys());
  }

  async #decide(chunk: Chunk, lease: Lease): Promise<Outcome> {
    const memory = await this.#remember(chunk.shardId, lease);
    const foreign: ReadRecord[] = [];
    const parked: ParkedRecord[] = [];
    const parkedNow = new Map<string, string>();
    const readable: ReadRecord[] = [];
    let positionBefore = chunk.positionBefore;
    for (const read of chunk.records) {
      const partition = partitionOfRecord(read);
      const isParked = partition !== undefined && (memory.parked.has(partition) || parkedNow.has(partition));
      if (partition === undefined && read.unreadable !== undefined) foreign.push(read);
      else if (partition !== undefined && (isParked || read.unreadable !== undefined)) {
        if (!isParked) parkedNow.set(partition, read.unreadable ?? '');
        // Without events it says nothing that could be missing.
        if (read.unreadable !== undefined || read.events.length > 0) {
          parked.push({ partition, read, positionBefore });
        }
      } else readable.push(read);
      positionBefore = read.record.sequenceNumber;
    }
    const judged = await this.#judge(memory, readable);
    const chained = chainAccepted(judged.accepted, memory.digests);
    return { judged, chained, foreign, parked, parkedBefore: memory.parked, parkedNow };
  }

  /** What is known of a shard under this lease: under an earlier one another process may have gone on. */
  async #remember(shardId: string, { epoch }: Lease): Promise<ShardMemory> {
    const found = this.#memories.get(shardId);
    if (found?.epoch === epoch) return found;
    const parked = await this.#store.parkedPartitions();
    const memory: ShardMemory = {
      epoch, fold: createLogFold(), known: new Set(), digests: new Map(), parked,
    };
    this.#memories.set(shardId, memory);
    return memory;
  }

  async #judge({ fold, known, digests }: ShardMemory, records: ReadRecord[]): Promise<JudgedRecords> {
    const subjects = records.flatMap(({ events }) => events.map(({ subject }) => subject));
    const strangers = new Set(subjects.filter((saleId) => !known.has(saleId)));
    if (strangers.size > 0) {
      for (const [saleId, head] of await this.#store.headsOf([...strangers])) {
        fold.setHead(saleId, head);
        digests.set(saleId, head.digest);
      }
      for (const saleId of strangers) known.add(saleId);
    }
    return judgeRecords(records, fold, await this.#acceptedBefore(records, fold));
  }

  async #acceptedBefore(records: ReadRecord[], fold: LogFold): Promise<Set<string>> {
    const remembered: string[] = [];
    const forgotten: EventName[] = [];
    for (const { events } of records) {
      for (const { subject: saleId, sequence, id } of events) {
        const standing = fold.standing({ saleId, seq: Number(sequence), id });
        if (standing === 'accepted') remembered.push(eventKey(saleId, id));
        else if (standing === 'unknown') forgotten.push({ saleId, id });
      }
    }
    const stored = forgotten.length > 0 ? await this.#store.storedKeys(forgotten) : [];
    return new Set([...remembered, ...stored]);
  }

  #report(shardId: string, { judged, foreign, parkedNow }: Outcome): void {
    this.#metrics.appended.inc(judged.accepted.length);
    this.#metrics.duplicates.inc(judged.duplicates);
    this.#metrics.rejected.inc(judged.rejected.length);
    for (const { saleId, seq, event, reason } of judged.rejected) {
      this.#log.error({ saleId, seq, id: event.id, reason }, 'the log has an event that the rule rejects');
    }
    for (const { record: { sequenceNumber }, unreadable } of foreign) {
      this.#metrics.unreadable.inc();
      this.#log.warn({ shardId, sequenceNumber, unreadable }, 'a record of others is kept unread');
    }
    for (const [partition, reason] of parkedNow) {
      this.#log.error({ partition, shardId, reason }, 'a partition is parked: a record cannot be taken');
    }
  }
}

/** A chunk of one event: its record is to be kept instead. */
function asUnreadable(chunk: Chunk, error: DatabaseError): Chunk {
  const records = chunk.records.map((read): ReadRecord => ({
    // Its events still tell whose it is.
    ...read,
    unreadable: read.unreadable === undefined
      ? refusalOf(read, error) : 'PostgreSQL refuses to keep why it cannot be read',
  }));
  return { ...chunk, records };
}
