/** A Redis that has become another one behind the same connection is not believed. */
import { Redis } from 'ioredis';
import t from 'tap';
import { saleKeys } from '../../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../../services/shared/contracts/partition-of.ts';
import { awaitThat } from '../../../harness/await-that.ts';
import { startPrivateRedis } from '../../../stack.ts';
import { HALL, openRecoveryBench } from '../open-recovery-bench.ts';

const CHANGED = 'the replication id of Redis has changed';

t.setTimeout(120_000);

t.test('its replication id changes: all sales are compared, what is not the log is rebuilt', async (t) => {
  const { url } = await startPrivateRedis(t, { durable: false });
  const bench = await openRecoveryBench(t, { redisUrl: url });
  const { shop, relay } = bench;
  const admin = new Redis(url);
  t.teardown(() => admin.disconnect());
  await shop.sell('antonio', HALL);
  await bench.buy('antonio', 'ann');
  await bench.check('antonio');
  const idOf = async () => /^master_replid:(\w+)/m.exec(await admin.info('replication'))?.[1];
  const before = await idOf();
  await awaitThat('the relay knows it', () =>
    relay.logLines.some((line) => line.includes(`"id":"${before}"`)));
  const said = () => relay.logLines.filter((line) => line.includes(CHANGED)).length;
  t.equal(said(), 0);
  // The sale forgets its last event, and the server was the replica of one that is not there.
  const { sale } = saleKeys(partitionOf('antonio', 64), 'antonio');
  await admin.hset(sale, 'seq', 1, 'head', 'of-another-life');
  await admin.call('REPLICAOF', '127.0.0.1', '1');
  await admin.call('REPLICAOF', 'NO', 'ONE');
  t.not(await idOf(), before);
  await awaitThat('the relay says so', () => said() === 1);
  await bench.recovered('antonio', 1);
  await bench.buy('antonio', 'bob');
  const { fold } = await bench.check('antonio');
  t.equal(fold.orders.size, 2);
  t.equal(said(), 1, 'once');
});
