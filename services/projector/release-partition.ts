import { createLogFold } from '../shared/contracts/log-fold.ts';
import type { Doer } from '../shared/contracts/stream-events.ts';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';
import { tellAct } from '../shared/stream-outbox/tell-act.ts';
import { keepContactKeys, ownedKeysOf } from './contact-keys.ts';
import { lockHeadsOf, selectParkedPartitions, selectStoredKeys } from './event-store.ts';
import { isLasting } from './projections/is-lasting.ts';
import { judgeRecords, readRecord, refusalOf, unreadableRecord } from './judge-records.ts';
import type { ReadRecord } from './judge-records.ts';
import { chainAccepted, writeJudged, writeUnreadable } from './write-judged.ts';
import type { Place } from './write-judged.ts';

const sql = {
  lockPartition: loadSql(import.meta.url, './sql/lock-parked-partition.sql'),
  selectRecord: loadSql(import.meta.url, './sql/select-parked-record.sql'),
  deleteRecord: loadSql(import.meta.url, './sql/delete-parked-record.sql'),
  deletePartition: loadSql(import.meta.url, './sql/delete-parked-partition.sql'),
  updateReason: loadSql(import.meta.url, './sql/update-parked-reason.sql'),
};

/** What became of a parked partition. */
export interface Released {
  records: number;
  accepted: number;
  rejected: number;
  /** records of which something was dropped, kept in `event_store.unreadable_records` */
  skipped: number;
  /** why it stays parked; undefined when it does not */
  stoppedBy: string | undefined;
}

interface RecordRow {
  place: number;
  shard_id: string;
  sequence_number: string;
  partition_key: string;
  data: Buffer;
}

type Counts = Pick<Released, 'accepted' | 'rejected' | 'skipped'>;
type Step = { next: boolean; stoppedBy?: string } & Counts;

const NOTHING: Counts = { accepted: 0, rejected: 0, skipped: 0 };

/**
 * Judges the records of a parked partition again, in order, one transaction each, until none is left: then
 * it is read as all others are. Stops at a record that still cannot be taken. May be called while projectors
 * run, and repeated.
 *
 * @param databases the event store's, and the legacy one
 * @param partition its name, `p07`
 * @param skips drop of the first record at fault what cannot be taken; the rule then rejects what follows it
 *   in its sales
 * @param doer who has it done: told to the audit whenever something is released for good or dropped
 * @throws when PostgreSQL does not answer; the records released until then stay released
 */
export async function releasePartition(
  { events: pool, legacy }: { events: Pool; legacy: Pool },
  { partition, skips, doer }: { partition: string; skips: boolean; doer: Doer },
): Promise<Released> {
  const released: Released = { records: 0, ...NOTHING, stoppedBy: undefined };
  const parked = (await selectParkedPartitions(pool)).filter((one) => one.partition === partition);
  for (const { stream } of parked) {
    for (let next = true; next;) {
      const maySkip = skips && released.skipped === 0;
      const step = await withTransaction(pool, async (client) => {
        const done = await releaseNext({ client, legacy }, stream, partition, maySkip);
        if (done.skipped > 0) {
          const { accepted, rejected } = done;
          await tell(client, doer, `skip a record of ${partition}`, { stream, accepted, rejected });
        } else if (!done.next && done.stoppedBy === undefined) {
          await tell(client, doer, `release ${partition}`, { stream });
        }
        return done;
      });
      next = step.next;
      released.records += step.next ? 1 : 0;
      released.accepted += step.accepted;
      released.rejected += step.rejected;
      released.skipped += step.skipped;
      released.stoppedBy ??= step.stoppedBy;
    }
  }
  return released;
}

async function releaseNext(
  { client, legacy }: { client: PoolClient; legacy: Pool },
  streamKey: string,
  partition: string,
  maySkip: boolean,
): Promise<Step> {
  // Projectors that add to the partition wait here, and see then whether it is still parked.
  await client.query(sql.lockPartition, [streamKey, partition]);
  const { rows: [row] } = await client.query<RecordRow>(sql.selectRecord, [streamKey, partition]);
  if (row === undefined) {
    await client.query(sql.deletePartition, [streamKey, partition]);
    return { next: false, ...NOTHING };
  }
  const read = readRecord({
    sequenceNumber: row.sequence_number, partitionKey: row.partition_key, data: row.data, arrivedAtMs: 0,
  });
  // Who parked it has kept them, unless that was a projector of a version that left them where they were.
  await keepContactKeys(legacy, ownedKeysOf([read]));
  const place = { streamKey, shardId: row.shard_id };
  const taken = await takeWhole(client, place, read);
  if (typeof taken === 'string' && !maySkip) {
    await client.query(sql.updateReason, [streamKey, partition, taken]);
    return { next: false, ...NOTHING, stoppedBy: taken };
  }
  const counts = typeof taken === 'string' ? await takeInParts(client, place, read) : taken;
  await client.query(sql.deleteRecord, [row.place]);
  return { next: true, ...counts };
}

function tell(client: PoolClient, doer: Doer, what: string, details: Record<string, unknown>): Promise<void> {
  return tellAct(client, {
    service: 'projector', stream: 'operator-partitions', doer, what, outcome: 'done', details,
  });
}

/** Stores what the record says; or why that cannot be done. */
async function takeWhole(client: PoolClient, place: Place, read: ReadRecord): Promise<Counts | string> {
  return read.unreadable ?? await tryStore(client, place, read);
}

/** Stores each event that can be stored, and keeps the record for the others. */
async function takeInParts(client: PoolClient, place: Place, read: ReadRecord): Promise<Counts> {
  const counts = { ...NOTHING, skipped: 1 };
  if (read.unreadable !== undefined) await writeUnreadable(client, place, read);
  for (const [firstPosition, event] of read.events.entries()) {
    const stored = await tryStore(client, place, { ...read, events: [event], firstPosition });
    if (typeof stored === 'string') {
      await writeUnreadable(client, place, unreadableRecord(read.record, stored, read.keys));
    } else {
      counts.accepted += stored.accepted;
      counts.rejected += stored.rejected;
    }
  }
  return counts;
}

async function tryStore(client: PoolClient, place: Place, read: ReadRecord): Promise<Counts | string> {
  await client.query('SAVEPOINT storing');
  try {
    const fold = createLogFold();
    const saleIds = [...new Set(read.events.map(({ subject }) => subject))];
    const heads = await lockHeadsOf(client, saleIds);
    for (const [saleId, head] of heads) fold.setHead(saleId, head);
    const names = read.events.map(({ subject, id }) => ({ saleId: subject, id }));
    const judged = judgeRecords([read], fold, new Set(await selectStoredKeys(client, names)));
    const digests = new Map([...heads].map(([saleId, { digest }]) => [saleId, digest]));
    await writeJudged(client, place, judged, chainAccepted(judged.accepted, digests));
    await client.query('RELEASE SAVEPOINT storing');
    return { accepted: judged.accepted.length, rejected: judged.rejected.length, skipped: 0 };
  } catch (error) {
    if (!isLasting(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT storing');
    return refusalOf(read, error);
  }
}
