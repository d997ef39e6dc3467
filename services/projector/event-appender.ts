import type { DatabaseError } from 'pg';
import { createLogFold } from '../shared/contracts/log-fold.ts';
import type { LogFold } from '../shared/contracts/log-fold.ts';
import type { Log } from '../shared/platform/log.ts';
import { SHARD_END } from '../shared/platform/shard-reader.ts';
import type { Moved, ShardBatch } from '../shared/platform/shard-reader.ts';
import { cutBatch, halveChunk } from './cut-batch.ts';
import type { Chunk } from './cut-batch.ts';
import { CheckpointMovedError } from './event-store.ts';
import type { EventStore } from './event-store.ts';
import { isLasting } from './is-lasting.ts';
import { eventKey, judgeRecords, unreadableRecord } from './judge-records.ts';
import type { JudgedRecords, ReadRecord } from './judge-records.ts';
import type { ProjectorMetrics } from './projector-metrics.ts';

/** With what the memory says, and with a fresh one. */
const ATTEMPTS_MAX = 2;

/** What one shard's reader remembers; thrown away whenever a transaction fails. */
interface ShardMemory {
  fold: LogFold;
  /** sales whose head the fold knows, or which the store did not have */
  known: Set<string>;
}

/**
 * Appends what the shards bring to the event store: every event once, in order per sale, whatever comes
 * twice. Judges with the same rule as the relay; what it has forgotten the store remembers. Memory and
 * store move together: when the transaction fails, the memory is dropped and read again, so that the two
 * never differ. Waits for no projection, and stops at nothing for good: what PostgreSQL will not take is
 * looked for by halves, and kept as bytes.
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
   * Takes one batch of a shard; batches of different shards may come at once. Returns the stored position
   * when another reader has moved it. Throws when PostgreSQL does not answer; the same batch may come again
   * then.
   */
  async append(batch: ShardBatch): Promise<Moved | undefined> {
    try {
      for (const chunk of cutBatch(batch)) await this.#appendOrHalve(chunk);
      if (batch.position === SHARD_END) this.#memories.delete(batch.shardId);
      return undefined;
    } catch (error) {
      this.#memories.delete(batch.shardId);
      if (!(error instanceof CheckpointMovedError)) throw error;
      this.#log.warn({ shardId: batch.shardId }, error.message);
      return { position: (await this.#store.checkpoints()).get(batch.shardId) };
    }
  }

  /**
   * Appends a chunk; when PostgreSQL refuses it for good, its halves, down to the one event that is at fault.
   */
  async #appendOrHalve(chunk: Chunk): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#appendChunk(chunk);
        return;
      } catch (error) {
        this.#memories.delete(chunk.shardId);
        if (!isLasting(error)) throw error;
        // At first the memory may be at fault: another shard can have brought events of the same sale.
        if (attempt < ATTEMPTS_MAX) continue;
        const halves = halveChunk(chunk);
        if (halves === undefined) await this.#appendChunk(asUnreadable(chunk, error));
        else for (const half of halves) await this.#appendOrHalve(half);
        return;
      }
    }
  }

  async #appendChunk(chunk: Chunk): Promise<void> {
    const judged = await this.#judge(chunk.shardId, chunk.records);
    await this.#store.append(chunk, judged);
    this.#report(chunk.shardId, chunk.records, judged);
    if (judged.heads.size > 0) this.#onAppended(judged.heads.keys());
  }

  async #judge(shardId: string, records: ReadRecord[]): Promise<JudgedRecords> {
    const memory = this.#memories.get(shardId) ?? { fold: createLogFold(), known: new Set() };
    this.#memories.set(shardId, memory);
    const { fold, known } = memory;
    const subjects = records.flatMap(({ events }) => events.map(({ subject }) => subject));
    const strangers = new Set(subjects.filter((saleId) => !known.has(saleId)));
    if (strangers.size > 0) {
      for (const [saleId, head] of await this.#store.headsOf([...strangers])) fold.setHead(saleId, head);
      for (const saleId of strangers) known.add(saleId);
    }
    return judgeRecords(records, fold, await this.#acceptedBefore(records, fold));
  }

  async #acceptedBefore(records: ReadRecord[], fold: LogFold): Promise<Set<string>> {
    const remembered: string[] = [];
    const forgotten: string[] = [];
    for (const { events } of records) {
      for (const { subject: saleId, sequence, id } of events) {
        const standing = fold.standing({ saleId, seq: Number(sequence), id });
        if (standing === 'accepted') remembered.push(eventKey(saleId, id));
        else if (standing === 'unknown') forgotten.push(id);
      }
    }
    const stored = forgotten.length > 0 ? await this.#store.storedKeys(forgotten) : [];
    return new Set([...remembered, ...stored]);
  }

  #report(shardId: string, records: ReadRecord[], judged: JudgedRecords): void {
    this.#metrics.appended.inc(judged.accepted.length);
    this.#metrics.duplicates.inc(judged.duplicates);
    this.#metrics.rejected.inc(judged.rejected.length);
    for (const { saleId, seq, event, reason } of judged.rejected) {
      this.#log.error({ saleId, seq, id: event.id, reason }, 'the log has an event that the rule rejects');
    }
    for (const { record, unreadable } of records) {
      if (unreadable === undefined) continue;
      this.#metrics.unreadable.inc();
      const { sequenceNumber } = record;
      this.#log.error({ shardId, sequenceNumber, unreadable }, 'a record cannot be read');
    }
  }
}

/** A chunk of one event: its record is kept instead. The rule then rejects what follows in its sale. */
function asUnreadable(chunk: Chunk, { message, code }: DatabaseError): Chunk {
  const records = chunk.records.map(({ record, firstPosition, unreadable }) =>
    unreadableRecord(record, unreadable === undefined
      ? `event ${firstPosition}: PostgreSQL refuses it: ${message} (SQLSTATE ${code ?? ''})`
      : 'PostgreSQL refuses to keep why it cannot be read'));
  return { ...chunk, records };
}
