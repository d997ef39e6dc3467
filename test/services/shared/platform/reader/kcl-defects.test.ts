/**
 * What went wrong at others who read Kinesis, mostly with the Kinesis Client Library (awslabs/
 * amazon-kinesis-client, "KCL" here): one test for each, named after it.
 */
import t from 'tap';
import type { PoolClient } from 'pg';
import { putRecord } from '../../../../../services/shared/platform/kinesis.ts';
import { SHARD_END } from '../../../../../services/shared/platform/reader/positions.ts';
import { withTransaction } from '../../../../../services/shared/platform/pg.ts';
import { awaitThat } from '../../../../harness/await-that.ts';
import { connectTestKinesis } from '../../../../harness/connect-test-kinesis.ts';
import { openReadStream, total } from '../../../../harness/open-read-stream.ts';
import { startKinesisProxy } from '../../../../harness/start-kinesis-proxy.ts';

/** A handler that waits until it is told to go on. */
function slowHandler() {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<AbortSignal>();
  return {
    begun: begun.promise,
    goOn: gate.resolve,
    async onBatch(_batch: unknown, lease: { signal: AbortSignal }): Promise<void> {
      begun.resolve(lease.signal);
      await gate.promise;
    },
  };
}

t.test('a slow handler loses no lease (KCL #973, #537)', async (t) => {
  const { put, sent, read, leases, renewals } = await openReadStream(t, { shards: 1 });
  const slow = slowHandler();
  const first = read({ onBatch: slow.onBatch, leaseMs: 2_000 });
  await put();
  const signal = await slow.begun;
  const [before] = await leases();
  const other = read({ leaseMs: 2_000 });
  await renewals(4);
  t.equal(signal.aborted, false);
  t.match(await leases(), [{ owner: before?.owner, epoch: before?.epoch }]);
  t.equal(total(other.got), 0);
  slow.goOn();
  await awaitThat('all of it', () => total(first.got) === total(sent));
  t.equal(total(other.got), 0);
});

t.test('a transaction that holds the row of one lease lets no other lapse (KCL #564)', async (t) => {
  const { put, sent, read, pool, leases, renewals } = await openReadStream(t, { shards: 2 });
  const gate = Promise.withResolvers<void>();
  const inside = Promise.withResolvers<string>();
  let held = '';
  const first = read({
    leaseMs: 2_000,
    async onBatch(batch, lease) {
      if (held !== '') return;
      held = batch.shardId;
      await withTransaction(pool, async (client: PoolClient) => {
        await lease.moveCheckpoint(client, batch);
        inside.resolve(batch.shardId);
        await gate.promise;
      });
    },
  });
  await put();
  await inside.promise;
  await renewals(4);
  t.same(first.log.filter((line) => /is lost|in time/.test(line)), []);
  t.same((await leases()).map(({ epoch }) => epoch), [1, 1]);
  gate.resolve();
  await awaitThat('all of it', () => total(first.got) === total(sent));
  t.same(first.got, sent);
});

t.test('after a theft the one that was slow cannot move the checkpoint (KCL #108, #265)', async (t) => {
  const { put, sent, read, pool, leases } = await openReadStream(t, { shards: 1 });
  const slow = slowHandler();
  read({ onBatch: slow.onBatch, leaseMs: 60_000 });
  await put();
  const signal = await slow.begun;
  // As after a long pause of the whole process: the lease has lapsed and nobody has noticed here.
  await pool.query(`UPDATE reader.leases SET expires_at = now() - interval '1 second'`);
  const other = read({ leaseMs: 500 });
  await awaitThat('the other has all of it', () => total(other.got) === total(sent));
  const [stolen] = await leases();
  slow.goOn();
  await awaitThat('its handler is told', () => signal.aborted);
  t.same(await leases(), [stolen]);
  await put();
  await awaitThat('the other goes on', () => total(other.got) === total(sent));
  t.same(other.got, sent);
});

t.test('a lease that is wanted is handed over behind the batch under way (KCL #791)', async (t) => {
  const { put, sent, read, leases } = await openReadStream(t, { shards: 2 });
  const slow = slowHandler();
  const first = read({ onBatch: slow.onBatch });
  // Otherwise the readers would wait for it for ever, whatever else fails.
  t.teardown(() => slow.goOn());
  await put();
  await slow.begun;
  await awaitThat('it has both', () => first.reader.shardIds().length === 2);
  const second = read();
  await awaitThat('it is wanted', async () => (await leases()).some(({ wantedBy }) => wantedBy !== null));
  t.equal(total(second.got), 0, 'but not taken');
  slow.goOn();
  await awaitThat('one each', () => [first, second].every(({ reader }) => reader.shardIds().length === 1));
  await put();
  await awaitThat('all of it', () => total(first.got, second.got) >= total(sent));
  t.equal(total(first.got, second.got), total(sent), 'nothing twice');
});

t.test('children wait for all their parents, at whichever process (KCL #150, harlow #155)', async (t) => {
  const { put, sent, read, openShards, split, merge } = await openReadStream(t, { shards: 2 });
  await put();
  const [one = '', two = ''] = await openShards();
  await split(one);
  await put();
  const [, left = '', right = ''] = await openShards();
  t.not(left, right);
  await merge(...await neighbours());
  await put();
  const slow = slowHandler();
  const order: string[] = [];
  const onBatch = async (batch: { shardId: string; records: unknown[] }, lease: { signal: AbortSignal }) => {
    if (batch.shardId === one) await slow.onBatch(batch, lease);
    if (batch.records.length > 0) order.push(batch.shardId);
  };
  const readers = [read({ onBatch }), read({ onBatch })];
  await slow.begun;
  await awaitThat('the other first shard is read', () => order.includes(two));
  t.notOk(order.some((id) => id !== two), 'nothing of the children');
  slow.goOn();
  await awaitThat('all of it', () => total(...readers.map(({ got }) => got)) === total(sent));

  async function neighbours(): Promise<[string, string]> {
    const open = await openShards();
    return [open[1] ?? '', open[2] ?? ''];
  }
});

