import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisClient, _Record as KinesisRecord } from '@aws-sdk/client-kinesis';
import {
  ExpiredIteratorException, GetRecordsCommand, GetShardIteratorCommand,
} from '@aws-sdk/client-kinesis';
import type { Log } from './log.ts';
import { backoffMs, createPause } from './pause.ts';

/** The position behind the last record of a closed shard: there is nothing more to read in it, ever. */
export const SHARD_END = 'SHARD_END';

export interface StreamRecord {
  sequenceNumber: string;
  partitionKey: string;
  data: Uint8Array;
}

export interface ShardBatch {
  shardId: string;
  /** in the shard's order; empty only when the shard has ended */
  records: StreamRecord[];
  /**
   * the position before, undefined at the horizon; whoever stores positions moves from this one to
   * `position`
   */
  positionBefore: string | undefined;
  /** where reading goes on once the batch is applied: the last sequence number, or SHARD_END */
  position: string;
}

/** Where reading goes on instead; undefined: at the horizon. */
export interface Moved {
  position: string | undefined;
}

export interface ShardReaderOptions {
  client: KinesisClient;
  streamName: string;
  shardId: string;
  log: Log;
  position: string | undefined;
  onBatch(batch: ShardBatch): Promise<Moved | undefined>;
  onTip(): void;
  pollMsMin: number;
  pollMsMax: number;
  signal: AbortSignal;
}

export interface ShardReader {
  /** Reads until the shard is closed and read to its end, or until the signal. Never rejects. */
  read(): Promise<'closed' | 'stopped'>;
  wake(): void;
  /** What keeps it from reading at the moment, or ''. */
  trouble(): string;
}

/** A call returns 10 MiB at most whatever this says; more records per call only make the batches larger. */
const RECORDS_MAX = 1_000;
/** After so many failures in a row with one iterator another is asked for. */
const NEW_ITERATOR_FAILURES = 5;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2_000;

/** Reads one shard in order; see stream-reader.ts for what is promised. */
export function createShardReader(options: ShardReaderOptions): ShardReader {
  const { client, streamName, shardId, signal, log } = options;
  const pause = createPause(signal);
  let position = options.position;
  let iterator: string | undefined;
  let pollMs = options.pollMsMin;
  let failures = 0;
  let trouble = '';

  async function read(): Promise<'closed' | 'stopped'> {
    while (!signal.aborted && position !== SHARD_END) {
      try {
        await readOnce();
        failures = 0;
        trouble = '';
      } catch (error) {
        await recover(error as Error);
      }
    }
    return position === SHARD_END ? 'closed' : 'stopped';
  }

  async function readOnce(): Promise<void> {
    const at = iterator ??= await findIterator();
    const startedAtMs = Date.now();
    const reply = await client.send(
      new GetRecordsCommand({ ShardIterator: at, Limit: RECORDS_MAX }),
      { abortSignal: signal },
    );
    const records = (reply.Records ?? []).map(toRecord);
    const behind = records.length === RECORDS_MAX || (reply.MillisBehindLatest ?? 0) > 0;
    const next = reply.NextShardIterator;
    if (records.length > 0 || next === undefined) {
      await apply(records, next);
    } else {
      // At the horizon of an empty shard the iterator is kept: kinesalite would step over a first record
      // that is being written in this very moment. Kinesis needs the next one only when there is more
      // behind it.
      iterator = position === undefined && !behind ? at : next;
      pollMs = Math.min(options.pollMsMax, pollMs * 1.5);
      if (!behind) options.onTip();
    }
    if (!behind && next !== undefined) await rest(startedAtMs);
  }

  async function apply(records: StreamRecord[], next: string | undefined): Promise<void> {
    const target = next === undefined ? SHARD_END : records.at(-1)?.sequenceNumber ?? SHARD_END;
    const moved = await options.onBatch({ shardId, records, positionBefore: position, position: target });
    position = moved === undefined ? target : moved.position;
    iterator = moved === undefined ? next : undefined;
    pollMs = options.pollMsMin;
  }

  async function findIterator(): Promise<string> {
    const reply = await client.send(new GetShardIteratorCommand({
      StreamName: streamName,
      ShardId: shardId,
      ...(position === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: position }),
    }), { abortSignal: signal });
    if (reply.ShardIterator === undefined) throw new Error(`${shardId} gives no iterator`);
    return reply.ShardIterator;
  }

  async function rest(startedAtMs: number): Promise<void> {
    await pause.wait(pollMs);
    // However often it is woken, reads keep their distance.
    const restMs = Math.min(startedAtMs + options.pollMsMin - Date.now(), options.pollMsMin);
    if (restMs > 0 && !signal.aborted) await sleep(restMs);
  }

  async function recover(error: Error): Promise<void> {
    if (signal.aborted) return;
    failures += 1;
    if (error instanceof ExpiredIteratorException) {
      // After five minutes without a read, for instance behind a slow handler; the position is known.
      iterator = undefined;
      if (failures === 1) return;
    }
    // Throttling and time-outs leave the iterator as it is; what is wrong with it otherwise a new one may
    // cure.
    if (failures % NEW_ITERATOR_FAILURES === 0) iterator = undefined;
    trouble = `${shardId} cannot be read on: ${error.message}`;
    if (failures % 20 === 1) log.warn({ err: error, shardId, failures }, 'a shard cannot be read on');
    await pause.wait(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
  }

  function wake(): void {
    pollMs = options.pollMsMin;
    pause.wake();
  }

  return { read, wake, trouble: () => trouble };
}

function toRecord(record: KinesisRecord): StreamRecord {
  return {
    sequenceNumber: record.SequenceNumber ?? '',
    partitionKey: record.PartitionKey ?? '',
    data: record.Data ?? new Uint8Array(),
  };
}
