import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Log } from './log.ts';
import { createPause } from './pause.ts';
import { registerFanOut } from './reader/fan-out.ts';
import type { FanOut } from './reader/fan-out.ts';
import { listFamilies } from './reader/list-shards.ts';
import type { ListedShard } from './reader/list-shards.ts';
import { createShardReader } from './shard-reader.ts';
import type { Moved, ShardBatch, ShardReader, Trimmed } from './shard-reader.ts';

/**
 * Reads every shard of a stream, each in its order, parents before their children, and never skips: a batch
 * is handed over again until its handler takes it. Shards that open and close while it runs are followed.
 * It keeps no positions: where to begin is given, where it is comes with every batch, and whoever applies a
 * batch stores the two together. It may hand over a record twice (after a restart), so handlers are
 * repeatable.
 */
export interface StreamReaderOptions {
  client: KinesisClient;
  streamName: string;
  log: Log;
  /**
   * position by shard id: a sequence number, or SHARD_END; a shard that is missing here is read from its
   * horizon
   */
  positions: ReadonlyMap<string, string>;
  /**
   * Applies a batch. May return where the shard is to be read on instead of behind the batch. When it
   * throws, the same batch comes again after a pause.
   */
  onBatch(batch: ShardBatch): Promise<Moved | undefined>;
  /** how long the stream keeps records; without it nobody is told of those that went unread */
  retentionMs?(): number | undefined;
  /** Records were lost to this reader, or may be; before any that lies behind them is handed over. */
  onTrimmed?(trimmed: Trimmed): void;
  /** The stream has that shard no more, and it was not read to its end; told again and again. */
  onGone?(shardId: string): void;
  /**
   * pause between reads of a shard that has something: AWS allows five reads a second per shard, over all
   * readers
   */
  pollMsMin: number;
  /** pause between reads of a shard that is silent */
  pollMsMax: number;
  /** a pause between two reads of a shard that is kept in any case, asked for before each; default 0 */
  restMsMin?(): number;
  /**
   * has records pushed where the endpoint can (kinesis.ts, connectFanOut); absent: polls. Each reader needs
   * a consumer name of its own, since a shard is pushed once per name
   */
  fanOut?: { client: KinesisClient; consumerName: string } | undefined;
}

export interface StreamReader {
  /** Begins; `stop` waits for the batches under way. Both may be called twice. */
  start(): void;
  stop(): Promise<void>;
  /** Reads a shard at once (all without an id), and often for a while: something was sent. */
  wake(shardId?: string): void;
  /** Resolves when every shard known so far was read to its end once; children of a closed shard included. */
  reachedTip(): Promise<void>;
  /** What keeps it from reading, a sentence each; empty when all is well. */
  troubles(): string[];
}

const LIST_RETRY_MS = 1_000;
const LIST_MS = 10_000;

/** What the reader knows of one shard. */
interface Followed {
  reader: ShardReader;
  /** true once it was read to its end, and its children are followed if it is closed */
  atTip: boolean;
  /** settles when it is read to its end for good, which is when its children may begin */
  closed: PromiseWithResolvers<void>;
}

/** A reader that is not reading yet. */
export function createStreamReader(options: StreamReaderOptions): StreamReader {
  const { client, streamName, log, positions } = options;
  const stopping = new AbortController();
  const pause = createPause(stopping.signal);
  const shards = new Map<string, Followed>();
  const tasks = new Set<Promise<void>>();
  const tip = Promise.withResolvers<void>();
  let fanOut: FanOut | undefined;
  let listTrouble = 'the shards are not listed yet';

  async function begin(): Promise<void> {
    if (options.fanOut !== undefined) {
      fanOut = await registerFanOut({ ...options.fanOut, streamName, log, signal: stopping.signal });
    }
    await followNew();
    // Nothing tells those who have records pushed that a shard has been closed.
    while (fanOut !== undefined && !stopping.signal.aborted) {
      await pause.wait(LIST_MS);
      await followNew();
    }
  }

  /**
   * Follows the shards that are listed and new; after a shard was closed, until its children are among
   * them.
   */
  async function followNew(closedId?: string): Promise<void> {
    for (let found = false; !found && !stopping.signal.aborted;) {
      const listed = await tryList();
      for (const shard of listed ?? []) {
        if (!shards.has(shard.shardId)) follow(shard);
        for (const parent of shard.parents) shards.get(parent)?.reader.expectEnd();
      }
      found = listed !== undefined && (closedId === undefined || hasSuccessor(listed, closedId));
      if (!found) await pause.wait(LIST_RETRY_MS);
    }
  }

  function follow({ shardId, parents: parentIds }: ListedShard): void {
    const followed: Followed = {
      reader: createShardReader({
        ...options, fanOut, shardId, position: positions.get(shardId), signal: stopping.signal,
        onTip: () => markTip(followed),
      }),
      atTip: false,
      closed: Promise.withResolvers(),
    };
    // Listed in the order of their ids, parents are known here; one that is not listed is past its retention.
    const parents = parentIds.map(async (id) => await shards.get(id)?.closed.promise);
    shards.set(shardId, followed);
    const task = readThrough(shardId, followed, parents);
    tasks.add(task);
    void task.finally(() => tasks.delete(task));
  }

  async function readThrough(id: string, shard: Followed, parents: Promise<void>[]): Promise<void> {
    await Promise.all(parents);
    if (await shard.reader.read() === 'closed') {
      log.info({ shardId: id }, 'a closed shard is read to its end');
      await followNew(id);
      markTip(shard);
    }
    // When stopped as well, so that children waiting for it can end; they read nothing then.
    shard.closed.resolve();
  }

  function markTip(shard: Followed): void {
    shard.atTip = true;
    if ([...shards.values()].every(({ atTip }) => atTip)) tip.resolve();
  }

  async function tryList(): Promise<ListedShard[] | undefined> {
    try {
      const listed = await listFamilies(client, streamName);
      listTrouble = '';
      return listed;
    } catch (error) {
      listTrouble = `the shards cannot be listed: ${(error as Error).message}`;
      log.warn({ err: error, streamName }, 'the shards cannot be listed');
      return undefined;
    }
  }

  return {
    start() {
      if (tasks.size === 0 && shards.size === 0) tasks.add(begin());
    },
    async stop() {
      stopping.abort();
      while (tasks.size > 0) {
        const under = [...tasks];
        await Promise.all(under);
        for (const task of under) tasks.delete(task);
      }
    },
    wake(shardId) {
      const woken = shardId === undefined ? [...shards.values()] : [shards.get(shardId)];
      for (const shard of woken) shard?.reader.wake();
    },
    reachedTip: () => tip.promise,
    troubles() {
      const readers = [...shards.values()].map(({ reader }) => reader.trouble());
      return [listTrouble, ...readers].filter(Boolean);
    },
  };
}

/**
 * True if the children of a closed shard are listed, or the shard itself is no more (its retention is
 * over).
 */
function hasSuccessor(listed: ListedShard[], closedId: string): boolean {
  return listed.some(({ parents }) => parents.includes(closedId))
    || !listed.some(({ shardId }) => shardId === closedId);
}