t.test('the end of a shard is not lost with the process that reached it (KCL #267, #662)', async (t) => {
  const { put, sent, read, openShards, split, leases } = await openReadStream(t, { shards: 1 });
  await put();
  const first = read({ listMs: 3_600_000 });
  await awaitThat('the first records', () => total(first.got) === total(sent));
  await first.reader.stop();
  const [parent = ''] = await openShards();
  await split(parent);
  await put();
  let ends = 0;
  const second = read({
    async onBatch(batch) {
      if (batch.position !== SHARD_END) return;
      ends += 1;
      if (ends < 3) throw new Error('the database is away');
    },
  });
  await awaitThat('the children', () => total(first.got, second.got) === total(sent));
  t.equal(ends, 3, 'tried until it was kept');
  await awaitThat('it is kept', async () => (await leases()).some(({ position }) => position === SHARD_END));
});

t.test('an expired iterator is replaced, again and again if need be (KCL #263, kinsumer #51)', async (t) => {
  const { put, sent, read, kinesisUrl } = await openReadStream(t, { shards: 1 });
  const proxy = await startKinesisProxy(t, kinesisUrl);
  const client = connectTestKinesis(proxy.url);
  t.teardown(() => client.destroy());
  let calls = 0;
  proxy.decide((action) => (action === 'GetRecords' && (calls += 1) % 4 !== 0 ? 'expire' : 'none'));
  const one = read({ client });
  for (let i = 0; i < 3; i++) await put();
  await awaitThat('all of it', () => total(one.got) === total(sent));
  t.same(one.got, sent);
});

t.test('a row that vanishes under its reader is written again (KCL #461)', async (t) => {
  const { put, sent, read, pool, leases } = await openReadStream(t, { shards: 2 });
  const one = read();
  await put();
  await awaitThat('the first records', () => total(one.got) === total(sent));
  const before = await leases();
  await pool.query('DELETE FROM reader.leases');
  await awaitThat('the rows are back', async () => (await leases()).length === before.length);
  await put();
  const gotOnce = () => new Map([...one.got].map(([key, texts]) => [key, [...new Set(texts)]]));
  await awaitThat('it goes on', () => total(gotOnce()) === total(sent));
  t.same(gotOnce(), sent, 'all of it, in order');
  // Who lists the shards may write the rows anew before who reads them, and knows no position then: what is
  // promised without a row is each record once at least. It begins again, and leaves nothing out on its way.
  for (const [key, texts] of one.got) {
    const places = texts.map((text) => (sent.get(key) ?? []).indexOf(text));
    const leaps = places.filter((place, i) => place > (places[i - 1] ?? -1) + 1);
    t.same(leaps, [], `${key} has no gap before any record: ${places.join()}`);
  }
});

t.test('children found after a start at latest are read from their horizon (KCL #751, #580)', async (t) => {
  const { put, sent, keys, read, openShards, split } = await openReadStream(t, { shards: 1 });
  await put();
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const one = read({ start: { from: 'latest' } });
  await awaitThat('it reads', () => one.reader.shardIds().length === 1 && one.reader.troubles().length === 0);
  await one.reader.stop();
  // All of this happens while nobody reads, and before anything was read.
  const [parent = ''] = await openShards();
  await split(parent);
  await put();
  const two = read({ start: { from: 'latest' } });
  await awaitThat('what came since', () => total(two.got) === keys.length);
  t.same(two.got, new Map([...sent].map(([key, texts]) => [key, texts.slice(1)])));
});

t.test('the lease of a process that died is taken by those that are there (zio-kinesis #1083)', async (t) => {
  const { put, sent, read, pool, leases, streamKey } = await openReadStream(t, { shards: 2 });
  const one = read({ leaseMs: 300 });
  await awaitThat('both', () => one.reader.shardIds().length === 2);
  await one.reader.stop();
  await pool.query(`
    UPDATE reader.leases SET owner = 'dead', epoch = epoch + 1, expires_at = now() + interval '500 ms'
    WHERE shard_id = (SELECT min(shard_id) FROM reader.leases)`);
  await pool.query(
    `INSERT INTO reader.members VALUES ($1, 'test', 'dead', now() + interval '500 ms')`, [streamKey]);
  const two = read({ leaseMs: 300 });
  await put();
  await awaitThat('all of it', () => total(two.got) === total(sent));
  t.ok((await leases()).every(({ owner }) => owner !== 'dead'));
});

t.test('a restart goes on at the checkpoint, not at the start (KCL #751)', async (t) => {
  const { client, read, streamName, leases } = await openReadStream(t, { shards: 1 });
  const put = (text: string) => putRecord(client, { streamName, partitionKey: 'k', data: Buffer.from(text) });
  await put('before');
  const one = read({ start: { from: 'horizon' } });
  await awaitThat('it is read', () => total(one.got) === 1);
  await one.reader.stop();
  await awaitThat('it is kept', async () => (await leases())[0]?.position);
  const two = read({ start: { from: 'time', atMs: 0 } });
  await put('after');
  await awaitThat('it is read', () => total(two.got) === 1);
  t.same(two.got, new Map([['k', ['after']]]));
});
