import { UpdateShardCountCommand } from '@aws-sdk/client-kinesis';
import { pino } from 'pino';
import t from 'tap';
import { connectFanOut } from '../../../../../services/shared/platform/kinesis.ts';
import { createStreamReader } from '../../../../../services/shared/platform/stream-reader.ts';
import { awaitThat } from '../../../../harness/await-that.ts';
import { openReadStream, total } from '../../../../harness/open-read-stream.ts';
import { startH2cProxy } from '../../../../harness/start-h2c-proxy.ts';
import { startKinesisLocal } from '../../../../harness/start-kinesis-local.ts';

const emulator = startKinesisLocal(t);
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

t.test('records are pushed where the endpoint can, through a doubling of the shards', async (t) => {
  const endpoint = (await emulator).url;
  const opened = await openReadStream(t, { shards: 2, endpoint });
  const { put, sent, read, client, streamName, openShards } = opened;
  await put();
  const readers = [read({ pushed: true }), read({ pushed: true })];
  await awaitThat('what was there', () => total(...readers.map(({ got }) => got)) === total(sent));
  // Either of the two may have all shards at first.
  await awaitThat('one says that records are pushed', () =>
    readers.some(({ log }) => log.some((line) => line.includes('records are pushed'))));
  await client.send(new UpdateShardCountCommand({
    StreamName: streamName, TargetShardCount: 4, ScalingType: 'UNIFORM_SCALING',
  }));
  await awaitThat('four open shards', async () => (await openShards()).length === 4);
  for (let i = 0; i < 3; i++) await put();
  await awaitThat('all of it', () => total(...readers.map(({ got }) => got)) >= total(sent));
  for (const [key, texts] of sent) {
    const got = readers.flatMap((one) => one.got.get(key) ?? []);
    t.same(got.toSorted((a, b) => texts.indexOf(a) - texts.indexOf(b)), texts, `${key}: each once`);
  }
  await Promise.all(readers.map(({ reader }) => reader.stop()));
  await put();
  const next = read({ pushed: true });
  await awaitThat('what came since', () => total(next.got) === 12);
});

t.test('a failing handler gets the same pushed batch again, and a restart goes on behind it', async (t) => {
  const endpoint = (await emulator).url;
  const { put, sent, read } = await openReadStream(t, { shards: 1, endpoint });
  let failures = 0;
  const one = read({ pushed: true, onBatch: async () => {
    failures += 1;
    if (failures % 3 !== 0) throw new Error('the database is away');
  } });
  await put();
  await awaitThat('all of it', () => total(one.got) === total(sent));
  t.same(one.got, sent);
});

t.test('a position that the stream does not know is told, and read on from the horizon', async (t) => {
  const endpoint = (await emulator).url;
  for (const pushed of [false, true]) {
    const { put, sent, read, pool, streamKey } = await openReadStream(t, { shards: 1, endpoint });
    await put();
    await pool.query(`INSERT INTO reader.cursors VALUES ($1, 'test')`, [streamKey]);
    await pool.query(
      `INSERT INTO reader.leases (stream, cursor, shard_id, position)
       VALUES ($1, 'test', 'shardId-000000000000', $2)`,
      [streamKey, '49600000000000000000000000000000000000000000000000000001']);
    const told: string[] = [];
    const one = read({ pushed, onTrimmed: ({ reason }) => { told.push(reason); } });
    await awaitThat('all of it', () => total(one.got) === total(sent));
    t.match(told, [/does not know the position/]);
    t.same(one.got, sent);
  }
});

for (const http2 of [false, true]) {
  t.test(`the relay's reader has records pushed, ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`, async (t) => {
    const endpoint = (await emulator).url;
    const h2c = http2 ? await startH2cProxy(t, endpoint) : undefined;
    const opened = await openReadStream(t, { shards: 1, endpoint });
    const { put, sent, client, streamName, split, openShards } = opened;
    const pushing = connectFanOut({
      region: 'eu-west-1', endpoint: h2c?.url ?? endpoint, credentials, http2,
    });
    t.teardown(() => pushing.destroy());
    const got = new Map<string, string[]>();
    const reader = createStreamReader({
      client, streamName, log: pino({ level: 'silent' }), positions: new Map(), pollMsMin: 5, pollMsMax: 20,
      fanOut: { client: pushing, consumerName: 'relay-1' },
      async onBatch({ records }) {
        for (const { partitionKey, data } of records) {
          got.set(partitionKey, [...got.get(partitionKey) ?? [], Buffer.from(data).toString()]);
        }
        return undefined;
      },
    });
    t.teardown(() => reader.stop());
    const arrived = (what: string) => awaitThat(what, () => total(got) === total(sent));
    reader.start();
    await put();
    await arrived('all of it');
    await reader.reachedTip();
    if (h2c !== undefined) {
      const subscriptions = () => h2c.counts.get('SubscribeToShard') ?? 0;
      await awaitThat('it is subscribed', subscriptions);
      await put();
      await arrived('what is pushed over HTTP/2');
      const [subscribed, sessions] = [subscriptions(), h2c.sessionCount()];
      h2c.cut();
      await put();
      await arrived('what came behind a session that broke');
      t.ok(subscriptions() > subscribed, 'it has subscribed again');
      t.ok(h2c.sessionCount() > sessions, 'over another session');
      t.same([...h2c.counts.keys()].filter((action) => action === 'GetRecords'), []);
    }
    await split((await openShards())[0] ?? '');
    await put();
    await arrived('what came after a split');
    t.same(got, sent);
  });
}
