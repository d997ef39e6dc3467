/**
 * Two primaries at once: a copy of Redis from the middle of a sale, with an outbox that was not sent yet, is
 * sold from beside the real one, each with a relay of its own.
 */
import { Redis } from 'ioredis';
import t from 'tap';
import { partitionKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { startPrivateRedis, startService } from '../../stack.ts';
import { HALL, openRecoveryBench } from './open-recovery-bench.ts';

t.setTimeout(240_000);

const BUYERS_EACH = 12;
const { outbox } = partitionKeys(partitionOf('hamlet', 64));

t.test('no order is acknowledged that the log does not have, and none of them twice', async (t) => {
  const [real, copy] = [await startPrivateRedis(t), await startPrivateRedis(t)];
  const bench = await openRecoveryBench(t, { redisUrl: real.url, env: { CONFIRM_WAIT_MS: '3000' } });
  const { shop, relay, services } = bench;
  const stale = new Redis(copy.url);
  t.teardown(() => stale.disconnect());
  await shop.sell('hamlet', HALL);
  const acknowledged = new Set([await bench.buy('hamlet', 'ann')]);

  // The copy has an event that the log does not have yet, and never learns what comes after it.
  relay.kill('SIGSTOP');
  const { body: { holdId } } = await bench.hold('hamlet', 'bob');
  await stale.call('REPLICAOF', '127.0.0.1', String(real.port));
  await awaitThat('it is a copy', async () => await stale.xlen(outbox) > 0
    && /master_link_status:up/.test(await stale.info('replication')));
  await stale.call('REPLICAOF', 'NO', 'ONE');
  relay.kill('SIGCONT');
  const ofBob = await awaitThat('Bob is told that it is his', async () => {
    const told = await bench.order('hamlet', 'bob', holdId, 'order-of-bob');
    return told.status === 201 && String(told.body['orderId']);
  });
  acknowledged.add(ofBob);

  const staleServices = { ...services, REDIS_URL: copy.url };
  const [staleRelay, staleSelling] = await Promise.all(['relay', 'selling'].map((name) =>
    startService(t, name, staleServices, { untilReady: false })));
  const buy = async (buyerId: string, url: string | undefined): Promise<void> => {
    const options = { ...url !== undefined && { url } };
    const items = [{ areaId: 'hall', bestAvailable: 1 }];
    const held = await shop.call('POST', '/v1/sales/hamlet/holds', { ...options, body: { buyerId, items } });
    const { status, body } = await shop.call('POST', '/v1/sales/hamlet/orders', { ...options, body: {
      buyerId, holdId: held.body['holdId'] ?? 'none', payment: { method: 'free' },
      contact: { name: 'Ann', email: 'ann@example.org' },
    } });
    if (status === 201) acknowledged.add(String(body['orderId']));
  };
  await Promise.all([undefined, staleSelling?.url].map(async (url) => {
    for (let i = 0; i < BUYERS_EACH; i++) await buy(`${url === undefined ? 'real' : 'stale'}-${i}`, url);
  }));

  // Somebody has noticed: the copy goes, and what it had said is in the log or was never promised.
  await Promise.all([staleSelling?.stop(), staleRelay?.stop()]);
  const meanwhile = acknowledged.size - 2;
  const last = await awaitThat('the real one sells', async () => {
    const held = await bench.hold('hamlet', 'last');
    const told = await bench.order('hamlet', 'last', held.body['holdId'] ?? 'none');
    return told.status === 201 && String(told.body['orderId']);
  }, 60_000);
  acknowledged.add(last);
  const { fold } = await bench.check('hamlet');
  t.same([...acknowledged].filter((id) => !fold.orders.has(id)), [], 'each is in the log');
  t.comment(`${meanwhile} orders were acknowledged meanwhile, the log has ${fold.orders.size}`);
});
