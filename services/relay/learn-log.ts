import type { Head } from '../shared/contracts/log-rule.ts';
import { connectPg, loadSql } from '../shared/platform/pg.ts';
import type { PoolClient } from '../shared/platform/pg.ts';
import type { Log } from '../shared/platform/log.ts';

/**
 * What a reader of the log knew at one moment: where it was in each shard, and what it had accepted by
 * then.
 */
export interface KnownLog {
  positions: Map<string, string>;
  heads: Map<string, Head & { partition: number }>;
  /** partitions that have events */
  partitions: Set<number>;
  /** of the ids asked for, those that are in the log */
  acceptedIds: Set<string>;
}

interface CheckpointRow {
  shard_id: string;
  sequence_number: string;
}

interface HeadRow {
  sale_id: string;
  partition: number;
  seq: number;
  id: string;
}

const CONNECT_MS_MAX = 2_000;
const IDS_PER_QUERY = 10_000;
const headsSql = loadSql(import.meta.url, './sql/select-heads.sql');
const checkpointsSql = loadSql(import.meta.url, './sql/select-checkpoints.sql');
const knownIdsSql = loadSql(import.meta.url, './sql/select-known-ids.sql');

/**
 * Asks the event store for the log as it knows it, in one snapshot.
 *
 * @param ids of the events in the outboxes: which of them are in the log already?
 * @throws the error of PostgreSQL when it cannot be reached
 */
export async function learnLog(
  { eventStoreUrl, streamKey, ids, log }:
  { eventStoreUrl: string; streamKey: string; ids: string[]; log: Log },
): Promise<KnownLog> {
  const pool = connectPg(eventStoreUrl, { name: 'relay', log, poolMax: 1, connectMs: CONNECT_MS_MAX });
  try {
    const client = await pool.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const known = await read(client, streamKey, ids);
      await client.query('COMMIT');
      return known;
    } finally {
      // Also after an error: the snapshot ends with its connection.
      client.release(true);
    }
  } finally {
    await pool.end();
  }
}

async function read(client: PoolClient, streamKey: string, ids: string[]): Promise<KnownLog> {
  const checkpoints = await client.query<CheckpointRow>(checkpointsSql, [streamKey]);
  const heads = await client.query<HeadRow>(headsSql);
  const acceptedIds = new Set<string>();
  for (let i = 0; i < ids.length; i += IDS_PER_QUERY) {
    const found = await client.query<{ id: string }>(knownIdsSql, [ids.slice(i, i + IDS_PER_QUERY)]);
    for (const { id } of found.rows) acceptedIds.add(id);
  }
  return {
    positions: new Map(checkpoints.rows.map((row) => [row.shard_id, row.sequence_number])),
    heads: new Map(heads.rows.map(({ sale_id: saleId, ...head }) => [saleId, head])),
    partitions: new Set(heads.rows.map((row) => row.partition)),
    acceptedIds,
  };
}
