import tap from 'tap';
import { floorOf, saleOf } from '../../harness/open-desk.ts';
import { openShop, startPartitions } from '../../harness/open-shop.ts';
import type { Shop } from '../../harness/open-shop.ts';
import { startTcpProxy } from '../../harness/start-tcp-proxy.ts';
import { openTestStack, startPrivateRedis, startService } from '../../stack.ts';

const one = { buyerId: 'b', items: [{ areaId: 'floor', quantity: 1 }] };
/** The promise is a second; a busy machine gets more, so that the test fails only when somebody hangs. */
const ANSWER_MS_MAX = 20_000;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (Date.now() < deadlineMs) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not come`);
}

/** Everything is refused with 503, a Retry-After and soon; the process is alive and says it is not ready. */
async function isUnavailable(
  t: Pick<typeof tap, 'comment' | 'equal' | 'match' | 'ok'>,
  shop: Shop,
): Promise<void> {
  const startedMs = performance.now();
  const answers = await Promise.all([
    ...Array.from({ length: 20 }, () => shop.call('POST', '/v1/sales/s/holds', { body: one })),
    shop.call('GET', '/v1/sales/s'),
    shop.call('GET', '/v1/sales/s/availability'),
    shop.call('GET', '/v1/sales/s/holds/h_x'),
    shop.call('POST', '/admin/v1/sales/s/pause'),
    shop.call('PUT', '/admin/v1/sales/s', { body: saleOf([floorOf(9)]) }),
  ]);
  const elapsedMs = performance.now() - startedMs;
  t.comment(`${answers.length} refusals in ${Math.round(elapsedMs)} ms`);
  t.ok(elapsedMs < ANSWER_MS_MAX);
  for (const { status, body, headers } of answers) {
    t.match({ status, code: body.code }, { status: 503, code: 'unavailable' });
    t.ok(Number(headers.get('retry-after')) >= 1);
  }
  t.equal((await shop.call('GET', '/health/live')).status, 200);
  t.match(await shop.call('GET', '/health/ready'),
    { status: 503, body: { missing: ['Redis does not answer'] } });
  t.equal((await shop.call('POST', '/v1/sessions', { token: '' })).status, 201,
    'what needs no Redis goes on');
}

tap.test('Redis is killed and comes back: refusals meanwhile, then business as before', async (t) => {
  const redis = await startPrivateRedis(t);
  const shop = await openShop(t, { redisUrl: redis.url });
  await shop.sell('s', saleOf([floorOf(20)], { buyerLimit: 1000 }));
  const key = 'before';
  const placed = await shop.call('POST', '/v1/sales/s/holds', { key, body: one });
  t.equal(placed.status, 201);
  redis.kill('SIGKILL');
  await redis.exited();
  await isUnavailable(t, shop);
  await redis.restart();
  await until('recovery', async () =>
    (await shop.call('POST', '/v1/sales/s/holds', { body: one })).status === 201);
  t.same((await shop.call('POST', '/v1/sales/s/holds', { key, body: one })).body, placed.body);
  t.same((await shop.check('s')).areas['floor'], { free: 18, held: 2, sold: 0 });
});

tap.test('Redis hangs and goes on: whoever repeats gets one hold', async (t) => {
  const redis = await startPrivateRedis(t, { durable: false });
  const shop = await openShop(t, { redisUrl: redis.url });
  await shop.sell('s', saleOf([floorOf(2000)], { buyerLimit: 1000 }));
  await shop.call('POST', '/v1/sales/s/holds', { key: 'first', body: one });
  redis.kill('SIGSTOP');
  await isUnavailable(t, shop);
  const lost = await shop.call('POST', '/v1/sales/s/holds', { key: 'lost', body: one });
  t.equal(lost.status, 503);
  redis.kill('SIGCONT');
  await until('recovery', async () =>
    (await shop.call('POST', '/v1/sales/s/holds', { key: 'lost', body: one })).status === 201);
  t.equal((await shop.call('POST', '/v1/sales/s/holds', { key: 'lost', body: one })).status, 201);
  const { fold } = await shop.check('s');
  const ids = [...fold.holds.keys()];
  t.equal(new Set(ids).size, ids.length, 'what Redis ran of the refused requests it ran once each');
});

tap.test('a host that vanishes without a word is found again at its new place', async (t) => {
  const stack = await openTestStack(t);
  const proxy = await startTcpProxy(t, stack.redisUrl);
  const shop = await openShop(t, { redisUrl: proxy.url, env: { CONFIRM_ACK: 'bus' } });
  await shop.sell('s', saleOf([floorOf(20)], { buyerLimit: 1000 }));
  t.equal((await shop.call('POST', '/v1/sales/s/holds', { body: one })).status, 201);
  proxy.silence();
  t.match(await shop.call('POST', '/v1/sales/s/holds', { body: one }),
    { status: 503, body: { code: 'unavailable' } });
  await until('recovery', async () =>
    (await shop.call('POST', '/v1/sales/s/holds', { body: one })).status === 201);
});

tap.test('a Redis that lost its state does not look like a fresh one', async (t) => {
  const redis = await startPrivateRedis(t);
  const shop = await openShop(t, { redisUrl: redis.url });
  await shop.sell('s', saleOf([floorOf(20)]));
  const placed = await shop.call('POST', '/v1/sales/s/holds', { body: one });
  const path = `/v1/sales/s/holds/${String(placed.body['holdId'])}`;
  redis.kill('SIGKILL');
  await redis.restart({ empty: true });
  await until('the connection', async () => (await shop.call('GET', path)).body.code !== 'unavailable');
  const recovering = { status: 503, body: { code: 'recovering' } };
  t.match(await shop.call('GET', path), recovering);
  t.match(await shop.call('GET', '/v1/sales/s'), recovering);
  t.match(await shop.call('GET', '/v1/sales/s/seats'), recovering);
  t.match(await shop.call('GET', '/v1/sales/s/orders/o_x'), recovering);
  t.match(await shop.call('POST', '/v1/sales/s/holds', { body: one }), recovering);
  t.match(await shop.call('DELETE', path), recovering);
  t.match(await shop.call('POST', '/admin/v1/sales/s/open'), recovering);
  t.match(await shop.call('PUT', '/admin/v1/sales/s', { body: saleOf([floorOf(20)]) }), recovering);
  t.same(await shop.dump(), {}, 'nothing was written');
  await startPartitions(shop.redis);
  await until('the new generation', async () =>
    (await shop.call('PUT', '/admin/v1/sales/s', { body: saleOf([floorOf(20)]) })).status === 201);
});

tap.test('without Redis the service does not start, and says why in one sentence', async (t) => {
  const { env } = await openTestStack(t);
  await t.rejects(startService(t, 'selling', { ...env, REDIS_URL: 'redis://127.0.0.1:1' }),
    /ended with code 1: .*Redis at 127\.0\.0\.1:1 does not answer/s);
});
