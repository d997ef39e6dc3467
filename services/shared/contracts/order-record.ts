import type { OrderExtras } from './outbox.ts';
import { readItems } from './hold-record.ts';
import type { PackedItem } from './hold-record.ts';

/**
 * An order as Redis keeps it: one field of `{pNN}:S:orders`, written by lua/include/orders.lua, parted by
 * tabs:
 *
 *   status digest buyerId holdId confirmedAtMs items terms eventId extras
 *
 * `items` and `terms` as in contracts/hold-record.ts, `extras` is JSON (contracts/outbox.ts). What the order
 * says is durable when `eventId` is not in `{pNN}:unconfirmed` any more. One that was more than confirmed at
 * once goes on:
 *
 *   method attempt deadlineMs startedAtMs placedAtMs capMs codes gone money
 *
 * `codes` are parted by spaces, `gone` are numbers of cancelled tickets joined by dots. `money` is parted by
 * spaces: `p=<paymentId>=<amount>=<currency>=<kind>` and `r=<refundId>=<paymentId>=<amount>=<status>`, kind
 * and status by their first letters, in the order in which they came.
 */
export interface OrderRecord {
  status: OrderStatus;
  digest: string;
  buyerId: string;
  holdId: string;
  /** 0 before it was confirmed */
  confirmedAtMs: number;
  items: PackedItem[];
  terms: string;
  eventId: string;
  extras: OrderExtras;
  /** undefined for an order that was confirmed at once */
  payment: OrderPayment | undefined;
}

/**
 * `pending`: an attempt to pay is under way; `failed`: the last one has failed and another may be made. Both
 * own their places until the order's deadline.
 */
export const ORDER_STATUSES = ['pending', 'failed', 'confirmed', 'expired', 'cancelled'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** `kept`: the price of the order; `mismatched`: held for an operator; `refused`: given back in full. */
export const PAYMENT_KINDS = ['kept', 'mismatched', 'refused'] as const;
export type PaymentKind = (typeof PAYMENT_KINDS)[number];

/** `failed` is final: what was not given back can be requested anew. */
export const REFUND_STATUSES = ['requested', 'completed', 'failed'] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

export interface OrderPayment {
  method: string;
  attempt: number;
  deadlineMs: number;
  startedAtMs: number;
  /** of its hold, as the absolute end that this had */
  placedAtMs: number;
  capMs: number;
  codes: string[];
  /** numbers of cancelled tickets */
  gone: number[];
  payments: { paymentId: string; amountMinor: number; currency: string; kind: PaymentKind }[];
  refunds: { refundId: string; paymentId: string; amountMinor: number; status: RefundStatus }[];
}

/** Whether an order owns places that nobody has paid for yet. */
export function isPending({ status }: { status: OrderStatus }): boolean {
  return status === 'pending' || status === 'failed';
}

const FIELDS = 9;
const FIELDS_WITH_PAYMENT = 18;

/** Reads a record; throws on anything that the scripts do not write. */
export function readOrderRecord(record: string): OrderRecord {
  const f = record.split('\t');
  const status = ORDER_STATUSES.find((one) => one === f[0]);
  if (status === undefined || (f.length !== FIELDS && f.length !== FIELDS_WITH_PAYMENT)) {
    throw new Error(`not an order record: ${record.slice(0, 80)}`);
  }
  return {
    status,
    digest: f[1] ?? '',
    buyerId: f[2] ?? '',
    holdId: f[3] ?? '',
    confirmedAtMs: Number(f[4]),
    items: readItems(f[5] ?? ''),
    terms: f[6] ?? '',
    eventId: f[7] ?? '',
    extras: JSON.parse(f[8] ?? '') as OrderExtras,
    payment: f.length === FIELDS ? undefined : readPayment(f.slice(FIELDS)),
  };
}

function readPayment([method = '', ...f]: string[]): OrderPayment {
  const [attempt = 0, deadlineMs = 0, startedAtMs = 0, placedAtMs = 0, capMs = 0] = f.slice(0, 5).map(Number);
  const [codes = '', gone = '', money = ''] = f.slice(5);
  const payments: OrderPayment['payments'] = [];
  const refunds: OrderPayment['refunds'] = [];
  for (const text of money.split(' ').filter(Boolean)) {
    const [what, id = '', second = '', third = '', letter = ''] = text.split('=');
    if (what === 'p') {
      payments.push({
        paymentId: id, amountMinor: Number(second), currency: third, kind: byLetter(PAYMENT_KINDS, letter),
      });
    } else {
      refunds.push({
        refundId: id, paymentId: second, amountMinor: Number(third),
        status: byLetter(REFUND_STATUSES, letter),
      });
    }
  }
  return {
    method, attempt, deadlineMs, startedAtMs, placedAtMs, capMs,
    codes: codes.split(' ').filter(Boolean),
    gone: gone.split('.').filter(Boolean).map(Number),
    payments, refunds,
  };
}

function byLetter<T extends string>(known: readonly T[], letter: string): T {
  const found = known.find((one) => one.startsWith(letter));
  if (found === undefined || letter === '') throw new Error(`not one of ${known.join(', ')}: ${letter}`);
  return found;
}
