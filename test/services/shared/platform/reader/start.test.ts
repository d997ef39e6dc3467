import t from 'tap';
import { migrate } from '../../../../../services/projector/migrate.ts';
import { loadSql } from '../../../../../services/shared/platform/pg.ts';
import { awaitThat } from '../../../../harness/await-that.ts';
import { openReadStream, total } from '../../../../harness/open-read-stream.ts';

const perKey = (sent: Map<string, string[]>, from: number): Map<string, string[]> =>
  new Map([...sent].map(([key, texts]) => [key, texts.slice(from)]));

t.test('two cursors read by themselves, one from the horizon while the other runs', async (t) => {
  const { put, sent, read } = await openReadStream(t, { shards: 2 });
  const live = read({ cursor: 'live' });
  await put();
  await awaitThat('the live one', () => total(live.got) === total(sent));
  const replay = read({ cursor: 'replay', onBatch: async () => { await put(); throw new Error('later'); } });
  await awaitThat('it stands', () => replay.reader.troubles().length > 0);
  await replay.reader.stop();
  const again = read({ cursor: 'replay' });
  await awaitThat('both', () => total(live.got) === total(sent) && total(again.got) === total(sent));
  t.same(live.got, sent);
  t.same(again.got, sent);
});

t.test('from a time and from positions', async (t) => {
  const { put, sent, keys, read, leases } = await openReadStream(t, { shards: 2 });
  await put();
  const first = read();
  await awaitThat('all of it', () => total(first.got) === keys.length);
  await awaitThat('it is kept', async () => (await leases()).every(({ position }) => position !== null));
  const positions = new Map((await leases()).map(({ shardId, position }) => [shardId, position ?? '']));
  const atMs = await awaitThat('another second, which is as fine as some emulators are', () => {
    const now = Date.now();
    return now % 1_000 < 50 && now;
  });
  await put();
  const late = [
    read({ cursor: 'by-time', start: { from: 'time', atMs } }),
    read({ cursor: 'by-position', start: { from: 'positions', positions } }),
  ];
  for (const { got } of late) {
    await awaitThat('what came since', () => total(got) >= keys.length);
    t.same(got, perKey(sent, 1));
  }
});

t.test('a position older than the retention is told, by log, metric and callback', async (t) => {
  const { put, sent, read, pool } = await openReadStream(t, { shards: 1 });
  await put();
  const first = read();
  await awaitThat('all of it', () => total(first.got) === total(sent));
  await first.reader.stop();
  await pool.query(`UPDATE reader.leases SET read_until = now() - interval '25 hours'`);
  const told: string[] = [];
  const second = read({ onTrimmed: ({ reason }) => { told.push(reason); } });
  await awaitThat('the retention is known', () => second.reader.troubles().length === 0);
  await put();
  await awaitThat('it goes on', () => total(second.got) === 12);
  t.match(told, [/longer ago than the retention/]);
  t.ok(second.log.some((line) => line.includes('"level":50') && line.includes('may be lost')));
});

t.test('a shard that the stream has forgotten is told, ended, and its children are read', async (t) => {
  const { put, sent, read, pool, streamKey } = await openReadStream(t, { shards: 1 });
  await pool.query(`INSERT INTO reader.cursors VALUES ($1, 'test')`, [streamKey]);
  await pool.query(
    `INSERT INTO reader.leases (stream, cursor, shard_id, position) VALUES ($1, 'test', 'shardId-gone', '7')`,
    [streamKey]);
  const told: string[] = [];
  const one = read({ onTrimmed: ({ shardId }) => { told.push(shardId); } });
  await put();
  await awaitThat('the other shard', () => total(one.got) === total(sent));
  await awaitThat('it is told', () => told.length > 0);
  t.same([...new Set(told)], ['shardId-gone']);
  await awaitThat('its row goes', async () => (await pool.query(
    `SELECT 1 FROM reader.leases WHERE shard_id = 'shardId-gone'`)).rows.length === 0);
});

t.test('the positions of the version before are carried over, and the relay reads them', async (t) => {
  const { pool, stack } = await openReadStream(t, { shards: 1 });
  const first = loadSql(import.meta.url,
    '../../../../../services/projector/migrations/event-store/0001_create_event_store.sql');
  await pool.query(`
    DELETE FROM event_store_migrations WHERE name >= '0002';
    DROP SCHEMA event_store CASCADE;
    ${first};
    INSERT INTO event_store.checkpoints (stream, shard_id, sequence_number)
    VALUES ('s@1', 'shardId-0', '77'), ('s@1', 'shardId-1', 'SHARD_END')`);
  t.same(await migrate(stack.databaseUrl, { info: () => undefined }),
    ['0002_park_partitions', '0003_create_discarded_events', '0004_chain_and_partition_events',
      '0005_create_passing_keys']);
  const select = loadSql(import.meta.url, '../../../../../services/relay/sql/select-checkpoints.sql');
  const positions = async (): Promise<unknown> => (await pool.query(select, ['s@1'])).rows;
  t.same(await positions(), [
    { shard_id: 'shardId-0', sequence_number: '77' }, { shard_id: 'shardId-1', sequence_number: 'SHARD_END' },
  ]);
  // What is parked the event store does not know: the relay has to read it itself.
  await pool.query(`
    INSERT INTO event_store.parked_records
      (stream, partition, shard_id, sequence_number, position_before, partition_key, data)
    VALUES ('s@1', 'p01', 'shardId-0', '60', '50', 'p01', ''),
      ('s@1', 'p01', 'shardId-0', '70', '65', 'p01', ''),
      ('s@1', 'p01', 'shardId-1', '10', NULL, 'p01', '')`);
  t.same(await positions(), [{ shard_id: 'shardId-0', sequence_number: '50' }]);
});
