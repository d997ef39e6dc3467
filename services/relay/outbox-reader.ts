import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';

/** Entries of one partition in the order of its outbox. */
export interface OutboxBatch {
  partition: number;
  entries: { id: string; fields: string[] }[];
}

export interface OutboxReader {
  /**
   * The next entries of some of the partitions; waits up to `BLOCK_MS` for one, then returns nothing.
   *
   * @param partitions those that have room for more
   * @throws the error of the connection, or that `restart` came in between; what it returned stays read
   */
  next(partitions: number[]): Promise<OutboxBatch[]>;
  /**
   * Reads all outboxes from their beginning again. After a failover positions say nothing: the new primary
   * may have written entries below the last one that was read, and those would never be seen.
   */
  restart(): void;
  /** As `restart`, of one of them: it is worked on anew, or no longer. */
  forget(partition: number): void;
  /** Reads nothing for so long, and only finds out whether the connection answers. */
  alive(ms: number): Promise<void>;
  /** When the connection last gave an answer; undefined before the first. */
  answeredAtMs(): number | undefined;
}

const BLOCK_MS = 500;
const ENTRIES_MAX = 256;
/** Under load every entry would wake a read of 64 streams; entries of this long are read together. */
const REST_MS = 2;

/**
 * Reads the outboxes of all partitions over one connection, each from its beginning on. Where the
 * partitions are spread over a Redis Cluster there will be one of these per node; nothing else knows how
 * outboxes are read.
 *
 * @param redis a connection of its own: reading blocks it
 * @param keyOf the key of a partition's outbox
 */
export function createOutboxReader(redis: Redis, keyOf: (partition: number) => string): OutboxReader {
  const cursors = new Map<number, string>();
  let restarts = 0;
  /** by partition, how often it was forgotten */
  const forgotten = new Map<number, number>();
  let readAtMs = 0;
  let answeredAtMs: number | undefined;
  let isAsking = false;

  async function read(partitions: number[]): Promise<OutboxBatch[]> {
    const keys = partitions.map(keyOf);
    const partitionOfKey = new Map(keys.map((key, i) => [key, partitions[i] ?? -1]));
    const ids = partitions.map((partition) => cursors.get(partition) ?? '0-0');
    const restartsBefore = restarts;
    const forgottenBefore = new Map(forgotten);
    const reply = await redis.xread('COUNT', ENTRIES_MAX, 'BLOCK', BLOCK_MS, 'STREAMS', ...keys, ...ids);
    // The read may have been sent again over a new connection, with the positions of the old one.
    if (restartsBefore !== restarts) throw new Error('the outboxes are read again from their beginning');
    if (reply === null) askWhetherAlive();
    else answeredAtMs = Date.now();
    return (reply ?? []).flatMap(([key, entries]) => {
      const partition = partitionOfKey.get(key) ?? -1;
      // Read for somebody who gave it up meanwhile: whoever works on it now begins at its beginning.
      if (forgotten.get(partition) !== forgottenBefore.get(partition)) return [];
      const last = entries.at(-1);
      if (last !== undefined) cursors.set(partition, last[0]);
      return [{ partition, entries: entries.map(([id, fields]) => ({ id, fields })) }];
    });
  }

  /** "Nothing new" can also be the client's own time limit on a connection that has gone silent. */
  function askWhetherAlive(): void {
    if (isAsking) return;
    isAsking = true;
    const answered = (): void => {
      answeredAtMs = Date.now();
    };
    void redis.ping().then(answered, () => undefined).finally(() => {
      isAsking = false;
    });
  }

  return {
    async next(partitions) {
      const restMs = readAtMs + REST_MS - Date.now();
      if (restMs > 0) await sleep(restMs);
      readAtMs = Date.now();
      return await read(partitions);
    },
    async alive(ms) {
      askWhetherAlive();
      await sleep(ms);
    },
    restart() {
      cursors.clear();
      restarts += 1;
    },
    forget(partition) {
      cursors.delete(partition);
      forgotten.set(partition, (forgotten.get(partition) ?? 0) + 1);
    },
    answeredAtMs: () => answeredAtMs,
  };
}
