/**
 * An endpoint of Stripe's API as docs.stripe.com/api describes its wire format: form-encoded bodies,
 * Idempotency-Key, errors, lists that are newest first with `starting_after` and `ending_before`, events, and
 * signed webhooks. Of it there is what the provider uses; what customers do in Stripe's form is asked for by
 * name (`pay`, `decline`).
 */
import { createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'node:querystring';
import type { Teardown } from './teardown.ts';

export const STRIPE_KEY = 'sk_test_of_the_tests_0123';
export const STRIPE_SECRET = 'whsec_of_the_tests_0123456789';

type Json = Record<string, unknown>;
/** What has an id, in the order in which it was made. */
interface StripeObject extends Json {
  id: string;
  created: number;
}
interface Reply {
  status: number;
  body: Json;
}

export interface SignedEvent {
  headers: Record<string, string>;
  body: string;
}

export interface TestStripe {
  url: string;
  intents: StripeObject[];
  refunds: StripeObject[];
  events: StripeObject[];
  /** requests as they came: `POST /v1/refunds` */
  requests: string[];
  /** What refunds become; `succeeded` until said otherwise. */
  refundsBecome(status: string): void;
  /** Status of answers to writes, until undefined; they are done or not, as it may be at an outage. */
  fail(how: { status: number; isDone: boolean } | undefined): void;
  /** The customer pays in the form, once for all. */
  pay(intentId: string, amount?: number): StripeObject;
  decline(intentId: string): StripeObject;
  /** A refund that was pending has been decided. */
  decide(refundId: string, status: 'succeeded' | 'failed'): StripeObject;
  /** All events before this one are too old to be in the list. */
  forgetEventsBefore(count: number): void;
  /** Where Stripe's own form, in a browser, tells of what was paid in it; the script of the form is /v3/. */
  tellsTo(url: string): void;
  /** The signed webhook of an event. */
  signed(event: StripeObject, atSeconds?: number, secret?: string): SignedEvent;
}

/** How long ago, in seconds, what happens here happened: the newest events are not read yet. */
const AGO_SECONDS = 60;

/** Starts it. */
export async function startStripe(t: Teardown): Promise<TestStripe> {
  const book = openBook();
  const server = createServer((request, response) => void serve(book, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...book };
}

type Book = Omit<TestStripe, 'url'> & {
  answers: Map<string, { asked: string; reply: Reply }>;
  webhookUrl(): string;
  failing(): { status: number; isDone: boolean } | undefined;
  answer(method: string, path: string, form: Json): Reply;
};

function openBook(): Book {
  const intents: StripeObject[] = [];
  const refunds: StripeObject[] = [];
  const events: StripeObject[] = [];
  let refundStatus = 'succeeded';
  let webhookUrl = '';
  let failing: { status: number; isDone: boolean } | undefined;
  const idOf = (prefix: string) => `${prefix}_${randomBytes(12).toString('hex')}`;
  const now = () => Math.floor(Date.now() / 1_000) - AGO_SECONDS;

  function note(type: string, object: Json): StripeObject {
    const event = { id: idOf('evt'), object: 'event', type, created: now(), data: { object: { ...object } } };
    events.push(event);
    return event;
  }
  function known(list: StripeObject[], id: string): StripeObject {
    const found = list.find((one) => one.id === id);
    if (found === undefined) throw new Error(`there is no ${id}`);
    return found;
  }
  function makeIntent(form: Json): Reply {
    const intent = {
      id: idOf('pi'), object: 'payment_intent', created: now(),
      amount: Number(form['amount']), amount_received: 0, currency: form['currency'],
      status: 'requires_payment_method', metadata: form['metadata'] ?? {},
      client_secret: idOf('secret'), last_payment_error: null, cancellation_reason: null,
    };
    intents.push(intent);
    return { status: 200, body: { ...intent } };
  }
  function cancelIntent(id: string): Reply {
    const intent = intents.find((one) => one.id === id);
    if (intent === undefined) return missing(id);
    if (intent['status'] === 'succeeded' || intent['status'] === 'canceled') {
      return refused(400, 'payment_intent_unexpected_state', `This PaymentIntent is ${intent['status']}`);
    }
    Object.assign(intent, { status: 'canceled' });
    note('payment_intent.canceled', intent);
    return { status: 200, body: intent };
  }
  function makeRefund(form: Json): Reply {
    const intent = intents.find((one) => one.id === form['payment_intent']);
    if (intent === undefined) return missing(String(form['payment_intent']));
    const given = refunds.filter((one) => one['payment_intent'] === intent.id && one['status'] !== 'failed')
      .reduce((sum, one) => sum + Number(one['amount']), 0);
    if (given + Number(form['amount']) > Number(intent['amount_received'])) {
      return refused(400, 'charge_already_refunded', 'More than was captured');
    }
    const refund = {
      id: idOf('re'), object: 'refund', created: now(), amount: Number(form['amount']), status: refundStatus,
      currency: intent['currency'], payment_intent: intent.id, metadata: form['metadata'] ?? {},
    };
    refunds.push(refund);
    note('refund.created', refund);
    return { status: 200, body: { ...refund } };
  }

  return {
    intents, refunds, events, requests: [], answers: new Map(),
    failing: () => failing,
    webhookUrl: () => webhookUrl,
    tellsTo(url) {
      webhookUrl = url;
    },
    fail(how) {
      failing = how;
    },
    refundsBecome(status) {
      refundStatus = status;
    },
    pay(intentId, amount) {
      const intent = known(intents, intentId);
      Object.assign(intent, { status: 'succeeded', amount_received: amount ?? intent['amount'] });
      return note('payment_intent.succeeded', intent);
    },
    decline(intentId) {
      const intent = known(intents, intentId);
      const error = { code: 'card_declined', decline_code: 'insufficient_funds' };
      return note('payment_intent.payment_failed', Object.assign(intent, { last_payment_error: error }));
    },
    decide(refundId, status) {
      const refund = Object.assign(known(refunds, refundId), { status });
      return note(status === 'failed' ? 'refund.failed' : 'refund.updated', refund);
    },
    forgetEventsBefore(count) {
      events.splice(0, count);
    },
    signed(event, atSeconds = Math.floor(Date.now() / 1_000), secret = STRIPE_SECRET) {
      const body = JSON.stringify(event);
      const signature = createHmac('sha256', secret).update(`${atSeconds}.${body}`).digest('hex');
      return { headers: { 'stripe-signature': `t=${atSeconds},v1=${signature}` }, body };
    },
    answer(method, path, form) {
      const [, , kind = '', id = '', verb = ''] = path.split('/');
      switch (`${method} ${kind}${id === '' ? '' : '/ID'}${verb === '' ? '' : `/${verb}`}`) {
        case 'POST payment_intents': return makeIntent(form);
        case 'POST payment_intents/ID/cancel': return cancelIntent(id);
        case 'POST refunds': return makeRefund(form);
        case 'GET refunds':
          return page(refunds.filter((one) => one['payment_intent'] === form['payment_intent']), form);
        case 'GET events': return page(events.filter((one) => isAskedFor(one, form)), form);
        default: return refused(404, 'url_invalid', `Unrecognized request URL (${method}: ${path})`);
      }
    },
  };
}

async function serve(book: Book, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', 'http://localhost');
  const asked = Buffer.concat(chunks).toString();
  if (url.pathname.startsWith('/v3/')) return serveForm(book, url.pathname, asked, response);
  const method = request.method ?? '';
  book.requests.push(`${method} ${url.pathname}`);
  const failing = method === 'GET' ? undefined : book.failing();
  const reply = failing?.isDone === false ? undefined : answerOnce(book, request, {
    method, path: url.pathname, asked: method === 'GET' ? url.search.slice(1) : asked,
  });
  const { status, body } = failing === undefined && reply !== undefined ? reply
    : { status: failing?.status ?? 500, body: { error: { type: 'api_error', message: 'An outage' } } };
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1' })
    .end(JSON.stringify(body));
}

/** The script of Stripe's form, as small as can be, and what it sends: a card that ends in 2 is bad. */
async function serveForm(
  book: Book, path: string, asked: string, response: ServerResponse,
): Promise<void> {
  response.setHeader('access-control-allow-origin', '*');
  if (path === '/v3/') {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(FORM);
    return;
  }
  const { clientSecret, card } = JSON.parse(asked) as { clientSecret: string; card: string };
  const intent = book.intents.find((one) => one['client_secret'] === clientSecret);
  const isBad = card.endsWith('2') || intent === undefined;
  if (!isBad) {
    const { headers, body } = book.signed(book.pay(intent.id));
    await fetch(book.webhookUrl(), { method: 'POST', headers, body });
  }
  response.writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify(isBad ? { error: { message: 'Your card has insufficient funds.' } } : {}));
}

const FORM = `
  const origin = new URL(document.currentScript.src).origin;
  window.Stripe = (key) => ({
    elements: ({ clientSecret }) => ({
      clientSecret,
      create: () => ({
        mount: (place) => {
          const card = document.createElement('input');
          card.setAttribute('aria-label', 'Card number');
          card.id = 'stripe-card';
          place.append(card);
        },
      }),
    }),
    confirmPayment: async ({ elements }) => {
      const card = document.getElementById('stripe-card').value;
      const body = JSON.stringify({ clientSecret: elements.clientSecret, card });
      return (await fetch(origin + '/v3/confirm', { method: 'POST', body })).json();
    },
  });
`;

/** The same under the same key; another under the same key is an error. */
function answerOnce(
  book: Book,
  request: IncomingMessage,
  { method, path, asked }: { method: string; path: string; asked: string },
): Reply {
  if (request.headers.authorization !== `Bearer ${STRIPE_KEY}`) {
    const error = { type: 'invalid_request_error', message: 'Invalid API Key provided' };
    return { status: 401, body: { error } };
  }
  const key = request.headers['idempotency-key'];
  const before = typeof key === 'string' ? book.answers.get(key) : undefined;
  if (before !== undefined && before.asked === asked) return before.reply;
  if (before !== undefined) {
    const error = { type: 'idempotency_error', message: 'Keys are for the same request' };
    return { status: 400, body: { error } };
  }
  const reply = book.answer(method, path, formOf(asked));
  if (typeof key === 'string' && method === 'POST') book.answers.set(key, { asked, reply });
  return reply;
}

/** `a[b]=1` as `{ a: { b: '1' } }`, `a[0]=x` as well. */
function formOf(text: string): Json {
  const form: Json = {};
  for (const [name, value] of Object.entries(parse(text))) {
    const [, outer = '', inner] = /^([^[]+)(?:\[([^\]]*)\])?/.exec(name) ?? [];
    if (inner === undefined) form[outer] = value;
    else form[outer] = { ...form[outer] as Json | undefined, [inner]: value };
  }
  return form;
}

function isAskedFor(event: StripeObject, form: Json): boolean {
  const { gte = '0', lte = '9e15' } = (form['created'] ?? {}) as { gte?: string; lte?: string };
  const types = Object.values((form['types'] ?? {}) as Json);
  return event.created >= Number(gte) && event.created <= Number(lte) && types.includes(event['type']);
}

/** A page of a list, newest first. */
function page(oldestFirst: StripeObject[], form: Json): Reply {
  const list = oldestFirst.toReversed();
  const limit = Number(form['limit'] ?? 10);
  const at = (id?: string) => list.findIndex((one) => one.id === id);
  const { starting_after: after, ending_before: before } = form as Record<string, string | undefined>;
  if (after !== undefined && at(after) < 0) return missing(after);
  if (before !== undefined && at(before) < 0) return missing(before);
  const from = before === undefined ? at(after) + 1 : Math.max(0, at(before) - limit);
  const to = before === undefined ? from + limit : at(before);
  const hasMore = before === undefined ? to < list.length : from > 0;
  return { status: 200, body: { object: 'list', has_more: hasMore, data: list.slice(from, to), url: '/v1' } };
}

function missing(id: string): Reply {
  return refused(404, 'resource_missing', `No such object: '${id}'`);
}

function refused(status: number, code: string, message: string): Reply {
  return { status, body: { error: { type: 'invalid_request_error', code, message } } };
}
