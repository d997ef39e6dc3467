/** A sale whose state in Redis is not what the log says is rebuilt from the log, and sells on. */
import t from 'tap';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { metricOf, troublesOf } from './open-relay-bench.ts';
import { HALL, openRecoveryBench } from './open-recovery-bench.ts';

t.test('Redis is emptied in mid-sale: what was acknowledged is there, it sells on by itself', async (t) => {
  const bench = await openRecoveryBench(t);
  const { shop, redis, relay } = bench;
  await shop.sell('hamlet', HALL);
  const bought = await bench.buy('hamlet', 'ann');
  const held = await bench.hold('hamlet', 'bob', 'bobs');
  await awaitThat('the hold is in the log', async () =>
    await redis.xlen(partitionKeys(partitionOf('hamlet', 64)).outbox) === 0);
  await redis.flushdb();
  const meanwhile = await shop.call('GET', `/v1/sales/hamlet/orders/${bought}`);
  t.match(meanwhile, { status: 503, body: { code: 'recovering' } });
  t.ok(Number(meanwhile.headers.get('retry-after')) >= 1);
  t.match(await bench.hold('hamlet', 'carol'), { status: 503, body: { code: 'recovering' } });
  await bench.recovered('hamlet', 1);
  t.match(await shop.call('GET', `/v1/sales/hamlet/orders/${bought}`), { status: 200 });
  const again = await bench.hold('hamlet', 'bob', 'bobs');
  t.equal(again.status, 201, 'a hold is found again by its key');
  t.equal(again.body['holdId'], held.body['holdId']);
  await bench.buy('hamlet', 'carol');
  const { events, fold } = await bench.check('hamlet');
  const lost = events.find(({ type }) => type === 'sale.recovered')?.data as { lostMs: number };
  const later = Date.parse(String(again.body['expiresAt'])) - Date.parse(String(held.body['expiresAt']));
  t.equal(later, lost.lostMs, 'it has got the lost time back');
  t.equal(fold.epoch, 1);
  t.equal(await metricOf(relay.url, 'onsale_relay_recoveries_total'), 1);
  t.equal(await metricOf(relay.url, 'onsale_relay_recovering_sales'), 0);
  t.same(await troublesOf(relay.url), []);
});

t.test('an operator has a sale rebuilt; nothing of it is lost', async (t) => {
  const bench = await openRecoveryBench(t);
  const { shop } = bench;
  await shop.sell('lear', HALL);
  await bench.buy('lear', 'ann');
  await bench.hold('lear', 'bob');
  const path = '/admin/v1/sales/lear/recover';
  t.match(await shop.call('POST', path, { token: shop.stack.viewerToken }), { status: 403 });
  t.match(await shop.call('POST', path, { token: shop.stack.operatorToken }),
    { status: 202, body: { saleId: 'lear', state: 'recovering' } });
  t.match(await shop.call('POST', '/admin/v1/sales/nothing/recover'), { status: 404 });
  await bench.recovered('lear', 1);
  await bench.buy('lear', 'carol');
  const { fold } = await bench.check('lear');
  t.equal(fold.orders.size, 2);
  t.equal(fold.holds.size, 3);
});

t.test('a script that fails in the middle suspends its sale, and the log mends it', async (t) => {
  const bench = await openRecoveryBench(t);
  const { shop, redis } = bench;
  await shop.sell('othello', HALL);
  await bench.buy('othello', 'ann');
  const keys = saleKeys(partitionOf('othello', 64), 'othello');
  await redis.del(keys.expiry);
  await redis.set(keys.expiry, 'damaged');
  const refused = await bench.hold('othello', 'bob');
  t.match(refused, { status: 503, body: { code: 'recovering' } });
  t.equal(await metricOf(shop.selling.url, 'onsale_selling_script_faults_total'), 1);
  await bench.recovered('othello', 1);
  await bench.buy('othello', 'bob');
  await bench.check('othello');
});
