import type { Pool, PoolClient } from '../pg.ts';
import { createShardReader } from '../shard-reader.ts';
import type { Moved, ShardBatch, ShardReader, ShardReaderOptions } from '../shard-reader.ts';
import { LeaseLostError } from './lease-table.ts';
import type { LeaseRow, LeaseTable } from './lease-table.ts';
import type { Position } from './positions.ts';

/** The right to read one shard under one cursor, as a handler sees it. */
export interface Lease {
  cursor: string;
  shardId: string;
  owner: string;
  /** one higher with each owner of this shard */
  epoch: number;
  /** aborted when the lease is lost: whatever the handler still does will be done again by another process */
  signal: AbortSignal;
  /**
   * Moves the checkpoint in the handler's own transaction, from `positionBefore` to `position` (those of the
   * batch; or in steps, for a part of it each: `positionAfter` of positions.ts gives what is between). What
   * the transaction does is then done exactly once.
   *
   * @throws LeaseLostError, CheckpointMovedError: roll back and let the error through
   */
  moveCheckpoint(
    client: PoolClient, move: { positionBefore: Position; position: Position },
  ): Promise<void>;
}

/** A shard that this process reads, from getting its lease to giving it up. */
export interface HeldShard {
  shardId: string;
  epoch: number;
  reader: ShardReader;
  /** the stored position, as far as this process knows */
  position(): Position;
  /** Reads no further batch; resolves when the one under way is handled. */
  stop(): Promise<void>;
  /** Another process has it: tells the handler, and stops. */
  lose(): void;
  /** Resolves when nothing of it is under way any more: `closed` when it was read to its end. */
  done: Promise<'closed' | 'stopped'>;
}

/** The options of `createShardReader` that are the same for all shards, and what handles a batch. */
export interface HoldOptions {
  row: LeaseRow;
  owner: string;
  cursor: string;
  table: LeaseTable;
  pool: Pool;
  shared: Omit<ShardReaderOptions, 'shardId' | 'position' | 'readUntilMs' | 'onBatch' | 'onTip' | 'signal'>;
  onBatch(batch: ShardBatch, lease: Lease): Promise<unknown>;
}

/** Begins to read the shard of a lease that was just taken. */
export function holdShard({ row, owner, cursor, table, pool, shared, onBatch }: HoldOptions): HeldShard {
  const { shardId, epoch } = row;
  const reading = new AbortController();
  const losing = new AbortController();
  let stored = row.position;
  /** what the handler has moved the checkpoint to, and committed if it returns */
  let movedTo: Position;

  const lease: Lease = {
    cursor, shardId, owner, epoch, signal: losing.signal,
    async moveCheckpoint(client, move) {
      await table.move(client, row, move);
      movedTo = move.position;
    },
  };

  async function handle(batch: ShardBatch): Promise<Moved | undefined> {
    movedTo = batch.positionBefore;
    try {
      await onBatch(batch, lease);
      if (movedTo !== batch.position) {
        await table.move(pool, row, { positionBefore: movedTo, position: batch.position });
      }
      stored = batch.position;
      return undefined;
    } catch (error) {
      return await findPosition(batch, error);
    }
  }

  /** What became of a batch whose handler failed only the table knows: an answer to COMMIT can be lost. */
  async function findPosition({ positionBefore }: ShardBatch, error: unknown): Promise<Moved> {
    try {
      if (error instanceof LeaseLostError) throw error;
      stored = await table.position(row);
    } catch (second) {
      if (second instanceof LeaseLostError) lose();
      throw second;
    }
    if (stored === positionBefore) throw error;
    return { position: stored };
  }

  function lose(): void {
    losing.abort();
    reading.abort();
  }

  const reader = createShardReader({
    ...shared, shardId, position: row.position, readUntilMs: row.readUntilMs,
    onBatch: handle, onTip: () => undefined, signal: reading.signal,
  });
  const done = reader.read();
  return {
    shardId, epoch, reader, done, lose,
    position: () => stored,
    async stop() {
      reading.abort();
      await done;
    },
  };
}
