import type { KinesisClient, Shard } from '@aws-sdk/client-kinesis';
import { ListShardsCommand } from '@aws-sdk/client-kinesis';
import type { Log } from './log.ts';
import { createPause } from './pause.ts';
import { createShardReader } from './shard-reader.ts';
import type { Moved, ShardBatch, ShardReader } from './shard-reader.ts';

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
  /**
   * pause between reads of a shard that has something: AWS allows five reads a second per shard, over all
   * readers
   */
  pollMsMin: number;
  /** pause between reads of a shard that is silent */
  pollMsMax: number;
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
  let listTrouble = 'the shards are not listed yet';

  /**
   * Follows the shards that are listed and new; after a shard was closed, until its children are among
   * them.
   */
  async function followNew(closedId?: string): Promise<void> {
    for (let found = false; !found && !stopping.signal.aborted;) {
      const listed = await tryList();
      for (const shard of listed ?? []) if (!shards.has(shard.ShardId ?? '')) follow(shard);
      found = listed !== undefined && (closedId === undefined || hasSuccessor(listed, closedId));
      if (!found) await pause.wait(LIST_RETRY_MS);
    }
  }

  function follow(shard: Shard): void {
    const shardId = shard.ShardId ?? '';
    const followed: Followed = {
      reader: createShardReader({
        ...options, shardId, position: positions.get(shardId), signal: stopping.signal,
        onTip: () => markTip(followed),
      }),
      atTip: false,
      closed: Promise.withResolvers(),
    };
    // Listed in the order of their ids, parents are known here; one that is not listed is past its retention.
    const parents = parentsOf(shard).map(async (id) => await shards.get(id)?.closed.promise);
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

  async function tryList(): Promise<Shard[] | undefined> {
    try {
      const listed = await listShards(client, streamName);
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
      if (tasks.size === 0 && shards.size === 0) tasks.add(followNew());
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

/** All shards, oldest first: a child's id is greater than its parents'. */
export async function listShards(client: KinesisClient, streamName: string): Promise<Shard[]> {
  const listed: Shard[] = [];
  let token: string | undefined;
  do {
    const reply = await client.send(
      new ListShardsCommand(token === undefined ? { StreamName: streamName } : { NextToken: token }),
    );
    listed.push(...reply.Shards ?? []);
    token = reply.NextToken;
  } while (token !== undefined);
  return listed.toSorted((a, b) => ((a.ShardId ?? '') < (b.ShardId ?? '') ? -1 : 1));
}

/**
 * True if the children of a closed shard are listed, or the shard itself is no more (its retention is
 * over).
 */
function hasSuccessor(listed: Shard[], closedId: string): boolean {
  return listed.some((shard) => parentsOf(shard).includes(closedId))
    || !listed.some(({ ShardId }) => ShardId === closedId);
}

function parentsOf(shard: Shard): string[] {
  return [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined);
}
