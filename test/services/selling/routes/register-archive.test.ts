import t from 'tap';
import { SaleDirectory } from '../../../../services/selling/sale-directory.ts';
import { partitionKeys, saleKeys } from '../../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../../services/shared/contracts/partition-of.ts';
import { acceptOutbox } from '../../../harness/accept-outbox.ts';
import { awaitThat } from '../../../harness/await-that.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../../harness/open-desk.ts';
import { openShop } from '../../../harness/open-shop.ts';
import { openEventStream } from '../../../harness/open-event-stream.ts';

const shop = await openShop(t, { env: { CONFIRM_WAIT_MS: '100' } });
const input = saleOf([hallOf([rowOf('A', 4)]), floorOf(5)], {
  channels: [{ channelId: 'club', allocations: [{ seatIds: ['A1'] }, { areaId: 'floor', quantity: 1 }] }],
  promotions: [{ promotionId: 'half', code: 'HALF', percent: 50 }],
});
const post = (saleId: string, verb: string, more = {}) =>
  shop.call('POST', `/admin/v1/sales/${saleId}/${verb}`, more);

/** What a relay would do with all that stands in the sale's outbox. */
async function accept(saleId: string, partition = partitionOf(saleId, 64)): Promise<void> {
  const directory = new SaleDirectory(shop.redis, 64);
  await directory.reload(saleId);
  await acceptOutbox({ redis: shop.redis, directory, partition, saleId });
}

/** Another process; one that has just started can be overloaded on a busy machine. */
async function startCalm(env = {}): Promise<string> {
  const { url } = await shop.startAnother(env);
  await awaitThat('it answers', async () =>
    (await shop.call('GET', '/v1/sales/nothing', { url })).status === 404);
  return url;
}

async function sellOut(saleId: string, more: object = {}) {
  await shop.sell(saleId, { ...input, ...more });
  const path = `/v1/sales/${saleId}`;
  const { body: hold } = await shop.call('POST', `${path}/holds`,
    { body: { buyerId: 'ann', items: [{ seatIds: ['A2'] }] } });
  const paid = { buyerId: 'ann', holdId: String(hold['holdId']), payment: { method: 'free' },
    contact: { name: 'Ann', email: 'ann@example.org' } };
  const { body: order } = await shop.call('POST', `${path}/orders`, { key: 'order', body: paid });
  await post(saleId, 'close');
  return { path, paid, holdPath: `${path}/holds/${paid.holdId}`, orderId: String(order['orderId']) };
}

t.test('who may archive and revive, and what', async (t) => {
  await sellOut('roles');
  for (const [verb, token, status] of [['archive', '', 401], ['archive', shop.stack.operatorToken, 403],
    ['revive', '', 401], ['revive', shop.stack.viewerToken, 403]] as const) {
    t.equal((await post('roles', verb, { token })).status, status, `${verb} ${status}`);
  }
  for (const verb of ['archive', 'revive']) {
    t.match(await post('nothing', verb), { status: 404, body: { code: 'sale_unknown' } });
  }
  t.match(await post('roles', 'archive'), { status: 409, body: { code: 'sale_busy' } });
  t.match(await post('roles', 'revive', { token: shop.stack.operatorToken }),
    { status: 200, body: { state: 'closed' } }, 'what is here stays as it is');
  await shop.sell('selling', input);
  t.match(await post('selling', 'archive'), { status: 409, body: { code: 'sale_not_closed' } });
  await shop.check('roles');
});

for (const [where, more] of [['of its id', {}], ['it was pinned to', { partition: 7 }]] as const) {
  t.test(`an archived sale in the partition ${where} is told, and nothing of it can be had`, async (t) => {
    const saleId = `told-${Object.keys(more).length}`;
    const partition = 'partition' in more ? more.partition : partitionOf(saleId, 64);
    const { path, paid, holdPath, orderId } = await sellOut(saleId, more);
    await accept(saleId, partition);
    const whole = (await shop.call('GET', `/admin/v1/sales/${saleId}`)).body;
    const stream = await openEventStream(t, `${shop.selling.url}${path}/stream`);
    t.equal((await stream.nth(0)).event, 'snapshot');
    t.match(await post(saleId, 'archive'), { status: 202, body: { state: 'archived' } });
    const isRefused = async (url: string, when: string) => {
      const all = await Promise.all([
        shop.call('GET', `${path}/availability`, { url }), shop.call('GET', `${path}/seats`, { url }),
        shop.call('GET', `${path}/stream`, { url }),
        shop.call('GET', holdPath, { url }), shop.call('GET', `${path}/orders/${orderId}`, { url }),
        shop.call('POST', `${path}/holds`,
          { url, body: { buyerId: 'ben', items: [{ areaId: 'floor', quantity: 1 }] } }),
        shop.call('POST', `${path}/orders`, { url, key: 'order', body: paid }),
        shop.call('POST', `${holdPath}/extend`, { url }), shop.call('DELETE', holdPath, { url }),
        shop.call('POST', `/admin/v1/sales/${saleId}/open`, { url }),
        shop.call('PUT', `/admin/v1/sales/${saleId}`, { url, body: { ...input, ...more, name: 'Again' } }),
      ]);
      const codes = all.map(({ status, body }) => `${status} ${body.code}`);
      t.same(codes, all.map(() => '409 sale_archived'), when);
      const told = await shop.call('GET', path, { url, token: '' });
      t.match(told, { status: 200, body: { state: 'archived', version: whole['version'] } }, when);
      t.notOk('promotions' in told.body);
      t.same((await shop.call('GET', `/admin/v1/sales/${saleId}`, { url })).body, { ...whole,
        state: 'archived', areas: (whole['areas'] as object[]).map((area) => ({ ...area, rows: undefined }))
          .map((area) => JSON.parse(JSON.stringify(area)) as object),
        channels: [{ ...(whole['channels'] as object[])[0],
          allocations: [{ areaId: 'floor', quantity: 1 }] }] }, when);
    };
    await isRefused(shop.selling.url, 'while the log has not accepted it');
    await awaitThat('who watches is told', () => stream.isEnded());
    await accept(saleId, partition);
    await awaitThat('the sweeper deletes the keys', async () =>
      (await shop.redis.keys(`*:${saleId}:*`)).join() === saleKeys(partition, saleId).sale);
    await isRefused(shop.selling.url, 'afterwards');
    await isRefused(await startCalm(), 'also by a process that never knew it');
    t.match(await post(saleId, 'archive'), { status: 200, body: { state: 'archived' } }, 'a repeat');
    const { sales, due } = partitionKeys(partition);
    t.same([await shop.redis.sismember(sales, saleId), await shop.redis.zscore(due, saleId)], [0, null]);
    t.match(await post(saleId, 'revive'),
      { status: 503, body: { code: 'unavailable', detail: 'LOG_URL and LOG_TOKEN are not set' } });
    const url = await startCalm({ LOG_URL: 'http://127.0.0.1:1', LOG_TOKEN: 'x' });
    t.match(await post(saleId, 'revive', { url }),
      { status: 503, body: { code: 'unavailable', detail: /^the log does not answer/ } });
  });
}
