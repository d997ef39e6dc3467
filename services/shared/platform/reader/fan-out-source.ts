import type { KinesisClient, StartingPosition, SubscribeToShardEventStream } from '@aws-sdk/client-kinesis';
import { SubscribeToShardCommand } from '@aws-sdk/client-kinesis';
import type { Log } from '../log.ts';
import { createPollingSource } from './polling-source.ts';
import type { PollingOptions } from './polling-source.ts';
import { isBehind, SHARD_END, startingPoint } from './positions.ts';
import { isRefusal } from './shard-source.ts';
import type { Fetched, ShardSource } from './shard-source.ts';
import { toStreamRecords } from './stream-record.ts';

export interface FanOutOptions extends PollingOptions {
  /** that speaks what SubscribeToShard needs: connectFanOut of kinesis.ts */
  fanOutClient: KinesisClient;
  consumerArn: string;
  log: Log;
}

/** AWS sends something every five seconds, if only to say that there is nothing; a silent line is dead. */
const SILENT_MS_MAX = 20_000;
/** A subscription of another process that has just lost the lease is in the way for five seconds. */
const FAILURES_MAX = 10;

type Events = AsyncIterator<SubscribeToShardEventStream>;

/**
 * Has a shard's records pushed (enhanced fan-out): 2 MB/s of its own and no limit of five reads a second.
 * The first read is a poll: it tells whether the stream still knows the position, which subscribing does not.
 * A subscription ends after five minutes, with the connection, or when it is silent; the next one begins
 * where this one was. It is polled instead when subscribing is refused or fails again and again, and when
 * the shard's children are seen: kinesis-local tells nobody on a subscription that the shard has ended.
 */
export function createFanOutSource(options: FanOutOptions): ShardSource {
  const { fanOutClient, consumerArn, shardId, signal, log } = options;
  let { position } = options;
  let subscription: { events: Events; ending: AbortController } | undefined;
  let polling: ShardSource | undefined;
  let first: ShardSource | undefined = createPollingSource(options);
  let endIsNear = false;
  let failures = 0;

  async function next(): Promise<Fetched> {
    if (endIsNear && polling === undefined) await poll();
    if (polling !== undefined) return polling.next();
    if (first !== undefined) return readFirst(first);
    try {
      subscription ??= await subscribe();
      const { value, done } = await spoken(subscription.events.next());
      failures = 0;
      if (done !== true) return take(value);
      await drop();
    } catch (error) {
      failures += 1;
      await drop();
      if (signal.aborted) throw error;
      const isLasting = isRefusal(error) || failures >= FAILURES_MAX;
      if (!isLasting && !endIsNear) throw error;
      if (isLasting) log.warn({ err: error, shardId }, 'a shard cannot be subscribed to and is polled');
      await poll();
    }
    return { records: [], position, ended: false, behind: true };
  }

  async function readFirst(source: ShardSource): Promise<Fetched> {
    const fetched = await source.next();
    position = fetched.position;
    first = undefined;
    return fetched;
  }

  async function poll(): Promise<void> {
    await drop();
    polling = createPollingSource({ ...options, position });
  }

  async function subscribe(): Promise<{ events: Events; ending: AbortController }> {
    const ending = new AbortController();
    const reply = await fanOutClient.send(new SubscribeToShardCommand({
      ConsumerARN: consumerArn, ShardId: shardId, StartingPosition: toStartingPosition(),
    }), { abortSignal: AbortSignal.any([signal, ending.signal]) });
    if (reply.EventStream === undefined) throw new Error(`${shardId} gives no stream of events`);
    return { events: reply.EventStream[Symbol.asyncIterator](), ending };
  }

  function toStartingPosition(): StartingPosition {
    const { type, sequenceNumber, atMs } = startingPoint(position);
    return {
      Type: type,
      ...sequenceNumber !== undefined && { SequenceNumber: sequenceNumber },
      ...atMs !== undefined && { Timestamp: new Date(atMs) },
    };
  }

  function take(event: SubscribeToShardEventStream): Fetched {
    const pushed = event.SubscribeToShardEvent;
    if (pushed === undefined) throw new Error(`${shardId}: ${Object.keys(event).join(', ')}`);
    const given = pushed.Records ?? [];
    const ended = (pushed.ChildShards ?? []).length > 0 && pushed.ContinuationSequenceNumber === undefined;
    const records = toStreamRecords(given, options.deaggregates).filter((one) => isBehind(position, one));
    if (records.length > 0) position = given.at(-1)?.SequenceNumber;
    if (ended) position = SHARD_END;
    return { records, position, ended, behind: (pushed.MillisBehindLatest ?? 0) > 0 };
  }

  async function drop(): Promise<void> {
    const dropped = subscription;
    subscription = undefined;
    dropped?.ending.abort();
    // What is still under way on it ends with an error, which nobody waits for.
    await dropped?.events.return?.().catch(() => undefined);
  }

  return {
    next,
    seek(to) {
      position = to;
      first?.seek(to);
      polling?.seek(to);
      void drop();
    },
    wake: () => polling?.wake(),
    expectEnd() {
      endIsNear = true;
      subscription?.ending.abort();
    },
    close: drop,
  };
}

/** What comes, or an error when nothing does. */
async function spoken<T>(coming: Promise<T>): Promise<T> {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => silence.reject(new Error(`the subscription was silent for ${SILENT_MS_MAX} ms`)), SILENT_MS_MAX);
  try {
    return await Promise.race([coming, silence.promise]);
  } finally {
    clearTimeout(timer);
  }
}
