/** A shop that takes money: selling with its relay, the sandbox provider, and one sale that takes both. */
import { randomUUID } from 'node:crypto';
import { findAnyFreePort } from '../../infra/local/find-free-port.ts';
import type { BusEvent } from '../../services/shared/contracts/bus-record.ts';
import { keyOfSecret, signWebhook } from '../../services/shared/platform/webhooks/sign-webhook.ts';
import { awaitThat } from './await-that.ts';
import { floorOf, saleOf } from './open-desk.ts';
import { callSandbox, openSandbox, readPayments } from './open-sandbox.ts';
import type { Json, Sandbox } from './open-sandbox.ts';
import { openShop } from './open-shop.ts';
import type { Shop, ShopAnswer } from './open-shop.ts';
import { readStream } from './read-stream.ts';
import { startService } from './start-service.ts';
import type { TestService } from './start-service.ts';

import type { Teardown } from './teardown.ts';

const SALE_ID = 'paid';

/** What was asked for an order, for the same once more. */
const asked = new WeakMap<ShopAnswer, { body: Json; key: string }>();

/** Opens it. */
export async function openTill(t: Teardown, env: Record<string, string> = {}) {
  const port = await findAnyFreePort();
  const sandbox = await openSandbox(t);
  const provider = await sandbox.start();
  const sellingEnv = {
    CONFIRM_ACK: 'bus', CONFIRM_WAIT_MS: '3000', PORT: String(port),
    SANDBOX_URL: provider.url, SANDBOX_KEY: sandbox.env['SANDBOX_KEY'] ?? '',
    SANDBOX_WEBHOOK_SECRET: sandbox.env['SANDBOX_WEBHOOK_SECRET'] ?? '',
    PAYMENT_WEBHOOKS_URL: `http://127.0.0.1:${port}`, CHECKOUT_URL: sandbox.shopUrl,
    PAYMENT_TIMEOUT_MS: '2000', BUS_OUTAGE_MS: '60000', ...env,
  };
  const shop = await openShop(t, { startsPartitions: false, env: sellingEnv });
  let { selling } = shop;
  const relays = await openRelay(t, shop.stack.env);
  await awaitThat('the shop is open', async () => (await fetch(`${shop.selling.url}/health/ready`)).ok);
  const input = saleOf([floorOf(500)], {
    buyerLimit: 1_000,
    paymentMethods: [
      'free', 'sandbox', ...env['STRIPE_KEY'] === undefined ? [] : ['stripe' as const],
      ...env['OFFLINE_PAYMENTS'] === 'true' ? ['offline' as const] : [],
      ...env['HANDOVER_URL'] === undefined ? [] : ['handover' as const],
    ],
  });
  await shop.sell(SALE_ID, input);
  const webhookKey = keyOfSecret(sandbox.env['SANDBOX_WEBHOOK_SECRET'] ?? '');

  async function order(outcome: string, method = 'sandbox'): Promise<ShopAnswer> {
    const { buyerId } = await shop.buyer();
    const hold = await shop.call('POST', `/v1/sales/${SALE_ID}/holds`,
      { body: { buyerId, items: [{ areaId: 'floor', quantity: 1 }] } });
    if (hold.status !== 201) throw new Error(`no hold: ${hold.status} ${JSON.stringify(hold.body)}`);
    const body = {
      buyerId, holdId: hold.body['holdId'], contact: { name: 'Ada', email: 'ada@example.org' },
      payment: { method, ...method === 'sandbox' && { outcome } },
    };
    const key = randomUUID();
    const made = await shop.call('POST', `/v1/sales/${SALE_ID}/orders`, { body, key });
    asked.set(made, { body, key });
    return made;
  }

  const show = (orderId: string) => shop.call('GET', `/v1/sales/${SALE_ID}/orders/${orderId}`);
  return {
    shop, env: sellingEnv, provider, sandbox, input, saleId: SALE_ID, price: 1_000, webhookKey, order, show,
    ...watch(shop, provider, sandbox), ...mouthpiece(shop, webhookKey),
    /** An order whose payment comes to this outcome by itself. */
    async ordered(outcome: string, method = 'sandbox') {
      const made = await order(outcome, method);
      if (made.status !== 202) throw new Error(`no order: ${made.status} ${JSON.stringify(made.body)}`);
      return { made, orderId: String(made.body['orderId']) };
    },
    /** The same request under the same key. */
    repeat: (made: ShopAnswer, url = shop.selling.url) =>
      shop.call('POST', `/v1/sales/${SALE_ID}/orders`, { ...asked.get(made), url }),
    another: (more: Record<string, string> = {}) => shop.startAnother({ PORT: '0', ...more }),
    awaitStatus: (orderId: string, status: string) => awaitThat(`${orderId} is ${status}`, async () => {
      const answer = await show(orderId);
      return answer.body['status'] === status && answer;
    }),
    /** Everything of the sale in Redis. */
    async dump(): Promise<Record<string, string>> {
      const all = await shop.dump();
      return Object.fromEntries(Object.entries(all).filter(([key]) => key.includes(`:${SALE_ID}:`)));
    },
    /** Asks until there is an answer that is none of a process that was killed or has just begun. */
    persist: (ask: () => Promise<ShopAnswer>): Promise<ShopAnswer> => awaitThat('an answer', async () => {
      const answer = await ask().catch(() => undefined);
      return answer !== undefined && answer.status < 500 && answer;
    }, 60_000),
    /** kill -9 of the API, and another one at the same address. */
    async killSelling() {
      selling.kill('SIGKILL');
      await selling.exited;
      selling = await startService(t, 'selling', {
        ...shop.stack.env, ...sellingEnv, REDIS_URL: shop.stack.redisUrl,
      });
    },
    ...relays,
  };
}

