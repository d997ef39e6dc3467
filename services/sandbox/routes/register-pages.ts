import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sameSecret } from '../../shared/platform/credentials.ts';
import { decidedPage, messagePage, payPage } from '../pay-page.ts';
import { CHOICES } from '../payment.ts';
import type { Choice, Payment } from '../payment.ts';
import type { PaymentTable } from '../payment-table.ts';
import type { WebhookTable } from '../webhook-table.ts';

export interface PageRoutes {
  payments: PaymentTable;
  webhooks: WebhookTable;
  /** told when something may be to be told */
  onTold(): void;
}

type One = { Params: { paymentId: string } };
const PAYMENT_ID = /^pay_[\w-]{22}$/;
const PATH = '/pay/:paymentId';
const COOKIE = 'sandbox_form';
const TOKEN = /^[\w-]{32}$/;
/** A redirect that is to come behind the webhook waits for it so long. */
const TAKEN_MS_MAX = 8_000;
const LOOK_MS = 25;
const FORM_BYTES_MAX = 1_024;
const css = readFileSync(new URL('../public/pay.css', import.meta.url));

/**
 * The page on which a person decides what becomes of a payment. Whoever has its address may; that the form
 * was sent from the page itself is told by a cookie which the form repeats, and by Sec-Fetch-Site.
 */
export function registerPages(app: FastifyInstance, { payments, webhooks, onTold }: PageRoutes): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', {
    parseAs: 'string', bodyLimit: FORM_BYTES_MAX,
  }, (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))));

  app.get('/pay.css', async (_request, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', 'no-cache').send(css));

  app.get<One>(PATH, async (request, reply) => {
    const payment = await find(request.params.paymentId);
    if (payment === undefined) return unknown(reply);
    // What was decided beforehand asks nobody: the way through the provider is one redirect.
    if (payment.outcome !== 'ask') {
      if (payment.outcome === 'webhook-before-redirect') await awaitTaken(payment.payment_id);
      return reply.redirect(wayBack(payment), 303);
    }
    const isOpen = payment.status === 'requires_action' && payment.expires_at > new Date();
    if (!isOpen) return send(reply, 200, decidedPage(payment, wayBack(payment)));
    const token = tokenOf(request) ?? randomBytes(24).toString('base64url');
    reply.header('set-cookie', `${COOKIE}=${token}; Path=/pay; HttpOnly; SameSite=Strict`);
    reply.header('content-security-policy', pageCsp(payment));
    return send(reply, 200, payPage(payment, token));
  });

  app.post<One & { Body: Record<string, string> | null }>(PATH, async (request, reply) => {
    const payment = await find(request.params.paymentId);
    if (payment === undefined) return unknown(reply);
    if (!isOwnForm(request)) {
      const text = 'This form was not sent from its page. Please open the page again.';
      return send(reply, 403, messagePage('Not sent', text));
    }
    const choice = CHOICES.find((one) => one === request.body?.['choice']);
    if (choice === undefined) {
      return send(reply, 400, messagePage('Not understood', 'Please choose one of the buttons.'));
    }
    const chosen = await payments.choose(payment.payment_id, choice, new Date());
    onTold();
    if (chosen?.isChosen !== true) {
      return send(reply, 409, decidedPage(await find(payment.payment_id) ?? payment, wayBack(payment)));
    }
    await beforeRedirect(payment, choice);
    return reply.redirect(wayBack(payment), 303);
  });

  async function find(paymentId: string): Promise<Payment | undefined> {
    return PAYMENT_ID.test(paymentId) ? payments.find(paymentId) : undefined;
  }

  async function beforeRedirect({ payment_id: paymentId }: Payment, choice: Choice): Promise<void> {
    if (choice === 'webhook-before-redirect') await awaitTaken(paymentId);
  }

  async function awaitTaken(paymentId: string): Promise<void> {
    for (const deadlineAtMs = Date.now() + TAKEN_MS_MAX; Date.now() < deadlineAtMs; await sleep(LOOK_MS)) {
      const payment = await payments.find(paymentId);
      const isDecided = payment?.status !== 'requires_action';
      if (isDecided && await webhooks.countPending(paymentId) === 0) return;
    }
  }
}

/** Where the buyer goes from here, with the payment's id. */
function wayBack({ return_url: returnUrl, payment_id: paymentId }: Payment): string {
  const url = new URL(returnUrl);
  url.searchParams.set('paymentId', paymentId);
  return url.href;
}

/** A form's redirect counts as its action too, so the merchant's address is allowed. */
function pageCsp({ return_url: returnUrl }: Payment): string {
  return `default-src 'none'; style-src 'self'; form-action 'self' ${new URL(returnUrl).origin}; `
    + "base-uri 'none'; frame-ancestors 'none'";
}

function isOwnForm(request: FastifyRequest<{ Body: Record<string, string> | null }>): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  const token = tokenOf(request);
  return token !== undefined && sameSecret(token, request.body?.['token'] ?? '');
}

function tokenOf(request: { headers: FastifyRequest['headers'] }): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([name, value = '']) => name === COOKIE && TOKEN.test(value))?.[1];
}

function unknown(reply: FastifyReply): FastifyReply {
  return send(reply, 404, messagePage('No such payment', 'The address may be mistyped.'));
}

function send(reply: FastifyReply, status: number, page: string): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(page);
}
