import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import {
  ExpiredIteratorException, GetRecordsCommand, GetShardIteratorCommand,
} from '@aws-sdk/client-kinesis';
import { createPause } from '../pause.ts';
import { isBehind, SHARD_END, startingPoint } from './positions.ts';
import type { Position } from './positions.ts';
import { isRefusal, PositionRefusedError } from './shard-source.ts';
import type { Fetched, ShardSource } from './shard-source.ts';
import { toStreamRecords } from './stream-record.ts';

export interface PollingOptions {
  client: KinesisClient;
  streamName: string;
  shardId: string;
  position: Position;
  deaggregates: boolean;
  pollMsMin: number;
  pollMsMax: number;
  /** between the beginnings of two reads, also of those that are behind; default 0 */
  restMsMin?(): number;
  signal: AbortSignal;
}

/** A call returns 10 MiB at most whatever this says; more records per call only make the batches larger. */
const RECORDS_MAX = 1_000;
/** After so many failures in a row with one iterator another is asked for. */
const NEW_ITERATOR_FAILURES = 5;
/** kinesalite never answers a question for a time behind the last record of a shard. */
const TIME_ANSWER_MS_MAX = 1_000;
/** Clients whose stream has left such a question open: they are not asked again. */
const withoutTimes = new WeakSet<KinesisClient>();

/** Reads with GetRecords, as often as it may: the way that every endpoint has. */
export function createPollingSource(options: PollingOptions): ShardSource {
  const { client, streamName, shardId, signal } = options;
  const pause = createPause(signal);
  let { position } = options;
  let iterator: string | undefined;
  let pollMs = options.pollMsMin;
  let failures = 0;
  let hasChildren = false;
  /** when the last read began, and, if the next one has to rest in any case, the same */
  let readAtMs = 0;
  let restsFromMs: number | undefined;

  async function next(): Promise<Fetched> {
    await rest();
    try {
      const fetched = await read();
      failures = 0;
      return fetched;
    } catch (error) {
      failures += 1;
      // After five minutes without a read, for instance behind a slow handler. Throttling and time-outs
      // leave the iterator as it is; what is wrong with it otherwise a new one may cure.
      const isExpired = error instanceof ExpiredIteratorException;
      if (isExpired || failures % NEW_ITERATOR_FAILURES === 0) iterator = undefined;
      if (!isExpired || failures > 1 || signal.aborted) throw error;
      return { records: [], position, ended: false, behind: true };
    }
  }

  async function read(): Promise<Fetched> {
    const at = iterator ??= await findIterator();
    const startedAtMs = readAtMs = Date.now();
    const command = new GetRecordsCommand({ ShardIterator: at, Limit: RECORDS_MAX });
    const reply = await client.send(command, { abortSignal: signal });
    const given = reply.Records ?? [];
    const ended = reply.NextShardIterator === undefined;
    const behind = given.length === RECORDS_MAX || (reply.MillisBehindLatest ?? 0) > 0;
    const records = toStreamRecords(given, options.deaggregates).filter((one) => isBehind(position, one));
    // Where nothing came and there is no more, the iterator is kept: the next one of kinesalite would step
    // over a record that is being written in this very moment. One that expires so is made anew. To a shard
    // with children nothing is written any more, and only the next one leads to its end.
    const isIdle = given.length === 0 && !behind;
    iterator = isIdle && !ended && !hasChildren ? at : reply.NextShardIterator;
    if (records.length > 0) position = given.at(-1)?.SequenceNumber;
    if (ended) position = SHARD_END;
    pollMs = records.length > 0 ? options.pollMsMin : Math.min(options.pollMsMax, pollMs * 1.5);
    restsFromMs = behind || ended ? undefined : startedAtMs;
    return { records, position, ended, behind };
  }

  async function findIterator(): Promise<string> {
    const start = startingPoint(position);
    try {
      return await ask(start);
    } catch (error) {
      if (start.type === 'TRIM_HORIZON' || signal.aborted) throw error;
      // A time is not refused for good, and from the horizon on `isBehind` tells what is old enough.
      if (start.type === 'AT_TIMESTAMP') {
        if (!isRefusal(error) && (error as Error).name !== 'TimeoutError') throw error;
        withoutTimes.add(client);
        return ask({ type: 'TRIM_HORIZON' });
      }
      if (!isRefusal(error)) throw error;
      throw new PositionRefusedError((error as Error).message, { cause: error });
    }
  }

  async function ask({ type, sequenceNumber, atMs }: ReturnType<typeof startingPoint>): Promise<string> {
    const withTime = atMs !== undefined && !withoutTimes.has(client);
    const reply = await client.send(new GetShardIteratorCommand({
      StreamName: streamName,
      ShardId: shardId,
      ShardIteratorType: type === 'AT_TIMESTAMP' && !withTime ? 'TRIM_HORIZON' : type,
      ...sequenceNumber !== undefined && { StartingSequenceNumber: sequenceNumber },
      ...withTime && { Timestamp: new Date(atMs) },
    }), { abortSignal: signal, ...withTime && { requestTimeout: TIME_ANSWER_MS_MAX } });
    if (reply.ShardIterator === undefined) throw new Error(`${shardId} gives no iterator`);
    return reply.ShardIterator;
  }

  async function rest(): Promise<void> {
    const fromMs = restsFromMs;
    restsFromMs = undefined;
    if (fromMs !== undefined) await pause.wait(pollMs);
    // However often it is woken, reads keep their distance.
    const leastMs = Math.max(fromMs === undefined ? 0 : options.pollMsMin, options.restMsMin?.() ?? 0);
    const restMs = Math.min(readAtMs + leastMs - Date.now(), leastMs);
    if (restMs > 0 && !signal.aborted) await sleep(restMs, undefined, { signal }).catch(() => undefined);
  }

  return {
    next,
    seek(to) {
      position = to;
      iterator = undefined;
      restsFromMs = undefined;
    },
    wake() {
      pollMs = options.pollMsMin;
      pause.wake();
    },
    expectEnd() {
      hasChildren = true;
      pause.wake();
    },
    close: async () => undefined,
  };
}
