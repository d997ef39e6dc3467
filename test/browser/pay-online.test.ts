/**
 * Paying in a real Chromium, on the page of the sandbox provider, in Stripe's form and at the box office:
 * what the buyer sees while it goes well, is declined, comes late, cannot be begun, is left or given up.
 */
import t from 'tap';
import type { Page } from 'playwright-core';
import { findAnyFreePort } from '../../infra/local/find-free-port.ts';
import { callSandbox, openSandbox } from '../harness/open-sandbox.ts';
import { STRIPE_KEY, STRIPE_SECRET, startStripe } from '../harness/start-stripe.ts';
import { confirm, openShow, pickInList, readTickets, until } from './be-a-buyer.ts';
import { findBrowser } from './find-browser.ts';
import { openBoxOffice, smallHall } from './open-box-office.ts';
import type { BoxOffice } from './open-box-office.ts';

type Methods = NonNullable<ReturnType<typeof smallHall>['paymentMethods']>;
type Provider = { url: string };

const browserPath = findBrowser();
if (browserPath === undefined) {
  const skip = 'no Chromium was found: install one, or set CHROMIUM_PATH to it';
  t.test('paying in a real browser', { skip }, async () => undefined);
} else {
  const sandbox = await openSandbox(t);
  const provider = await sandbox.start();
  const stripe = await startStripe(t);
  const [sellingPort, checkoutPort] = [await findAnyFreePort(), await findAnyFreePort()];
  const office = await openBoxOffice(t, browserPath, {
    SELLING_PORT: String(sellingPort), CHECKOUT_PORT: String(checkoutPort),
    PAYMENT_WEBHOOKS_URL: `http://127.0.0.1:${sellingPort}`,
    CHECKOUT_URL: `http://127.0.0.1:${checkoutPort}`,
    SANDBOX_URL: provider.url, SANDBOX_KEY: sandbox.env['SANDBOX_KEY'] ?? '',
    SANDBOX_WEBHOOK_SECRET: sandbox.env['SANDBOX_WEBHOOK_SECRET'] ?? '',
    STRIPE_KEY, STRIPE_WEBHOOK_SECRET: STRIPE_SECRET, STRIPE_API_URL: stripe.url,
    STRIPE_PUBLISHABLE_KEY: 'pk_test_of_the_tests', STRIPE_JS_URL: `${stripe.url}/v3/`,
    OFFLINE_PAYMENTS: 'true', PAYMENT_SECONDS: 'offline:4', PAYMENT_TIMEOUT_MS: '2000',
  });
  stripe.tellsTo(`${office.selling}/v1/webhooks/stripe`);
  payOnTheirPage(office);
  payAfterDecline(office);
  comeBackLater(office);
  giveUp(office);
  payWhileItIsDown(office, provider);
  payTooLate(office);
  payInStripesForm(office);
  t.test('no page broke its own Content-Security-Policy or threw an error', async (t) => {
    t.same(office.complaints, []);
  });
}

/** A buyer who has reserved seat A1 or more of a new show, and has chosen how to pay. */
async function chooseToPay(
  office: BoxOffice, saleId: string, paymentMethods: Methods, label?: string,
): Promise<Page> {
  await office.putOnSale(saleId, smallHall({ paymentMethods }));
  const page = await office.openPage();
  await openShow(page, office, saleId);
  await pickInList(page, ['A, seat 1']);
  await page.locator('#reserve').click();
  await page.locator('#countdown').waitFor();
  if (label !== undefined) await page.getByLabel(label).check();
  await confirm(page, 'Ada Lovelace');
  return page;
}

/** Of seat A1. */
async function stateOf(office: BoxOffice, saleId: string): Promise<string | undefined> {
  return (await office.seatStates(saleId)).get('A1');
}

function orderOf(page: Page): string {
  const [, orderId] = /\/orders\/(o_[\w-]+)$/.exec(new URL(page.url()).pathname) ?? [];
  if (orderId === undefined) throw new Error(`${page.url()} is not the page of an order`);
  return orderId;
}

function payOnTheirPage(office: BoxOffice): void {
  t.test('paid on the page of the provider: tickets, and the row in the CMS', async (t) => {
    const page = await chooseToPay(office, 'paid', ['offline', 'sandbox'], 'Pay online');
    await page.getByRole('heading', { name: 'Pay EUR 10.00' }).waitFor();
    t.equal(await stateOf(office, 'paid'), 'h', 'the seat is kept, and not sold');
    await page.getByRole('button', { name: 'Pay EUR', exact: false }).first().click();
    t.equal((await readTickets(page)).length, 1);
    const orderId = orderOf(page);
    t.equal(await stateOf(office, 'paid'), 's');
    const cms = await office.openPage();
    await until(
      async () => (await cms.goto(`${office.cms}/cms/orders/${orderId}`))?.status(), (s) => s === 200,
    );
    t.equal(await cms.locator('[data-ticket]').getAttribute('data-seat'), 'A1');
    await page.reload();
    t.equal((await readTickets(page)).length, 1, 'the same after a reload');
  });
}