/** The relay, and another one after it. */
async function openRelay(t: Teardown, env: Record<string, string>) {
  let relay = await startService(t, 'relay', env);
  return {
    /** kill -9, wherever it is with its records, and another one. */
    async killRelay() {
      relay.kill('SIGKILL');
      await relay.exited;
      relay = await startService(t, 'relay', env);
    },
    stopRelay: () => relay.stop(),
    async startRelay() {
      relay = await startService(t, 'relay', env);
    },
  };
}

/** What the log and the provider have. */
function watch(shop: Shop, provider: TestService, sandbox: Sandbox) {
  const paymentsAt = async (orderId: string): Promise<Json[]> =>
    (await readPayments(sandbox)).filter(({ reference }) => String(reference).includes(orderId));
  return {
    eventsOf: async (orderId: string): Promise<BusEvent[]> =>
      ((await readStream(shop.stack)).sales.get(SALE_ID) ?? [])
        .filter(({ data }) => (data as { orderId?: string }).orderId === orderId),
    paymentsAt,
    /** What the provider has to tell about an order is told and taken. */
    quiet: (orderId: string) => awaitThat('everything is told', async () => {
      const all = await Promise.all((await paymentsAt(orderId)).map(async ({ paymentId }) =>
        (await callSandbox(provider, 'GET', `/v1/payments/${String(paymentId)}/webhooks`)).body));
      return all.flatMap((one) => one['webhooks'] as Json[]).every(({ state }) => state === 'delivered');
    }),
  };
}

/** Tells things in the provider's name. */
function mouthpiece(shop: Shop, webhookKey: Uint8Array) {
  const message = (orderId: string, attempt: number, payment: Json): string => JSON.stringify({
    type: 'payment.captured', timestamp: new Date().toISOString(),
    data: { status: 'captured', currency: 'EUR', reference: `${SALE_ID}/${orderId}/${attempt}`, ...payment },
  });
  return {
    message,
    /** Tells of a capture; the status of the answer. */
    async tell(orderId: string, attempt: number, payment: Json): Promise<number> {
      const body = message(orderId, attempt, payment);
      const signed = signWebhook({ id: `msg_${randomUUID()}`, atMs: Date.now(), body, keys: [webhookKey] });
      return (await fetch(`${shop.selling.url}/v1/webhooks/sandbox`,
        { method: 'POST', headers: { ...signed }, body })).status;
    },
  };
}
