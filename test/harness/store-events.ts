/** Events into the event store as the projector puts them there, without a stream. */
import type { Pool, PoolClient } from 'pg';
import { chainAccepted, writeJudged } from '../../services/projector/write-judged.ts';
import { lockHeadsOf } from '../../services/projector/event-store.ts';
import { partitionOfSource } from '../../services/shared/contracts/bus-record.ts';
import type { BusEvent } from '../../services/shared/contracts/bus-record.ts';

/** Appends events, of whatever sales, as one chunk in a transaction of its own. */
export async function storeEvents(pool: Pool, events: readonly BusEvent[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await appendEvents(client, events);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

/** The same in the caller's transaction. */
export async function appendEvents(client: PoolClient, events: readonly BusEvent[]): Promise<void> {
  const accepted = events.map((event, i) =>
    ({ saleId: event.subject, seq: Number(event.sequence), event, sequenceNumber: String(i) }));
  const heads = new Map(accepted.map(({ saleId, seq, event: { id, source } }) =>
    [saleId, { seq, id, partition: partitionOfSource(source) ?? 0 }]));
  const stored = await lockHeadsOf(client, [...heads.keys()]);
  const digests = new Map([...stored].map(([saleId, { digest }]) => [saleId, digest]));
  const judged = { accepted, rejected: [], duplicates: 0, heads };
  const place = { streamKey: 'stream@1', shardId: 'shard-0' };
  await writeJudged(client, place, judged, chainAccepted(accepted, digests));
}
