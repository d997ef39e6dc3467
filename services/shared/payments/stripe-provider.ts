import { Stripe } from 'stripe';
import {
  packReference, packRefund, ProviderRefused, readReference, readRefund, WebhookRefused,
} from './provider.ts';
import type { PaymentProvider, PaymentReport, RefundAsk } from './provider.ts';

export interface StripeOptions {
  /** `sk_…` or, better, a restricted key that may write payment intents and refunds and read events */
  key: string;
  /** `whsec_…`, as the endpoint's page at Stripe shows it */
  webhookSecret: string;
  /** https://api.stripe.com unless given */
  url?: string;
  /** of one request */
  timeoutMs: number;
}

/** What of Stripe's events is about money; its list of events knows no more types than twenty. */
const TYPES = [
  'payment_intent.succeeded', 'payment_intent.payment_failed', 'payment_intent.canceled',
  'refund.created', 'refund.updated', 'refund.failed',
] as const;

/** Events of the last moment may still be put in before others: they are read the next time. */
const SETTLED_AFTER_SECONDS = 30;
/** As old as Stripe's list of events goes back, with an hour to spare. */
const LIST_SECONDS_MAX = 30 * 86_400 - 3_600;
const PAGE = 100;

/** Stripe's answers that are decisions; at any other, or none, nobody knows what was done. */
const DECIDED = [400, 402, 404];

/** Stripe counts these without decimals in hundredths (docs.stripe.com/currencies, special cases). */
const IN_HUNDREDTHS = ['ISK', 'UGX'];

/**
 * Stripe: a PaymentIntent per attempt, its reference the idempotency key and in its metadata. The buyer pays
 * in Stripe's form in our own page, for which `clientSecret` is.
 *
 * @throws Error with a sentence if the URL is none
 */
export function openStripeProvider({ key, webhookSecret, url, timeoutMs }: StripeOptions): PaymentProvider {
  const stripe = new Stripe(key, {
    // Whoever asks repeats, with the same key: this only must not take longer than it is said to.
    maxNetworkRetries: 0, timeout: timeoutMs, telemetry: false, appInfo: { name: 'onsale' }, ...hostOf(url),
  });
  return {
    method: 'stripe',

    start: ({ reference, amountMinor, currency }) => decided(async () => {
      const packed = packReference(reference);
      const intent = await stripe.paymentIntents.create({
        amount: stripeAmount(amountMinor, currency), currency: currency.toLowerCase(),
        automatic_payment_methods: { enabled: true }, metadata: { reference: packed },
      }, { idempotencyKey: packed });
      return { paymentId: intent.id, clientSecret: intent.client_secret ?? '' };
    }),

    async cancel(paymentId) {
      try {
        await decided(() => stripe.paymentIntents.cancel(paymentId));
      } catch (error) {
        if (!(error instanceof ProviderRefused)) throw error;
      }
    },

    refund: (ask) => decided(() => giveBack(stripe, ask)),

    async readWebhook(headers, body) {
      try {
        const signature = headers['stripe-signature'] ?? '';
        return reportsOf(stripe.webhooks.constructEvent(body, signature, webhookSecret));
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw error;
        throw new WebhookRefused('not signed, or too old');
      }
    },

    list: (from) => listReports(stripe, 'cursor' in from ? readCursor(from.cursor) : from),
  };
}

/**
 * Stripe forgets idempotency keys after a day, and answers what it answered first until then: so what has
 * become of the refund, if there is one, is looked up before it is asked for.
 */
async function giveBack(stripe: Stripe, ask: RefundAsk): Promise<'completed' | 'pending'> {
  const reference = packRefund(ask);
  for await (const refund of stripe.refunds.list({ payment_intent: ask.paymentId, limit: PAGE })) {
    if (refund.metadata?.['reference'] === reference) return judge(refund.status);
  }
  const made = await stripe.refunds.create({
    payment_intent: ask.paymentId, metadata: { reference },
    amount: stripeAmount(ask.amountMinor, ask.currency),
  }, { idempotencyKey: ask.refundId });
  return judge(made.status);
}

function judge(status: string | null): 'completed' | 'pending' {
  if (status === 'failed' || status === 'canceled') throw new ProviderRefused(`the refund is ${status}`);
  return status === 'succeeded' ? 'completed' : 'pending';
}

/** What an event says of our money; a payment that is none of ours says nothing. */
function reportsOf(event: Stripe.Event): PaymentReport[] {
  switch (event.type) {
    case 'payment_intent.succeeded':
    case 'payment_intent.payment_failed':
    case 'payment_intent.canceled': return reportsOfPayment(event.type, event.data.object);
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed': return reportsOfRefund(event.data.object);
    default: return [];
  }
}

