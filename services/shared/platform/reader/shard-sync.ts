import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import type { Log } from '../log.ts';
import type { Trimmed } from '../shard-reader.ts';
import type { LeaseRow, LeaseTable } from './lease-table.ts';
import { listFamilies } from './list-shards.ts';
import type { ListedShard } from './list-shards.ts';
import { SHARD_END } from './positions.ts';
import type { Position } from './positions.ts';

/** Keeps the rows of the leases equal to the shards of the stream. */
export interface ShardSync {
  /** Asks the stream and writes what is new; false if it does not answer. Throws when PostgreSQL is away. */
  list(): Promise<boolean>;
  /** The shards that have children. */
  parents(): ReadonlySet<string>;
  parentsOf(shardId: string): string[];
  retentionMs(): number | undefined;
  trouble(): string;
}

const HOUR_MS = 3_600_000;

/** Nothing is listed yet. */
export function createShardSync(
  { client, streamName, table, startOf, log, onTrimmed }: {
    client: KinesisClient;
    streamName: string;
    table: LeaseTable;
    startOf(shardId: string): Position;
    log: Log;
    onTrimmed(trimmed: Trimmed): void;
  },
): ShardSync {
  let shards: ListedShard[] = [];
  let parents = new Set<string>();
  let missing = new Set<string>();
  let retentionMs: number | undefined;
  let trouble = 'the shards are not listed yet';

  async function list(): Promise<boolean> {
    // Rows first: a shard that another process has found since is then not taken for one that is gone.
    const rows = await table.rows();
    if (!await askStream()) return false;
    await table.add(shards, startOf);
    await clearAway(rows);
    return true;
  }

  async function askStream(): Promise<boolean> {
    try {
      const summary = await client.send(new DescribeStreamSummaryCommand({ StreamName: streamName }));
      const hours = summary.StreamDescriptionSummary?.RetentionPeriodHours;
      if (hours !== undefined) retentionMs = hours * HOUR_MS;
      shards = await listFamilies(client, streamName);
      parents = new Set(shards.flatMap((shard) => shard.parents));
      trouble = '';
      return true;
    } catch (error) {
      trouble = `the shards cannot be listed: ${(error as Error).message}`;
      log.warn({ err: error, streamName }, 'the shards cannot be listed');
      return false;
    }
  }

  /** A shard is gone when it was missing twice in a row, and its row tells whether it was read before. */
  async function clearAway(rows: readonly LeaseRow[]): Promise<void> {
    const listed = new Set(shards.map(({ shardId }) => shardId));
    const unlisted = rows.filter(({ shardId }) => !listed.has(shardId));
    const gone = unlisted.filter(({ shardId }) => missing.has(shardId));
    for (const row of gone.filter(({ position }) => position !== SHARD_END)) {
      const { shardId, position } = row;
      const reason = 'the stream has no such shard any more';
      if (await table.end(row)) onTrimmed({ shardId, position, reason });
    }
    const read = gone.filter(({ position }) => position === SHARD_END);
    if (read.length > 0) await table.forget(read.map(({ shardId }) => shardId));
    missing = new Set(unlisted.map(({ shardId }) => shardId));
  }

  return {
    list,
    parents: () => parents,
    parentsOf: (id) => shards.find(({ shardId }) => shardId === id)?.parents ?? [],
    retentionMs: () => retentionMs,
    trouble: () => trouble,
  };
}
