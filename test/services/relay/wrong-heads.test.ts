/** Heads that are old, gone, or not so lead no relay astray. */
import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import t from 'tap';
import type { SaleEvent } from '../../../services/shared/contracts/events.ts';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionName } from '../../../services/shared/contracts/partition-of.ts';
import { compress } from '../../../services/shared/platform/compression.ts';
import { putRecord } from '../../../services/shared/platform/kinesis.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { EventChain, putEvents } from '../../harness/event-chain.ts';
import { readStream } from '../../harness/read-stream.ts';
import { openHeadsBench } from './open-heads-bench.ts';
import { metricOf } from './open-relay-bench.ts';

t.test('a place that the stream does not have is no beginning', async (t) => {
  const { redis, writer, logOf, drained, start, statementOf } = await openHeadsBench(t);
  const sale = writer('dogberry');
  const { heads } = partitionKeys(sale.partition);
  await sale.add(4);
  const first = await start();
  await drained(sale);
  await first.stop();
  const [streamKey = '', shardId = '', place = '', ...records] = await statementOf(sale);
  t.equal(records.length, 1);
  // A shard gives whatever comes next for a place it has forgotten.
  const gone = String(BigInt(place) - 1n);
  const wrong = [
    [streamKey, shardId, gone, ...records], [streamKey, shardId, place, `${shardId}/${gone}`],
    ['other@1', shardId, place, ...records],
  ];
  let accepted = 4;
  for (const words of wrong) {
    await redis.set(heads, words.join(' '));
    const relay = await start();
    t.equal(await metricOf(relay.url, 'onsale_relay_accepted_total'), accepted, 'all is read');
    await sale.add(1);
    accepted += 1;
    await drained(sale);
    await relay.stop();
  }
  t.same(await logOf(sale.saleId), sale.ids);
});

t.test('a relay that slept says late what was so long ago: it harms nobody', async (t) => {
  const { stack, redis, writer, logOf, drained, start, statementOf, putHeads } = await openHeadsBench(t);
  const sale = writer('verges');
  await redis.hset(saleKeys(sale.partition, sale.saleId).sale, 'state', 'open');
  const first = await start();
  await sale.add(3);
  await drained(sale);
  const then = await awaitThat('it has said so', async () => {
    const words = await statementOf(sale);
    return words.length === 4 && words;
  });
  const head = { ...sale.head };
  for (let i = 0; i < 5; i++) await sale.add(2);
  await drained(sale);
  await first.stop();
  const [streamKey, shardId = '', sequenceNumber = ''] = then;
  const late = await putHeads(sale.partition, {
    readTo: { shardId, sequenceNumber }, full: true, heads: [[sale.saleId, head]],
  });
  await redis.set(partitionKeys(sale.partition).heads,
    [streamKey, shardId, sequenceNumber, `${late.shardId}/${late.sequenceNumber}`].join(' '));
  await sale.add(2);
  const second = await start();
  await drained(sale);
  t.equal(await metricOf(second.url, 'onsale_relay_accepted_total'), sale.ids.length - 3);
  t.equal(await metricOf(second.url, 'onsale_relay_rejected_total'), 0);
  t.equal(await metricOf(second.url, 'onsale_relay_heads_contradicted_total'), 0);
  t.same(await logOf(sale.saleId), sale.ids);
  t.equal((await readStream(stack)).rejected, 0);
});

t.test('heads that are not so change nothing, and raise an alarm', async (t) => {
  const { writer, logOf, drained, start, statementOf, putHeads } = await openHeadsBench(t);
  const sale = writer('conrade');
  await sale.add(3);
  const relay = await start();
  await drained(sale);
  const [, shardId = '', sequenceNumber = ''] = await awaitThat('it has said so', async () => {
    const words = await statementOf(sale);
    return words.length === 4 && words;
  });
  const readTo = { shardId, sequenceNumber };
  const contradicted = () => metricOf(relay.url, 'onsale_relay_heads_contradicted_total');
  await putHeads(sale.partition, { readTo, full: true, heads: [[sale.saleId, { seq: 3, id: 'another' }]] });
  await awaitThat('another id is noticed', async () => await contradicted() === 1);
  await putHeads(sale.partition, { readTo, full: true, heads: [[sale.saleId, { seq: 9, id: 'ahead' }]] });
  await awaitThat('a head ahead of the log is noticed', async () => await contradicted() === 2);
  t.ok(relay.logLines.some((line) => line.includes('a relay has another log')));
  await sale.add(2);
  await drained(sale);
  t.same(await logOf(sale.saleId), sale.ids);
});

