import { ResourceNotFoundException } from '@aws-sdk/client-kinesis';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Log } from './log.ts';
import { backoffMs, createPause } from './pause.ts';
import { createFanOutSource } from './reader/fan-out-source.ts';
import type { FanOut } from './reader/fan-out.ts';
import { listFamilies } from './reader/list-shards.ts';
import { createPollingSource } from './reader/polling-source.ts';
import { SHARD_END } from './reader/positions.ts';
import type { Position } from './reader/positions.ts';
import { PositionRefusedError } from './reader/shard-source.ts';
import type { Fetched, ShardSource } from './reader/shard-source.ts';
import type { StreamRecord } from './reader/stream-record.ts';

export { SHARD_END } from './reader/positions.ts';
export type { StreamRecord } from './reader/stream-record.ts';

export interface ShardBatch {
  shardId: string;
  /** in the shard's order; empty only when the shard has ended */
  records: StreamRecord[];
  /**
   * the position before, undefined at the horizon; whoever stores positions moves from this one to
   * `position`
   */
  positionBefore: Position;
  /** where reading goes on once the batch is applied: a sequence number, or SHARD_END */
  position: string;
}

/** Where reading goes on instead; undefined: at the horizon. */
export interface Moved {
  position: Position;
}

/** Records that a reader should have read are past their retention, or may be. */
export interface Trimmed {
  shardId: string;
  /** where the reader was; undefined: it had read nothing of this shard */
  position: Position;
  /** in words, for the operator */
  reason: string;
}

export interface ShardReaderOptions {
  client: KinesisClient;
  streamName: string;
  shardId: string;
  log: Log;
  position: Position;
  /** how records are to be had; undefined: by polling */
  fanOut?: FanOut | undefined;
  /** false: an aggregated record of the producer library is handed over as it is */
  deaggregates?: boolean;
  /** up to which time of arrival the shard was read before, ms since 1970; 0: not known */
  readUntilMs?: number;
  /** how long the stream keeps records; undefined: not known, and nobody is told that some are gone */
  retentionMs?(): number | undefined;
  onBatch(batch: ShardBatch): Promise<Moved | undefined>;
  /** Records were lost to this reader, or may be; it goes on at the horizon. */
  onTrimmed?(trimmed: Trimmed): void;
  /** The stream has the shard no more, and it was not read to its end; told at each attempt. */
  onGone?(shardId: string): void;
  onTip(): void;
  pollMsMin: number;
  pollMsMax: number;
  restMsMin?(): number;
  signal: AbortSignal;
}

export interface ShardReader {
  /** Reads until the shard is closed and read to its end, or until the signal. Never rejects. */
  read(): Promise<'closed' | 'stopped'>;
  wake(): void;
  /** Its children were seen: the shard will end. */
  expectEnd(): void;
  /** Up to which time of arrival it was read, ms since 1970; 0: not known. */
  readUntilMs(): number;
  /** What keeps it from reading at the moment, or ''. */
  trouble(): string;
}

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2_000;
/** A handler that takes longer is told of. */
const HANDLER_MS_MAX = 30_000;

