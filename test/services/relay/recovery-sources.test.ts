/** Where a sale is rebuilt from. */
import t from 'tap';
import { saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { startTcpProxy } from '../../harness/start-tcp-proxy.ts';
import { startService } from '../../stack.ts';
import { troublesOf } from './open-relay-bench.ts';
import { HALL, openRecoveryBench } from './open-recovery-bench.ts';

t.test('with the projector stopped: event store as far as it is, then the tail of the stream', async (t) => {
  const bench = await openRecoveryBench(t, { projects: false });
  const { shop, redis } = bench;
  const projector = await bench.startProjector();
  await shop.sell('hamlet', HALL);
  await bench.buy('hamlet', 'ann');
  await bench.check('hamlet');
  await projector.stop();
  for (const buyerId of ['bob', 'carol', 'dora']) await bench.buy('hamlet', buyerId);
  await shop.sell('young', HALL);
  await bench.buy('young', 'ann');
  await redis.flushdb();
  await bench.recovered('hamlet', 1);
  await bench.recovered('young', 1);
  await bench.buy('hamlet', 'eve');
  await bench.startProjector();
  t.equal((await bench.check('hamlet')).fold.orders.size, 5);
  t.equal((await bench.check('young')).fold.orders.size, 1);
});

t.test('the event store away and back: what the stream has forgotten waits for it', async (t) => {
  const bench = await openRecoveryBench(t);
  const { shop, redis, relay, services } = bench;
  await shop.sell('lear', HALL);
  await bench.buy('lear', 'ann');
  await bench.check('lear');
  await relay.stop();
  // A stream that begins behind the sale: only the event store has its first events.
  const streamName = `${shop.stack.streamName}-later`;
  const proxy = await startTcpProxy(t, shop.stack.databaseUrl);
  const later = await startService(t, 'relay',
    { ...services, KINESIS_STREAM: streamName, DATABASE_URL: proxy.url, EVENT_STORE_URL: proxy.url });
  proxy.cut();
  await redis.flushdb();
  await awaitThat('it says what is missing', async () =>
    (await troublesOf(later.url)).some((trouble) =>
      /^lear is recovering: its log was read up to seq 0 of \d+; the event store does not/.test(trouble)));
  t.match(await bench.hold('lear', 'bob'), { status: 503, body: { code: 'recovering' } });
  proxy.open();
  await bench.recovered('lear', 1);
  t.equal((await bench.hold('lear', 'bob')).status, 201);
  await awaitThat('it is ready', async () => (await troublesOf(later.url)).length === 0);
});

t.test('without an event store the stream alone will do, if it has the whole sale', async (t) => {
  const nowhere = 'postgres://nobody@127.0.0.1:1/nothing';
  const bench = await openRecoveryBench(t);
  const { shop, redis, services } = bench;
  await shop.sell('timon', HALL);
  await bench.buy('timon', 'ann');
  await bench.check('timon');
  await bench.relay.stop();
  await startService(t, 'relay', { ...services, DATABASE_URL: nowhere, EVENT_STORE_URL: nowhere });
  const sale = saleKeys(partitionOf('timon', 64), 'timon');
  await redis.del(sale.definition, sale.seats, sale.runs);
  await shop.call('POST', '/admin/v1/sales/timon/recover');
  await bench.recovered('timon', 1);
  await bench.buy('timon', 'bob');
  await bench.check('timon');
});