t.test('what lies before the place was judged there, and is not judged again', async (t) => {
  const { stack, client, redis, start, putHeads, statementOf, writer } = await openHeadsBench(t);
  const relay = await start();
  const other = writer('elbow');
  await other.add(1);
  const [streamKey] = await awaitThat('the stream has its name', async () => {
    const words = await statementOf(other);
    return words.length === 4 && words;
  });
  await relay.stop();
  // Of the other partitions nothing is known, so the shard is read from its horizon.
  await redis.del(partitionKeys(other.partition).heads);
  const chain = new EventChain('froth', stack.env['CONTACT_KEY'] ?? '');
  const [one, two, early] = [chain.next('sale.paused', {}), chain.next('sale.paused', {}),
    chain.next('sale.paused', {})];
  const put = (event: SaleEvent) => putRecord(client, {
    streamName: stack.streamName, partitionKey: partitionName(chain.partition),
    data: compress(JSON.stringify([event])),
  });
  await put(one);
  // Came before its predecessor and was rejected; then somebody else's was accepted in its place.
  await put(early);
  const readTo = await put(two);
  const at = await putHeads(chain.partition, {
    readTo, full: true, heads: [[chain.saleId, { seq: 2, id: two.id }]],
  });
  const rival = { ...early, id: 'the-one-that-won' };
  await put(rival);
  await redis.set(partitionKeys(chain.partition).heads,
    [streamKey, readTo.shardId, readTo.sequenceNumber, `${at.shardId}/${at.sequenceNumber}`].join(' '));
  const second = await start();
  t.equal(await metricOf(second.url, 'onsale_relay_rejected_total'), 0);
  const { sales } = await readStream(stack);
  t.same(sales.get(chain.saleId)?.map(({ id }) => id), [one.id, two.id, rival.id], 'as any reader has it');
  t.equal(await metricOf(second.url, 'onsale_relay_accepted_total'), 2, 'the rival, and the other sale');
});

t.test('of a sale that the stream has forgotten the heads still know where it stands', async (t) => {
  const { stack, client, redis, writer, drained, start, putHeads, stateOf } = await openHeadsBench(t);
  const old = writer('hymen');
  old.head = { seq: 499, id: 'last-weeks-event' };
  await redis.hset(saleKeys(old.partition, old.saleId).sale, 'state', 'open');
  // The oldest record that is left, and behind it what a relay said of all before it.
  await putEvents(client, stack.streamName, [
    new EventChain('friar', stack.env['CONTACT_KEY'] ?? '').next('sale.paused', {}),
  ]);
  const { records } = await readStream(stack);
  t.equal(records, 1);
  const { Shards: [shard] = [] } = await client.send(new ListShardsCommand({ StreamName: stack.streamName }));
  const readTo = {
    shardId: shard?.ShardId ?? '', sequenceNumber: await firstPlace(client, stack.streamName, shard?.ShardId),
  };
  await putHeads(old.partition, { readTo, full: true, heads: [[old.saleId, old.head]] });
  await old.add(3);
  const relay = await start();
  await drained(old);
  t.equal(await stateOf(old), 'open');
  t.equal(await metricOf(relay.url, 'onsale_relay_rejected_total'), 0);
});

async function firstPlace(
  client: KinesisClient, streamName: string, shardId: string | undefined,
): Promise<string> {
  const { ShardIterator } = await client.send(new GetShardIteratorCommand({
    StreamName: streamName, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON',
  }));
  const { Records: [record] = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
  return record?.SequenceNumber ?? '';
}
