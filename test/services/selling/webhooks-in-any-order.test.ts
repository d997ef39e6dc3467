/**
 * What providers tell, in histories nobody would think of: captures told again and again, before and after
 * failures, of other amounts and currencies, by two payments of one attempt, to two processes at once, up to
 * seconds after the order's time is over, while others take the places that come free. `evolve` is the model:
 * it throws where the log of such a history is none that may be. Then every payment has to be in it once.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { evolve, initialSale } from '../../../services/shared/contracts/evolve.ts';
import type { SaleEvent } from '../../../services/shared/contracts/events.ts';
import { signWebhook } from '../../../services/shared/platform/webhooks/sign-webhook.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { openTill } from '../../harness/open-till.ts';
import { readStream } from '../../harness/read-stream.ts';
import { seededRandom } from '../../harness/shuffle-faults.ts';

interface Message {
  orderId: string;
  paymentId: string;
  status: 'captured' | 'declined';
  capturedMinor: number;
  currency: string;
  afterMs: number;
}

interface Money {
  orderId: string;
  paymentId: string;
  total?: number;
  amount?: number;
  currency: string;
  refundId?: string;
}

const ORDERS = 36;
const PAY_SECONDS = 2;
/** After the orders were made: two thirds of the messages come when their time is over. */
const TELL_MS_MAX = 6_000;
const CAPACITY = 500;
const PRICE = 1_000;
const TICKETS_PER_HOLD = 10;

const seed = Number(process.env['PAYMENTS_SEED'] ?? randomInt(2 ** 31));
const random = seededRandom(seed);
const chance = (share: number): boolean => random() < share;

/** All that is told about an order: one to three payments, each one to three times, and failures. */
function historyOf(orderId: string): Message[] {
  const times = 1 + Math.floor(random() * 3);
  return Array.from({ length: times }, () => {
    const isDeclined = chance(0.25);
    const message: Omit<Message, 'afterMs'> = {
      orderId, paymentId: `pay_${randomUUID().replaceAll('-', '').slice(0, 22)}`,
      status: isDeclined ? 'declined' : 'captured',
      capturedMinor: isDeclined ? 0 : PRICE - (chance(0.2) ? 1 : 0),
      currency: chance(0.1) ? 'USD' : 'EUR',
    };
    return Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
      ({ ...message, afterMs: random() * TELL_MS_MAX }));
  }).flat();
}

t.test('no history of webhooks loses a cent, or counts one twice', async (t) => {
  t.comment(`PAYMENTS_SEED=${seed} tells the same history again`);
  const till = await openTill(t, { PAYMENT_SECONDS: `sandbox:${PAY_SECONDS}`, PAYMENT_RETRY_SECONDS: '1' });
  const { shop, saleId, webhookKey } = till;
  const another = await till.another();
  const urls = [shop.selling.url, another.url];
  await fill(till, CAPACITY - ORDERS);
  const orderIds: string[] = [];
  for (let i = 0; i < ORDERS; i++) orderIds.push((await till.ordered('never')).orderId);
  const messages = orderIds.flatMap(historyOf);

  /** As a provider does it: again, until it is taken. */
  async function tell({ orderId, afterMs, ...payment }: Message): Promise<void> {
    await sleep(afterMs);
    const body = till.message(orderId, 1, payment);
    const id = `msg_${randomUUID()}`;
    await awaitThat('it is taken', async () => {
      const url = `${urls[Math.floor(random() * urls.length)]}/v1/webhooks/sandbox`;
      const headers = { ...signWebhook({ id, atMs: Date.now(), body, keys: [webhookKey] }) };
      const { status } = await fetch(url, { method: 'POST', headers, body });
      return status === 204;
    }, 60_000);
  }

  const isTold = Promise.all(messages.map(tell));
  const isCancelled = Promise.all(orderIds.filter(() => chance(0.15)).map(async (orderId) => {
    await sleep(random() * 3_000);
    await shop.call('POST', `/v1/sales/${saleId}/orders/${orderId}/cancel`, { body: {} });
  }));
  let isOver = false;
  const isTaken = (async () => {
    for (; !isOver; await sleep(100)) if (chance(0.3)) await hold(till, 1);
  })();
  await Promise.all([isTold, isCancelled]);
  isOver = true;
  await isTaken;

  const log = (await readStream(shop.stack)).sales.get(saleId) ?? [];
  const sale = initialSale();
  for (const event of log) evolve(sale, event as SaleEvent);
  const counted = new Map<string, string>();
  const isMoney = new Set(['order.confirmed', 'refund.requested', 'payment.mismatched']);
  for (const { type, data } of log) {
    if (!isMoney.has(type)) continue;
    const { paymentId, total, amount, currency } = data as Money;
    t.notOk(counted.has(paymentId), `${paymentId} is in the log once`);
    counted.set(paymentId, `${total ?? amount} ${currency}`);
  }
  const captured = messages.filter(({ status }) => status === 'captured');
  t.same(counted, new Map(captured.map(({ paymentId, capturedMinor, currency }) =>
    [`sandbox:${paymentId}`, `${capturedMinor} ${currency}`])), 'what was told is in the log, to the cent');
  const types = new Set(log.map(({ type }) => type));
  for (const type of ['order.expired', 'payment.late', ...isMoney]) t.ok(types.has(type), `${type} happened`);
  for (const orderId of orderIds) {
    const [one, other] = await Promise.all(urls.map((url) =>
      shop.call('GET', `/v1/sales/${saleId}/orders/${orderId}`, { url })));
    const status = sale.orders.get(orderId)?.status;
    t.same([one?.body['status'], other?.body['status']], [status, status], `${orderId} is what the log says`);
  }
});

type Till = Awaited<ReturnType<typeof openTill>>;

async function hold({ shop, saleId }: Till, quantity: number): Promise<boolean> {
  const { status } = await shop.call('POST', `/v1/sales/${saleId}/holds`,
    { body: { buyerId: `b-${randomUUID()}`, items: [{ areaId: 'floor', quantity }] } });
  return status === 201;
}

/** Leaves no more than is ordered: what comes free is wanted by others. */
async function fill(till: Till, count: number): Promise<void> {
  for (let left = count; left > 0; left -= TICKETS_PER_HOLD) {
    if (!await hold(till, Math.min(left, TICKETS_PER_HOLD))) throw new Error('the area cannot be filled');
  }
}
