/**
 * The bus is cut, or nobody relays, while buyers order: with either policy, over two processes. What was
 * answered stays true, whoever repeats gets the present truth, and in the end the log has every order that
 * was taken, once, and no other.
 */
import tap from 'tap';
import type { Test } from 'tap';
import { partitionKeys, POLICIES_KEY, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionName, partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { floorOf, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';
import type { ShopAnswer } from '../../harness/open-shop.ts';
import { readStream } from '../../harness/read-stream.ts';
import { startKinesisProxy } from '../../harness/start-kinesis-proxy.ts';
import { startService } from '../../stack.ts';

const PARTITION = partitionOf('s', 64);
const NAME = partitionName(PARTITION);
const OUT = { partitionsOut: [NAME] };
const pending = { status: 202, body: { status: 'pending', waitingFor: 'log', tickets: [] } };
const confirmed = { status: 201, body: { status: 'confirmed', tickets: [{}] } };
const refused = { status: 503, body: { code: 'bus_unavailable' } };

/** Two selling processes, and a relay whose way to the bus can be cut. */
async function openCut(t: Test, env: Record<string, string>) {
  const shop = await openShop(t, {
    startsPartitions: false, env: { CONFIRM_ACK: 'bus', BUS_OUTAGE_MS: '1000', ...env },
  });
  const proxy = await startKinesisProxy(t, shop.stack.kinesisEndpoint);
  const relayEnv = { ...shop.stack.env, KINESIS_ENDPOINT: proxy.url };
  const relay = await startService(t, 'relay', relayEnv);
  await shop.sell('s', saleOf([floorOf(500)], { buyerLimit: 1_000 }));
  const other = await shop.startAnother();
  const urls = [shop.selling.url, other.url] as const;
  const contact = { name: 'Ann', email: 'ann@example.org' };
  // A machine that is busy with other things has a process refuse for a moment: that says nothing of the bus.
  const call: typeof shop.call = (method, path, options = {}) =>
    awaitThat(`${method} ${path} is answered`, async () => {
      const answer = await shop.call(method, path, options);
      return !['overloaded', 'unavailable'].includes(answer.body.code ?? '') && answer;
    });
  const policies = (url: string) => call('GET', '/admin/v1/policies', { url });
  return {
    shop, relay, relayEnv, other, urls, call, policies,
    cut: () => proxy.decide((action) => (action.startsWith('PutRecord') ? 'fail' : 'none')),
    mend: () => proxy.decide(() => 'none'),
    async hold(): Promise<string> {
      const items = [{ areaId: 'floor', quantity: 1 }];
      const { status, body } = await call('POST', '/v1/sales/s/holds', { body: { buyerId: 'b', items } });
      if (status !== 201) throw new Error(JSON.stringify(body));
      return String(body['holdId']);
    },
    order(holdId: string, url: string = urls[0], name = 'Ann'): Promise<ShopAnswer> {
      const body = { buyerId: 'b', holdId, contact: { ...contact, name }, payment: { method: 'free' } };
      return call('POST', '/v1/sales/s/orders', { url, key: `key-${holdId}`, body });
    },
    isOut: (isOut: boolean) => awaitThat(`both processes know that the bus is ${isOut ? 'out' : 'back'}`,
      async () => (await Promise.all(urls.map(policies)))
        .every(({ body }) => (body['partitionsOut'] as string[]).includes(NAME) === isOut)),
    switchTo: (busOutage: string, url: string = urls[0]) =>
      call('PUT', '/admin/v1/policies', { url, body: { busOutage } }),
    /** Ids of the orders in the log; each is there once, and Redis has the same. */
    async orders(): Promise<string[]> {
      await awaitThat('the log has it all', async () =>
        await shop.redis.xlen(partitionKeys(PARTITION).outbox) === 0);
      const log = await readStream(shop.stack);
      const ids = (log.sales.get('s') ?? []).flatMap(({ type, data }) =>
        (type === 'order.confirmed' ? [(data as { orderId: string }).orderId] : []));
      t.equal(log.rejected, 0);
      t.equal(new Set(ids).size, ids.length, 'no order is there twice');
      t.same(ids.toSorted(), (await shop.redis.hkeys(saleKeys(PARTITION, 's').orders)).toSorted());
      t.equal(await shop.redis.hlen(partitionKeys(PARTITION).unconfirmed), 0, 'none waits any more');
      return ids.toSorted();
    },
    /** All that an order could change. */
    async state(): Promise<string[]> {
      const all = await shop.dump();
      const { outbox, standing, unconfirmed } = partitionKeys(PARTITION);
      const isOrders = (key: string) => key.startsWith(`{${NAME}}:s:`)
        || [outbox, standing, unconfirmed].includes(key);
      return Object.entries(all).filter(([key]) => isOrders(key)).map((pair) => pair.join(' '));
    },
  };
}

tap.test('refuse: 503 before the script, the truth for older orders, and back by itself', async (t) => {
  const { shop, urls, ...bus } = await openCut(t, { CONFIRM_WAIT_MS: '300' });
  const [early, waiting, late] = [await bus.hold(), await bus.hold(), await bus.hold()];
  // The first one may take longer than it waits; its repeat tells.
  await awaitThat('an order is confirmed', async () => (await bus.order(early)).status === 201);
  // A slow start looks like an outage, and a process may have looked before it was over.
  await bus.isOut(false);
  bus.cut();
  t.match(await bus.order(waiting), pending);
  await bus.isOut(true);
  t.match((await bus.policies(urls[1])).body,
    { busOutage: 'refuse', since: null, by: null, confirmAck: 'bus', ...OUT });
  const before = await bus.state();
  for (const url of urls) {
    const answer = await bus.order(late, url);
    t.match(answer, refused);
    t.match(answer.headers.get('retry-after'), /^\d+$/);
    t.match(await bus.order(waiting, url), pending);
    t.match(await bus.order(waiting, url, 'Eve'), { status: 422, body: { code: 'idempotency_key_reused' } });
    t.match(await bus.order(early, url), confirmed);
    t.match(await bus.order('h_unknown', url), refused, 'no look at the hold is needed for that');
  }
  t.same(await bus.state(), before, 'nothing has changed');
  t.ok(await bus.hold(), 'holds go on');
  const metrics = await (await fetch(`${urls[0]}/metrics`)).text();
  t.match(metrics, /^onsale_selling_bus_out 1$/m);
  t.match(metrics, /^onsale_selling_bus_refusals_total 2$/m);
  bus.mend();
  const [orderId = ''] = (await bus.order(waiting)).headers.get('location')?.split('/').slice(-1) ?? [];
  await awaitThat('the order is confirmed', async () =>
    (await bus.call('GET', `/v1/sales/s/orders/${orderId}`)).body['status'] === 'confirmed');
  await bus.isOut(false);
  for (const url of urls) t.match(await bus.order(waiting, url), confirmed);
  await awaitThat('orders are taken again', async () => (await bus.order(late)).status === 201);
  t.equal((await bus.orders()).length, 3);
});

tap.test('accept: 202 at once, switched live, and all of it confirmed later', async (t) => {
  // So long that who waited for it would be noticed.
  const { shop, urls, ...bus } = await openCut(t, { CONFIRM_WAIT_MS: '30000' });
  const holds = [await bus.hold(), await bus.hold(), await bus.hold(), await bus.hold()];
  const [first = '', second = '', third = '', fourth = ''] = holds;
  bus.cut();
  await bus.hold();
  await bus.isOut(true);
  t.match(await bus.order(first), refused);
  const switched = await bus.switchTo('accept');
  t.match(switched, { status: 200, body: { busOutage: 'accept', by: 'ann', since: /Z$/, ...OUT } });
  const startedAtMs = performance.now();
  t.match(await bus.order(first), pending, 'this process knows at once');
  await awaitThat('the other process knows', async () => (await bus.order(second, urls[1])).status === 202);
  for (const url of urls) t.match(await bus.order(first, url), pending, 'a repeat waits no longer');
  t.ok(performance.now() - startedAtMs < 30_000, 'nobody waited');
  t.match((await bus.policies(urls[1])).body,
    { busOutage: 'accept', by: 'ann', since: switched.body['since'] });
  t.match(await bus.switchTo('refuse', urls[1]), { status: 200, body: { busOutage: 'refuse' } });
  await awaitThat('both refuse again', async () =>
    (await Promise.all(urls.map((url) => bus.order('h_unknown', url))))
      .every(({ status }) => status === 503));
  for (const url of urls) t.match(await bus.order(third, url), refused);
  t.match(await bus.order(first), pending);
  bus.mend();
  await bus.isOut(false);
  for (const holdId of holds) {
    t.match(await awaitThat('the order is confirmed', async () => {
      const answer = await bus.order(holdId);
      return answer.status === 201 && answer;
    }), confirmed);
  }
  t.match(await bus.order(fourth, urls[1]), confirmed);
  t.equal((await bus.orders()).length, 4);

  for (const token of [shop.stack.viewerToken, shop.stack.operatorToken]) {
    t.equal((await bus.call('GET', '/admin/v1/policies', { token })).status, 200);
    t.match(await bus.call('PUT', '/admin/v1/policies', { token, body: { busOutage: 'accept' } }),
      { status: 403, body: { code: 'forbidden' } });
  }
  t.equal((await bus.switchTo('perhaps')).status, 400);
  t.match((await bus.policies(urls[0])).body, { busOutage: 'refuse' });
  // By hand, where nobody can reach the route: what was not written down is not known.
  await shop.redis.del(POLICIES_KEY);
  t.match((await bus.policies(urls[1])).body, { busOutage: 'refuse', since: null, by: null });
  for (const byHand of [['busOutage', 'accept'], ['busOutage', 'accept', 'sinceMs', 'today']]) {
    await shop.redis.hset(POLICIES_KEY, ...byHand);
    t.match(await bus.policies(urls[1]), { status: 200, body: { busOutage: 'accept', since: null } });
  }
  // Rubbish: the configured policy holds, the watch goes on, and it is said once.
  await shop.redis.hset(POLICIES_KEY, 'busOutage', 'perhaps');
  t.match((await bus.policies(urls[1])).body, { busOutage: 'refuse', since: null, by: null });
  await shop.redis.del(POLICIES_KEY);
  await shop.redis.set(POLICIES_KEY, 'no hash');
  for (let i = 0; i < 3; i++) {
    t.match((await bus.policies(urls[0])).body, { busOutage: 'refuse', since: null, by: null });
  }
  bus.cut();
  const stranded = await bus.hold();
  await bus.isOut(true);
  t.match(await bus.order(stranded), refused, 'which partitions are out is seen as ever');
  bus.mend();
  await bus.isOut(false);
  t.match(await bus.switchTo('accept'), { status: 200, body: { busOutage: 'accept', by: 'ann' } });
  await awaitThat('the other process follows again', async () =>
    (await bus.policies(urls[1])).body['busOutage'] === 'accept');
  const complaints = shop.selling.logLines.filter((line) =>
    line.includes('the bus outage policy in Redis is none') && line.includes('WRONGTYPE'));
  t.equal(complaints.length, 1);
  const said = await awaitThat('both switches are logged', () => {
    const lines = shop.selling.logLines.filter((line) => line.includes('the bus outage policy was set'));
    return lines.length >= 2 && lines;
  });
  t.match(said.map((line) => JSON.parse(line) as object),
    [{ policy: 'accept', operator: 'ann' }, { policy: 'accept', operator: 'ann' }]);
});

tap.test('no relay is the same outage; a buyer whose process died in between gets the truth', async (t) => {
  const { shop, urls, ...bus } = await openCut(t, { CONFIRM_WAIT_MS: '30000' });
  const [waiting, late] = [await bus.hold(), await bus.hold()];
  bus.relay.kill('SIGKILL');
  await bus.relay.exited;
  const lost = bus.order(waiting, urls[1]).then(() => 'answered', () => 'lost');
  await awaitThat('the order waits', () => shop.redis.hlen(partitionKeys(PARTITION).unconfirmed));
  bus.other.kill('SIGKILL');
  t.equal(await lost, 'lost');
  await awaitThat('the bus is out', async () =>
    (await bus.policies(urls[0])).body['partitionsOut']?.toString() === NAME);
  t.match(await bus.order(waiting), pending);
  t.match(await bus.order(late), refused);
  const { url: third } = await shop.startAnother();
  t.match(await bus.order(late, third), refused, 'a new process knows before its first request');
  const { url: weak } = await shop.startAnother({ CONFIRM_ACK: 'redis' });
  t.match(await bus.order(late, weak), { status: 201 }, 'with CONFIRM_ACK=redis the bus is not asked for');
  t.match(await bus.order(late, third), pending, 'which those who ask for it do not believe');
  await startService(t, 'relay', shop.stack.env);
  for (const holdId of [waiting, late]) {
    await awaitThat('the order is confirmed', async () => (await bus.order(holdId, third)).status === 201);
  }
  t.equal((await bus.orders()).length, 2);
});
