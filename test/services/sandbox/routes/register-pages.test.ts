/** The hosted payment page: what a person chooses happens once, and a form from elsewhere does nothing. */
import t from 'tap';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { awaitThat } from '../../../harness/await-that.ts';
import {
  awaitStatus, awaitTold, callSandbox, makePayment, openSandbox,
} from '../../../harness/open-sandbox.ts';
import { findBrowser } from '../../../browser/find-browser.ts';

const sandbox = await openSandbox(t);
const service = await sandbox.start();
const pageOf = (paymentId: string): string => `${service.url}/pay/${paymentId}`;

/** The page as a browser gets it: what it shows, and what its form sends. */
async function openForm(paymentId: string) {
  const reply = await fetch(pageOf(paymentId));
  const text = await reply.text();
  const cookie = reply.headers.get('set-cookie')?.split(';')[0] ?? '';
  const token = /name="token" value="([^"]+)"/.exec(text)?.[1] ?? '';
  return { reply, text, cookie, token };
}

function send(paymentId: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  return fetch(pageOf(paymentId), {
    method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual',
  });
}

t.test('what is chosen happens, and the way leads back with the payment', async (t) => {
  for (const [choice, status] of [
    ['success', 'captured'], ['decline', 'declined'], ['slow', 'processing'], ['never', 'requires_action'],
    ['webhook-before-redirect', 'captured'], ['wrong-amount', 'captured'],
  ] as const) {
    const paymentId = await makePayment(service, sandbox, { delayMs: 60_000 });
    const { cookie, token } = await openForm(paymentId);
    const reply = await send(paymentId, { choice, token }, { cookie });
    t.equal(reply.status, 303, choice);
    t.equal(reply.headers.get('location'), `${sandbox.shopUrl}/back?order=o_1&paymentId=${paymentId}`);
    const { body } = await callSandbox(service, 'GET', `/v1/payments/${paymentId}`);
    t.equal(body['status'], status, choice);
    if (choice === 'webhook-before-redirect') t.equal((await awaitTold(sandbox, paymentId, 1)).length, 1);
  }
});

t.test('a choice counts once', async (t) => {
  const paymentId = await makePayment(service, sandbox);
  const { cookie, token } = await openForm(paymentId);
  const replies = await Promise.all(['success', 'decline', 'success', 'decline'].map((choice) =>
    send(paymentId, { choice, token }, { cookie })));
  t.same(replies.map(({ status }) => status).toSorted((a, b) => a - b), [303, 409, 409, 409]);
  const told = await awaitTold(sandbox, paymentId, 1);
  t.equal(told.length, 1);
});

t.test('a form that was not sent from the page changes nothing', async (t) => {
  const paymentId = await makePayment(service, sandbox);
  const { cookie, token } = await openForm(paymentId);
  const choice = 'success';
  for (const reply of [
    await send(paymentId, { choice, token }),
    await send(paymentId, { choice }, { cookie }),
    await send(paymentId, { choice, token: 'x'.repeat(32) }, { cookie }),
    await send(paymentId, { choice, token }, { cookie, 'sec-fetch-site': 'cross-site' }),
  ]) t.equal(reply.status, 403);
  t.equal((await send(paymentId, { choice: 'provider-down', token }, { cookie })).status, 400);
  await awaitStatus(service, paymentId, 'requires_action');
});

t.test('behind its deadline nothing can be chosen', async (t) => {
  const expiresAt = new Date(Date.now() + 1_500).toISOString();
  const paymentId = await makePayment(service, sandbox, { expiresAt });
  // A form of another payment, since nobody knows how long this one's page takes to come.
  const { cookie, token } = await openForm(await makePayment(service, sandbox));
  await awaitStatus(service, paymentId, 'expired');
  t.equal((await send(paymentId, { choice: 'success', token }, { cookie })).status, 409);
  t.match((await openForm(paymentId)).text, /The time for this payment is over/);
});

t.test('texts are escaped, pages are nobody else\'s, ids are not guessed', async (t) => {
  const paymentId = await makePayment(service, sandbox, { reference: '<script>alert(1)</script>' });
  const { reply, text } = await openForm(paymentId);
  t.notMatch(text, '<script>');
  t.match(text, 'alert(1)', 'but said');
  const csp = reply.headers.get('content-security-policy') ?? '';
  t.match(csp, "default-src 'none'");
  t.match(csp, `form-action 'self' ${sandbox.shopUrl};`);
  t.match(csp, "frame-ancestors 'none'");
  t.match(reply.headers.get('set-cookie'), /HttpOnly; SameSite=Strict/);
  t.equal((await fetch(pageOf(`pay_${'D'.repeat(22)}`))).status, 404);
  t.equal((await fetch(pageOf('nonsense'))).status, 404);
});

const browserPath = findBrowser();
const skip = browserPath === undefined && 'no Chromium was found: install one, or set CHROMIUM_PATH to it';
t.test('in a real browser', { skip }, async (t) => {
  const browser = await chromium.launch({
    executablePath: browserPath as string, args: ['--disable-gpu', '--no-first-run', '--no-sandbox'],
  });
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await chooseBy(page, 'Pay EUR', 'captured');
  await chooseBy(page, 'Decline', 'declined');
  await chooseBy(page, 'Pay slowly', 'processing');
  await chooseBy(page, 'Leave without paying', 'requires_action');
  t.same(complaints.filter((text) => !text.includes('favicon')), []);

  async function chooseBy(page: Page, label: string, status: string): Promise<void> {
    const paymentId = await makePayment(service, sandbox, { delayMs: 60_000 });
    await page.goto(pageOf(paymentId));
    await page.getByRole('button', { name: label }).first().press('Enter');
    await page.waitForURL(`${sandbox.shopUrl}/back?order=o_1&paymentId=${paymentId}`);
    await awaitThat(`it is ${status}`, async () => {
      const { body } = await callSandbox(service, 'GET', `/v1/payments/${paymentId}`);
      return body['status'] === status;
    });
    t.pass(label);
  }
});