/** Reads one shard in order; see stream-reader.ts for what is promised. */
export function createShardReader(options: ShardReaderOptions): ShardReader {
  const { shardId, signal, log } = options;
  const pause = createPause(signal);
  const source = createSource(options);
  let position = options.position;
  let readUntilMs = options.readUntilMs ?? 0;
  let failures = 0;
  let trouble = '';
  let handlingSinceMs: number | undefined;

  async function read(): Promise<'closed' | 'stopped'> {
    while (!signal.aborted && position !== SHARD_END) {
      try {
        await take(await source.next());
        failures = 0;
        trouble = '';
      } catch (error) {
        await recover(error as Error);
      }
    }
    await source.close();
    return position === SHARD_END ? 'closed' : 'stopped';
  }

  async function take(fetched: Fetched): Promise<void> {
    const { records, ended, behind } = fetched;
    tellOfGap();
    if (records.length > 0 || ended) await apply(records, fetched.position ?? SHARD_END);
    else if (!behind) options.onTip();
    if (!ended && !behind) readUntilMs = Date.now();
    else readUntilMs = Math.max(readUntilMs, records.at(-1)?.arrivedAtMs ?? 0);
  }

  /** Hands the batch over until it is taken: it stays in memory meanwhile. */
  async function apply(records: StreamRecord[], target: string): Promise<void> {
    const batch = { shardId, records, positionBefore: position, position: target };
    for (let attempts = 1; !signal.aborted; attempts++) {
      handlingSinceMs = Date.now();
      try {
        const moved = await options.onBatch(batch);
        position = moved === undefined ? target : moved.position;
        if (moved !== undefined) source.seek(moved.position);
        return;
      } catch (error) {
        if (signal.aborted) return;
        trouble = `${shardId} cannot be read on, its handler fails: ${(error as Error).message}`;
        if (attempts % 20 === 1) log.warn({ err: error, shardId, attempts }, 'a batch could not be handled');
        await pause.wait(backoffMs(attempts, RETRY_MS_MIN, RETRY_MS_MAX));
      } finally {
        handlingSinceMs = undefined;
      }
    }
  }

  /**
   * What arrived between the last record that was read and the horizon is gone, if there was anything: that
   * is told whenever the last reading is longer ago than the retention.
   */
  function tellOfGap(): void {
    const retentionMs = options.retentionMs?.();
    if (retentionMs === undefined || readUntilMs === 0 || readUntilMs >= Date.now() - retentionMs) return;
    tell(`read up to ${new Date(readUntilMs).toISOString()}, which is longer ago than the retention`);
  }

  async function recover(error: Error): Promise<void> {
    if (signal.aborted) return;
    failures += 1;
    const isRefused = error instanceof PositionRefusedError;
    // A shard of which nothing was read has no position that could be refused.
    const mayBeGone = isRefused || error instanceof ResourceNotFoundException;
    const isListed = mayBeGone ? await findShard() : undefined;
    if (isListed === false) options.onGone?.(shardId);
    if (isRefused && isListed === true) {
      tell(`the stream does not know the position: ${error.message}`);
      // What is stored stays the position before the next batch.
      source.seek(undefined);
      return;
    }
    trouble = `${shardId} cannot be read on: ${error.message}`;
    if (failures % 20 === 1) log.warn({ err: error, shardId, failures }, 'a shard cannot be read on');
    await pause.wait(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
  }

  /**
   * The refusal is about the position only if there is such a shard: true if it is listed, false if it is
   * not, undefined while that is not known.
   */
  async function findShard(): Promise<boolean | undefined> {
    try {
      const shards = await listFamilies(options.client, options.streamName);
      return shards.some((shard) => shard.shardId === shardId);
    } catch {
      return undefined;
    }
  }

  function tell(reason: string): void {
    const trimmed = { shardId, position, reason };
    log.error(trimmed, 'records may be lost to this reader; it goes on at the horizon');
    options.onTrimmed?.(trimmed);
  }

  return {
    read,
    wake: () => source.wake(),
    expectEnd: () => source.expectEnd(),
    readUntilMs: () => readUntilMs,
    trouble() {
      const ms = handlingSinceMs === undefined ? 0 : Date.now() - handlingSinceMs;
      return trouble || (ms > HANDLER_MS_MAX ? `the handler of ${shardId} has taken ${ms} ms` : '');
    },
  };
}

function createSource(options: ShardReaderOptions): ShardSource {
  const { fanOut } = options;
  const deaggregates = options.deaggregates ?? false;
  if (fanOut?.consumerArn === undefined) return createPollingSource({ ...options, deaggregates });
  const { client: fanOutClient, consumerArn } = fanOut;
  return createFanOutSource({ ...options, deaggregates, fanOutClient, consumerArn });
}