function reportsOfPayment(type: string, intent: Stripe.PaymentIntent): PaymentReport[] {
  const reference = readReference(intent.metadata['reference'] ?? '');
  if (reference === undefined) return [];
  const payment = { reference, paymentId: intent.id, currency: intent.currency.toUpperCase() };
  if (type === 'payment_intent.succeeded') {
    const amountMinor = ourAmount(intent.amount_received, payment.currency);
    return [{ kind: 'captured', amountMinor, ...payment }];
  }
  const { code, decline_code: declined } = intent.last_payment_error ?? {};
  const reason = declined ?? code ?? intent.cancellation_reason ?? intent.status;
  return [{ kind: 'failed', amountMinor: 0, reason, ...payment }];
}

function reportsOfRefund(
  { metadata, status, payment_intent: intent, amount, currency: lower, failure_reason: why }: Stripe.Refund,
): PaymentReport[] {
  const known = readRefund(metadata?.['reference'] ?? '');
  if (known === undefined || status === 'pending' || status === 'requires_action') return [];
  const currency = lower.toUpperCase();
  const paymentId = typeof intent === 'string' ? intent : intent?.id ?? '';
  const refund = { ...known, paymentId, amountMinor: ourAmount(amount, currency), currency };
  return status === 'succeeded' ? [{ kind: 'refunded', ...refund }]
    : [{ kind: 'refund-failed', reason: why ?? String(status), ...refund }];
}

/** Behind which event of the list one is, and when that was; without an event, from when on. */
interface Place {
  eventId?: string;
  sinceMs: number;
}

/** The list of events is newest first, and kept for thirty days. Here it is read from its old end. */
async function listReports(
  stripe: Stripe, { eventId, sinceMs }: Place,
): Promise<{ reports: PaymentReport[]; cursor: string; hasMore: boolean }> {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const fromSeconds = Math.max(Math.floor(sinceMs / 1_000), nowSeconds - LIST_SECONDS_MAX);
  const query = {
    types: [...TYPES], limit: PAGE, created: { gte: fromSeconds, lte: nowSeconds - SETTLED_AFTER_SECONDS },
  };
  try {
    const page = eventId === undefined ? await oldest(stripe, query)
      : await stripe.events.list({ ...query, ending_before: eventId });
    const [newest] = page.data;
    const cursor = newest === undefined ? packCursor({ sinceMs, ...eventId !== undefined && { eventId } })
      : packCursor({ eventId: newest.id, sinceMs: newest.created * 1_000 });
    const hasMore = page.data.length === PAGE || (eventId === undefined && newest !== undefined);
    return { reports: page.data.toReversed().flatMap(reportsOf), cursor, hasMore };
  } catch (error) {
    const isGone = error instanceof Stripe.errors.StripeInvalidRequestError
      && error.code === 'resource_missing';
    if (!isGone || eventId === undefined) throw error;
    // The event is older than the list goes back: what came at its time and after it is read.
    return listReports(stripe, { sinceMs });
  }
}

async function oldest(
  stripe: Stripe, query: Stripe.EventListParams,
): Promise<{ data: Stripe.Event[] }> {
  let page = await stripe.events.list(query);
  for (let last = page.data.at(-1); page.has_more && last !== undefined; last = page.data.at(-1)) {
    page = await stripe.events.list({ ...query, starting_after: last.id });
  }
  return page;
}

function packCursor({ eventId = '', sinceMs }: Place): string {
  return `${sinceMs} ${eventId}`;
}

function readCursor(cursor: string): Place {
  const [sinceMs = '', eventId = ''] = cursor.split(' ');
  return { sinceMs: Number(sinceMs), ...eventId !== '' && { eventId } };
}

async function decided<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    const { statusCode = 0, code = error.rawType ?? '' } = error;
    if (!DECIDED.includes(statusCode)) throw error;
    throw new ProviderRefused(`Stripe answered ${statusCode} ${code}`.trim());
  }
}

function stripeAmount(amountMinor: number, currency: string): number {
  return IN_HUNDREDTHS.includes(currency) ? amountMinor * 100 : amountMinor;
}

/** A fraction of what we count in is no amount of ours: what tells of it is refused, and shown to people. */
function ourAmount(amount: number, currency: string): number {
  return IN_HUNDREDTHS.includes(currency) ? amount / 100 : amount;
}

function hostOf(url: string | undefined): Pick<Stripe.StripeConfig, 'host' | 'port' | 'protocol'> {
  if (url === undefined) return {};
  const { hostname, port, protocol } = new URL(url);
  const [scheme, usual] = protocol === 'https:' ? ['https' as const, 443] : ['http' as const, 80];
  return { host: hostname, port: port === '' ? usual : Number(port), protocol: scheme };
}
