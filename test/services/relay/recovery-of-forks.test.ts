/** What a Redis has made up while another primary, or its relay, was first in the stream. */
import t from 'tap';
import { attributesOf } from '../../../services/shared/contracts/event-attributes.ts';
import { saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { connectTestKinesis } from '../../harness/connect-test-kinesis.ts';
import { putEvents } from '../../harness/event-chain.ts';
import { HALL, openRecoveryBench } from './open-recovery-bench.ts';
import type { RecoveryBench } from './open-recovery-bench.ts';

/** Puts an event on the bus that follows the head of a sale, as the relay of another primary would. */
async function putRival({ shop, redis }: RecoveryBench, saleId: string): Promise<string> {
  const partition = partitionOf(saleId, 64);
  const [seq, prev = '', epoch] = await redis.hmget(saleKeys(partition, saleId).sale, 'seq', 'head', 'epoch');
  const client = connectTestKinesis(shop.stack.kinesisEndpoint);
  const id = `rival-${Number(seq) + 1}`;
  const rival = attributesOf({
    id, partition, type: 'codes.added', saleId, seq: Number(seq) + 1, prev: prev ?? '',
    time: new Date().toISOString(), epoch: Number(epoch), data: { codes: [] },
  });
  await putEvents(client, shop.stack.streamName, [rival]);
  client.destroy();
  return id;
}

t.test('another primary was first: what this Redis made up is dropped and kept, its waiters are told',
  async (t) => {
    const bench = await openRecoveryBench(t);
    const { shop, redis, pool } = bench;
    await shop.sell('hamlet', HALL);
    await bench.buy('hamlet', 'ann');
    const held = await bench.hold('hamlet', 'bob', 'bobs');
    await bench.check('hamlet');
    const rival = await putRival(bench, 'hamlet');
    const refused = await bench.order('hamlet', 'bob', held.body['holdId'], 'buy');
    t.match(refused, { status: 503, body: { code: 'recovering' } }, 'nothing was acknowledged');
    await bench.recovered('hamlet', 1);
    const again = await bench.order('hamlet', 'bob', held.body['holdId'], 'buy');
    t.equal(again.status, 201, 'the same request later');
    const { events, fold } = await bench.check('hamlet');
    t.ok(events.some(({ id }) => id === rival), 'the first one counts');
    t.equal(fold.orders.size, 2);
    const { rows } = await pool.query(
      "SELECT type FROM event_store.discarded_events WHERE sale_id = 'hamlet'");
    t.same(rows, [{ type: 'order.confirmed' }]);
    t.equal(await redis.exists(saleKeys(partitionOf('hamlet', 64), 'hamlet').contradicted), 0);
  });

t.test('a rival at the very place of the recovery: it happens again, and converges', async (t) => {
  const bench = await openRecoveryBench(t);
  const { shop } = bench;
  await shop.sell('macbeth', HALL);
  await bench.buy('macbeth', 'ann');
  await bench.check('macbeth');
  const path = '/admin/v1/sales/macbeth/recover';
  for (let round = 0; round < 4; round++) {
    // Both are after the same event; which one is first the stream decides.
    const [, { status }] = await Promise.all([putRival(bench, 'macbeth'), shop.call('POST', path)]);
    t.ok(status === 202 || status === 503);
    await awaitThat('somebody can buy', async () => {
      const held = await bench.hold('macbeth', `buyer-${round}`, 'h');
      return held.status === 201
        && (await bench.order('macbeth', `buyer-${round}`, held.body['holdId'], 'o')).status === 201;
    }, 60_000);
  }
  const { fold } = await bench.check('macbeth');
  t.equal(fold.orders.size, 5);
});
