import type { Choice, Outcome, Payment } from './payment.ts';

export const PAYMENT_EVENTS = [
  'payment.processing', 'payment.captured', 'payment.declined', 'payment.expired', 'payment.canceled',
] as const;
export type PaymentEvent = (typeof PAYMENT_EVENTS)[number];

/** A payment in its new state, and what is told about it: each event with the payment it shows. */
export interface Decided {
  payment: Payment;
  told: { type: PaymentEvent; payment: Payment; times: number }[];
}

/** What a person chose, or what was asked for when the payment was made. It must require an action still. */
export function decidePayment(payment: Payment, outcome: Choice, now: Date): Decided {
  switch (outcome) {
    case 'success':
    case 'webhook-before-redirect':
      return capturePayment(payment, now);
    case 'webhook-twice':
      return capturePayment(payment, now, { times: 2 });
    case 'wrong-amount':
      return capturePayment(payment, now, { capturedMinor: otherThan(payment.amount_minor) });
    case 'out-of-order': {
      const { payment: captured, told } = capturePayment(payment, now);
      const before: Payment = { ...payment, status: 'processing', changed_at: now };
      return { payment: captured, told: [...told, ...tell(before, 'payment.processing').told] };
    }
    case 'slow': {
      const captureAt = new Date(now.getTime() + payment.delay_ms);
      return tell({ ...payment, status: 'processing', capture_at: captureAt, changed_at: now },
        'payment.processing');
    }
    case 'decline':
      return tell({ ...payment, status: 'declined', changed_at: now }, 'payment.declined');
    case 'never':
      return { payment, told: [] };
    default:
      return assertNever(outcome);
  }
}

/** The bank has said yes, however late that is. */
export function capturePayment(
  payment: Payment, now: Date, { times = 1, capturedMinor = payment.amount_minor } = {},
): Decided {
  const captured: Payment = {
    ...payment, status: 'captured', captured_minor: capturedMinor, captured_at: now, capture_at: null,
    changed_at: now,
  };
  return tell(captured, 'payment.captured', times);
}

/** Nobody has paid by its deadline. */
export function expirePayment(payment: Payment, now: Date): Decided {
  return tell({ ...payment, status: 'expired', changed_at: now }, 'payment.expired');
}

/** The merchant does not want it any more. */
export function cancelPayment(payment: Payment, now: Date): Decided {
  return tell({ ...payment, status: 'canceled', changed_at: now }, 'payment.canceled');
}

/** What becomes of a payment whose time has come, by itself. Deadlines count, not when somebody looked. */
export function settlePayment(payment: Payment, now: Date): Decided {
  if (payment.status === 'processing') return capturePayment(payment, now);
  const { outcome, decide_at: decideAt, expires_at: expiresAt } = payment;
  const isInTime = decideAt !== null && decideAt <= expiresAt;
  return isInTime && isChoice(outcome) ? decidePayment(payment, outcome, now) : expirePayment(payment, now);
}

/** True if the outcome comes by itself, without a person. */
export function isChoice(outcome: Outcome): outcome is Choice {
  return outcome !== 'ask' && outcome !== 'provider-down';
}

function tell(payment: Payment, type: PaymentEvent, times = 1): Decided {
  return { payment, told: [{ type, payment, times }] };
}

function otherThan(amountMinor: number): number {
  return amountMinor > 1 ? amountMinor - 1 : amountMinor + 1;
}

function assertNever(outcome: never): never {
  throw new Error(`there is no outcome ${String(outcome)}`);
}
