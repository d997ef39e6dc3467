/** What cannot be finished for a reason of its own keeps nothing else from going on. */
import t from 'tap';
import { RECORD_TEXT_BYTES_MAX } from '../../../services/shared/contracts/bus-record.ts';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { decompress } from '../../../services/shared/platform/compression.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { floorOf, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';
import { startKinesisProxy } from '../../harness/start-kinesis-proxy.ts';
import { startService } from '../../stack.ts';
import { metricOf, openRelayBench, troublesOf } from './open-relay-bench.ts';

/** Another sale of the same partition. */
function neighbourOf(partition: number, name: string): string {
  let n = 0;
  while (partitionOf(`${name}${n}`, 64) !== partition) n += 1;
  return `${name}${n}`;
}

t.test('an entry that cannot be read, and what waits behind it: others are sent and sold', async (t) => {
  const shop = await openShop(t, {
    startsPartitions: false, env: { CONFIRM_ACK: 'bus', CONFIRM_WAIT_MS: '20000', BUS_OUTAGE_MS: '500' },
  });
  const { redis, stack } = shop;
  const relay = await startService(t, 'relay', stack.env);
  const sale = saleOf([floorOf(50)], { buyerLimit: 50 });
  await shop.sell('good', sale);
  const partition = partitionOf('good', 64);
  const poisoned = neighbourOf(partition, 'bad');
  const { outbox, standing } = partitionKeys(partition);
  await awaitThat('all of it is in the log', async () => await redis.xlen(outbox) === 0);
  const nowMs = Date.now() - 60_000;
  // At once, as a script would: between them the relay may find that nothing waits for the bus.
  const written = await redis.multi()
    .xadd(outbox, '*', poisoned, 'what nobody of us writes')
    // One that follows what was not read.
    .xadd(outbox, '*', poisoned, `7\tbefore\t0\t${nowMs}\tw-\t1\nsale.paused\toperator:ann \t{}`)
    .hsetnx(standing, 'sinceMs', nowMs)
    .exec();
  const [entryId = '', waitingId = ''] = written?.map(([, answer]) => String(answer)) ?? [];
  await awaitThat('the relay names it', async () =>
    (await troublesOf(relay.url)).some((trouble) => trouble.includes(entryId)));
  await awaitThat('the partition does not count as cut off', async () =>
    (await shop.call('GET', '/admin/v1/policies')).body['partitionsOut']?.toString() === '');
  for (let i = 0; i < 3; i++) {
    const held = await shop.call('POST', '/v1/sales/good/holds',
      { body: { buyerId: 'ann', items: [{ areaId: 'floor', quantity: 1 }] } });
    t.match(await shop.call('POST', '/v1/sales/good/orders', {
      body: {
        buyerId: 'ann', holdId: held.body['holdId'], payment: { method: 'free' },
        contact: { name: 'Ann', email: 'ann@example.org' },
      },
    }), { status: 201, body: { status: 'confirmed' } });
  }
  await awaitThat('only what cannot be finished is left', async () => await redis.xlen(outbox) === 2);
  t.same((await redis.xrange(outbox, '-', '+')).map(([id]) => id), [entryId, waitingId]);
  t.equal(await redis.hget(standing, 'sinceMs'), null, 'nothing waits for the bus');
});

t.test('an event that the bus refuses for itself stops its sale, and no other', async (t) => {
  const { stack, redis, writer, logOf, stateOf, drained } = await openRelayBench(t, 1);
  const proxy = await startKinesisProxy(t, stack.kinesisEndpoint);
  const [good] = [writer('good')];
  const bad = writer(neighbourOf(good.partition, 'bad'));
  let poison = '';
  let isAway = true;
  proxy.decide((action, body) => {
    if (action !== 'PutRecord') return 'none';
    const { Data } = JSON.parse(body) as { Data: string };
    const text = decompress(Buffer.from(Data, 'base64'), RECORD_TEXT_BYTES_MAX);
    return isAway || text.includes(poison) ? 'invalid' : 'none';
  });
  await redis.hset(saleKeys(bad.partition, bad.saleId).sale, 'state', 'open');
  await good.add(20);
  const bads = await bad.add(3);
  poison = bads[1] ?? '';
  await good.add(20);
  const relay = await startService(t, 'relay', { ...stack.env, KINESIS_ENDPOINT: proxy.url },
    { untilReady: false });
  await awaitThat('it is tried', () => proxy.count('invalid', 'PutRecord') > 3);
  t.equal(await metricOf(relay.url, 'onsale_relay_contradictions_total'), 0,
    'a bus that refuses everything says nothing about one event');
  isAway = false;
  await drained(good);
  t.same(await logOf(good.saleId), good.ids);
  t.same(await logOf(bad.saleId), bads.slice(0, 1));
  t.equal(await stateOf(bad), 'recovering');
  const kept = await redis.hkeys(saleKeys(bad.partition, bad.saleId).contradicted);
  t.same(kept.toSorted(), bads.slice(1).toSorted());
});