function payAfterDecline(office: BoxOffice): void {
  t.test('declined: the same order is paid for by another attempt', async (t) => {
    const page = await chooseToPay(office, 'declined', ['sandbox', 'offline'], 'Pay online');
    await page.getByRole('button', { name: 'Decline' }).click();
    await page.getByRole('heading', { name: 'The payment did not go through' }).waitFor();
    const orderId = orderOf(page);
    t.equal(await stateOf(office, 'declined'), 'h');
    await page.reload();
    await page.getByRole('heading', { name: 'The payment did not go through' }).waitFor();
    await page.getByLabel('Pay online').check();
    await page.locator('#pay').click();
    await page.getByRole('button', { name: 'Pay EUR', exact: false }).first().click();
    t.equal((await readTickets(page)).length, 1);
    t.equal(orderOf(page), orderId);
  });
}

function comeBackLater(office: BoxOffice): void {
  t.test('left without paying: the page knows where to go on', async (t) => {
    const page = await chooseToPay(office, 'left', ['sandbox']);
    await page.getByRole('button', { name: 'Leave without paying' }).click();
    await page.getByRole('heading', { name: 'Your order waits for its payment' }).waitFor();
    t.match(await page.locator('#pay-countdown').textContent(), /^\d+:\d\d$/);
    await openShow(page, office, 'left');
    await page.getByRole('link', { name: 'order 1' }).click();
    await page.locator('#pay').click();
    await page.getByRole('button', { name: 'Pay slowly' }).click();
    t.equal((await readTickets(page)).length, 1);
  });
}

function giveUp(office: BoxOffice): void {
  t.test('given up: the seat is free, and the page says so', async (t) => {
    const page = await chooseToPay(office, 'given-up', ['sandbox']);
    await page.getByRole('button', { name: 'Leave without paying' }).click();
    await page.locator('#give-up').click();
    await page.getByText('This order was cancelled.').waitFor();
    t.equal(await stateOf(office, 'given-up'), '0');
    await page.reload();
    await page.getByText('This order was cancelled.').waitFor();
  });
}

function payWhileItIsDown(office: BoxOffice, provider: Provider): void {
  t.test('the provider is down: the buyer is told, and pays when it is back', async (t) => {
    await callSandbox(provider, 'PUT', '/v1/outage', { body: { mode: 'down', seconds: 600 } });
    const page = await chooseToPay(office, 'down', ['sandbox']);
    await page.getByRole('heading', { name: 'The payment did not go through' }).waitFor();
    t.equal(await stateOf(office, 'down'), 'h');
    await callSandbox(provider, 'PUT', '/v1/outage', { body: { mode: 'none', seconds: 0 } });
    await page.locator('#pay').click();
    await page.getByRole('button', { name: 'Pay EUR', exact: false }).first().click();
    t.equal((await readTickets(page)).length, 1);
  });
}

function payTooLate(office: BoxOffice): void {
  t.test('paid too late at the box office: the seat was free still, and the tickets appear', async (t) => {
    const page = await chooseToPay(office, 'late', ['offline']);
    await page.getByRole('heading', { name: 'Pay €10.00 at the box office' }).waitFor();
    const orderId = orderOf(page);
    t.equal(await page.locator('.order-code').textContent(), orderId);
    await page.getByText('The time to pay has run out.').waitFor();
    await until(() => stateOf(office, 'late'), (state) => state === '0');
    await office.takeAtCounter('late', orderId, { receipt: 'R-1', amountMinor: 1_000, currency: 'EUR' });
    t.equal((await readTickets(page)).length, 1, 'without a reload');
    t.equal(await stateOf(office, 'late'), 's');
  });
}

function payInStripesForm(office: BoxOffice): void {
  t.test('paid in the form of Stripe in our page', async (t) => {
    const page = await chooseToPay(office, 'card', ['stripe']);
    await page.locator('#pay').click();
    await page.getByLabel('Card number').fill('4000 0000 0000 9992');
    await page.locator('#pay-card').click();
    await page.getByText('Your card has insufficient funds.').waitFor();
    await page.getByLabel('Card number').fill('4242 4242 4242 4244');
    await page.locator('#pay-card').click();
    t.equal((await readTickets(page)).length, 1);
  });
}
