/** A relay without an event store begins where others have said the log was. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ListShardsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import t from 'tap';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { readStream } from '../../harness/read-stream.ts';
import { openHeadsBench } from './open-heads-bench.ts';
import { metricOf } from './open-relay-bench.ts';
import type { OutboxWriter } from './open-relay-bench.ts';

t.test('it begins behind what was read, and knows what was accepted and not announced', async (t) => {
  const { stack, redis, writer, logOf, drained, announced, stateOf, start } = await openHeadsBench(t, 2);
  const sales = ['hero', 'claudio', 'beatrice'].map(writer);
  const [hero] = sales as [OutboxWriter];
  await redis.hset(saleKeys(hero.partition, hero.saleId).sale, 'state', 'open');
  for (let i = 0; i < 4; i++) for (const sale of sales) await sale.add(2);
  const entries = await redis.xrange(hero.outbox, '-', '+');
  const first = await start();
  await drained(...sales);
  await first.stop();
  // As if it had been killed after the log took the events and before it announced them.
  await redis.del(partitionKeys(hero.partition).accepted);
  for (const [, fields] of entries) await redis.xadd(hero.outbox, '*', ...fields);
  await hero.add(3);

  const second = await start();
  await drained(...sales);
  t.equal(await metricOf(second.url, 'onsale_relay_sent_total'), 3, 'what the log has is not sent');
  t.equal(await metricOf(second.url, 'onsale_relay_accepted_total'), 3, 'nor read again');
  t.same((await announced(hero.partition)).toSorted(), hero.ids.toSorted(), 'but announced');
  for (const sale of sales) await sale.add(2);
  await drained(...sales);
  for (const sale of sales) t.same(await logOf(sale.saleId), sale.ids);
  t.equal(await stateOf(hero), 'open');
  t.equal((await readStream(stack)).rejected, 0);
});

t.test('killed in mid-stream again and again, it begins at the heads of the one before', async (t) => {
  const { stack, writer, logOf, drained, start } = await openHeadsBench(t, 2);
  const sales = ['leonato', 'margaret', 'ursula', 'borachio'].map(writer);
  let isWriting = true;
  const written = (async () => {
    while (isWriting) {
      for (const sale of sales) await sale.add(2);
      await sleep(5);
    }
  })();
  for (let kills = 0; kills < 4; kills++) {
    const relay = await start();
    await awaitThat('it has said something', async () =>
      await metricOf(relay.url, 'onsale_relay_heads_written_total') > 1);
    relay.kill('SIGKILL');
    await relay.exited;
  }
  isWriting = false;
  await written;
  const last = await start();
  await drained(...sales);
  for (const sale of sales) t.same(await logOf(sale.saleId), sale.ids, `${sale.ids.length} events`);
  t.equal((await readStream(stack)).rejected, 0);
  t.equal(await metricOf(last.url, 'onsale_relay_heads_contradicted_total'), 0);
  t.ok(await metricOf(last.url, 'onsale_relay_accepted_total') < sales.flatMap(({ ids }) => ids).length,
    'the last one did not read all of it');
});

t.test('heads in a shard that was split since: its rest, then its children', async (t) => {
  const { stack, client, writer, logOf, drained, start, statementOf } = await openHeadsBench(t);
  const sales = ['duncan', 'banquo', 'macduff', 'lennox', 'ross'].map(writer);
  for (const sale of sales) await sale.add(2);
  const first = await start();
  await drained(...sales);
  await first.stop();
  const [, parent] = await statementOf(sales[0] as OutboxWriter);
  await client.send(new SplitShardCommand({
    StreamName: stack.streamName, ShardToSplit: parent, NewStartingHashKey: String(2n ** 127n),
  }));
  await awaitThat('the shard is split', async () => {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stack.streamName }));
    return Shards.filter(({ ParentShardId }) => ParentShardId === parent).length === 2;
  });
  for (const sale of sales) await sale.add(3);
  const second = await start();
  await drained(...sales);
  t.equal(await metricOf(second.url, 'onsale_relay_accepted_total'), 15, 'what came after the split');
  await awaitThat('the heads are said of the children', async () => {
    const shards = await Promise.all(sales.map(async (sale) => (await statementOf(sale))[1]));
    return !shards.includes(parent);
  });
  second.kill('SIGKILL');
  await second.exited;
  for (const sale of sales) await sale.add(1);
  const third = await start();
  await drained(...sales);
  t.ok(await metricOf(third.url, 'onsale_relay_accepted_total') <= 20, 'nothing of the parent is read again');
  for (const sale of sales) t.same(await logOf(sale.saleId), sale.ids);
  t.equal((await readStream(stack)).rejected, 0);
});
