import { Pool } from 'pg';
import t from 'tap';
import { CHUNK_EVENTS_MAX, CHUNK_TEXT_BYTES_MAX } from '../../../services/projector/cut-batch.ts';
import { EventAppender } from '../../../services/projector/event-appender.ts';
import { EVENT_STORE_CURSOR, EventStore } from '../../../services/projector/event-store.ts';
import { createProjectorMetrics } from '../../../services/projector/projector-metrics.ts';
import type { SaleEvent } from '../../../services/shared/contracts/events.ts';
import { REMEMBERED_IDS } from '../../../services/shared/contracts/log-fold.ts';
import { compress } from '../../../services/shared/platform/compression.ts';
import { createLog } from '../../../services/shared/platform/log.ts';
import type { Lease, ShardBatch } from '../../../services/shared/platform/reader/create-reader.ts';
import { LeaseTable } from '../../../services/shared/platform/reader/lease-table.ts';
import { EventChain } from '../../harness/event-chain.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { openTestStack } from '../../stack.ts';

const SHARD = 'shardId-000000000000';
const metrics = createProjectorMetrics();

/** An appender with its store, and batches for it as a shard's reader would hand them over. */
async function openAppender(t: Teardown) {
  const stack = await openTestStack(t);
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 2 });
  t.teardown(() => pool.end());
  const table = new LeaseTable({
    pool, streamKey: 'stream@1', cursor: EVENT_STORE_CURSOR, owner: 'test', leaseMs: 60_000,
  });
  await table.add([{ shardId: SHARD, parents: [] }], () => undefined);
  /** The lease of the shard, as another process would take it. */
  async function take(): Promise<Lease> {
    await pool.query('UPDATE reader.leases SET owner = NULL');
    const [row] = await table.rows();
    const held = row === undefined ? undefined : await table.take(row);
    if (held === undefined) throw new Error('no lease');
    return {
      cursor: EVENT_STORE_CURSOR, shardId: SHARD, owner: 'test', epoch: held.epoch,
      signal: new AbortController().signal,
      moveCheckpoint: (client, move) => table.move(client, held, move),
    };
  }
  const store = new EventStore(pool, pool, 'stream@1');
  const log = createLog({ name: 'test', level: 'silent' });
  let records = 0;
  let position: string | undefined;
  return {
    pool, take, lease: await take(),
    checkpoint: async () => (await table.rows())[0]?.position,
    appender: new EventAppender({ store, metrics, log, onAppended: () => undefined }),
    batch(...contents: SaleEvent[][]): ShardBatch {
      const positionBefore = position;
      const made = contents.map((events) => ({
        sequenceNumber: position = String(records += 1), partitionKey: 'p00', arrivedAtMs: 0,
        data: compress(JSON.stringify(events)),
      }));
      return { shardId: SHARD, records: made, positionBefore, position: position ?? '' };
    },
    count: async (what: string) => Number((await pool.query(`SELECT count(${what}`)).rows[0].count),
  };
}

function pauses(sale: EventChain, count: number): SaleEvent[] {
  return Array.from({ length: count }, () => sale.next('sale.paused', {}));
}

t.test('what comes twice within one batch is a duplicate, however much lies between', async (t) => {
  const { appender, batch, count, lease } = await openAppender(t);
  const sale = new EventChain('hamlet', '');
  const old = pauses(sale, 10);
  await appender.append(batch(old), lease);
  const young = pauses(sale, REMEMBERED_IDS + 900);
  await appender.append(batch(young, young, old), lease);
  t.equal(await count('*) FROM event_store.events'), young.length + old.length);
  t.equal(await count('*) FROM event_store.rejected_events'), 0);
});

t.test('a batch of more events than a transaction takes is several, each with its checkpoint', async (t) => {
  const { appender, batch, count, pool, lease, checkpoint } = await openAppender(t);
  const sale = new EventChain('hamlet', '');
  const perRecord = CHUNK_EVENTS_MAX / 4;
  const contents = Array.from({ length: 6 }, () => pauses(sale, perRecord));
  await pool.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'too slow' USING ERRCODE = '57014'; END $$;
    CREATE TRIGGER refusing BEFORE INSERT ON event_store.events FOR EACH ROW
      WHEN (NEW.seq > ${CHUNK_EVENTS_MAX}) EXECUTE FUNCTION refuse();`);
  const large = batch(...contents);
  await t.rejects(appender.append(large, lease), /too slow/);
  t.equal(await checkpoint(), '4', 'the first four records are stored');

  await pool.query('DROP TRIGGER refusing ON event_store.events');
  await t.rejects(appender.append(large, lease), /is 4, not its horizon/, 'the reader goes on behind them');
  const rest = { ...large, records: large.records.slice(4), positionBefore: '4' };
  await appender.append(rest, lease);
  t.equal(await count('*) FROM event_store.events'), 6 * perRecord);
  t.equal(await count('DISTINCT xmin::text) FROM event_store.events'), 2);
});

t.test('a batch of more text than a transaction takes is several', async (t) => {
  const { appender, batch, count, lease, checkpoint } = await openAppender(t);
  const sale = new EventChain('hamlet', '');
  const filler = 'x'.repeat(CHUNK_TEXT_BYTES_MAX / 2 - 1_000);
  const huge = (): SaleEvent[] => [{ ...sale.next('sale.paused', {}), data: { filler } } as SaleEvent];
  await appender.append(batch(huge(), huge(), huge(), pauses(sale, 5)), lease);
  t.equal(await count('*) FROM event_store.events'), 8);
  t.equal(await count('DISTINCT xmin::text) FROM event_store.events'), 2);
  t.equal(await checkpoint(), '4');
});

t.test('what was judged under a lease that is lost is not stored, and not remembered', async (t) => {
  const { appender, batch, count, lease, take, checkpoint } = await openAppender(t);
  const sale = new EventChain('hamlet', '');
  await appender.append(batch(pauses(sale, 3)), lease);
  const second = batch(pauses(sale, 2));
  const now = await take();
  await t.rejects(appender.append(second, lease), /the lease of .* is test's/);
  t.equal(await count('*) FROM event_store.events'), 3);
  t.equal(await checkpoint(), '1');
  await appender.append(second, now);
  t.equal(await count('*) FROM event_store.events'), 5);
});
