/**
 * What takes money for us, behind one interface. A provider answers when it likes: never, twice, late, in
 * another order, with another amount. So nothing it answers to a call is ever taken for the truth about
 * money: that is what its reports say, which come by webhook and, for those that got lost, by its lists.
 */

/** Which order. */
export interface OrderReference {
  saleId: string;
  orderId: string;
}

/** Which attempt to pay for it: goes to the provider, and comes back with all it says of the payment. */
export interface PaymentReference extends OrderReference {
  /** 1, 2, 3 … of the order */
  attempt: number;
}

export interface PaymentAsk {
  reference: PaymentReference;
  /** minor units */
  amountMinor: number;
  /** ISO 4217, upper case */
  currency: string;
  /** where the buyer is sent back to; that somebody comes there says nothing about the money */
  returnUrl: string;
  /** when the order's places go back on sale; a provider that can ends the payment then */
  expiresAtMs: number;
  /** what the sandbox is to do; other providers know of none */
  outcome?: string;
}

/** How the buyer pays; what of it there is depends on the provider. */
export interface PaymentStart {
  /** the provider's id of the payment */
  paymentId: string;
  /** a page of the provider */
  redirectUrl?: string;
  /** for a form of the provider in our own page (Stripe Elements) */
  clientSecret?: string;
}

export interface RefundAsk {
  /** of the order that was paid for */
  reference: OrderReference;
  /** ours; also the idempotency key */
  refundId: string;
  paymentId: string;
  amountMinor: number;
  currency: string;
}

/** What a provider says has become of a payment or a refund. Ids are those of the provider. */
export type PaymentReport = PaymentReported | RefundReported;

export interface PaymentReported {
  kind: 'captured' | 'failed';
  reference: PaymentReference;
  paymentId: string;
  /** captured; 0 of one that failed */
  amountMinor: number;
  currency: string;
  /** why it failed, in words that may stand in the log: nothing about the buyer */
  reason?: string;
}

export interface RefundReported {
  kind: 'refunded' | 'refund-failed';
  reference: OrderReference;
  /** ours, as in `RefundAsk` */
  refundId: string;
  paymentId: string;
  amountMinor: number;
  currency: string;
  reason?: string;
}

/** A page of what a provider has, in the order of change. */
export interface ReportPage {
  reports: PaymentReport[];
  /** for the page behind this one, also when it is empty */
  cursor: string;
  /** whether there is more at once */
  hasMore: boolean;
}

export interface PaymentProvider {
  /** the method's name in a sale's `paymentMethods` */
  readonly method: string;

  /**
   * Makes the payment of an attempt, or gives the one that was made: the reference is the idempotency key.
   *
   * @throws ProviderRefused if it will never be made; any other error leaves open whether it was
   */
  start(ask: PaymentAsk): Promise<PaymentStart>;

  /** Ends a payment if it can still be ended. That it cannot is no error: its capture is reported. */
  cancel(paymentId: string): Promise<void>;

  /**
   * Gives money back, or says what has become of the refund of that id.
   *
   * @returns `pending` while the provider has not decided; `by hand` where people do it, who tell of it
   * @throws ProviderRefused if it will never be made; any other error leaves open whether it was
   */
  refund(ask: RefundAsk): Promise<'completed' | 'pending' | 'by hand'>;

  /**
   * Reads a webhook: none for what is true and says nothing about our money.
   *
   * @param body as it came, byte by byte: signatures cover it
   * @throws WebhookRefused if it is not the provider's, or too old
   */
  readWebhook(headers: Record<string, string | string[] | undefined>, body: Buffer): Promise<PaymentReport[]>;

  /**
   * Captures, failures and refunds, from a cursor on; the first time from a time on. Who follows the cursor
   * misses nothing, and may see one twice.
   */
  list(from: { cursor: string } | { sinceMs: number }): Promise<ReportPage>;
}

/** The provider has decided, and would decide the same again. */
export class ProviderRefused extends Error {
  override name = 'ProviderRefused';
}

/** A webhook that is not to be believed. */
export class WebhookRefused extends Error {
  override name = 'WebhookRefused';
}

const ORDER = '([a-z0-9][a-z0-9-]{0,62})/(o_[\\w-]{22})';
const OF_PAYMENT = new RegExp(`^${ORDER}/([1-9]\\d{0,3})$`);
const OF_REFUND = new RegExp(`^${ORDER}/refund/([\\w.:-]{1,128})$`);

/** The text of a payment's reference, as providers get it. */
export function packReference({ saleId, orderId, attempt }: PaymentReference): string {
  return `${saleId}/${orderId}/${attempt}`;
}

/** Reads it; undefined for what is none, as of a payment that is not ours. */
export function readReference(text: string): PaymentReference | undefined {
  const [, saleId, orderId, attempt] = OF_PAYMENT.exec(text) ?? [];
  if (saleId === undefined || orderId === undefined) return undefined;
  return { saleId, orderId, attempt: Number(attempt) };
}

/** The text of a refund's reference, as providers get it. */
export function packRefund({ reference: { saleId, orderId }, refundId }: RefundAsk): string {
  return `${saleId}/${orderId}/refund/${refundId}`;
}

/** Reads it; undefined for what is none. */
export function readRefund(text: string): Pick<RefundAsk, 'reference' | 'refundId'> | undefined {
  const [, saleId, orderId, refundId] = OF_REFUND.exec(text) ?? [];
  if (saleId === undefined || orderId === undefined || refundId === undefined) return undefined;
  return { reference: { saleId, orderId }, refundId };
}
