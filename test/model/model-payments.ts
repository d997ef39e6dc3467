import * as fc from 'fast-check';
import { evolve } from '../../services/shared/contracts/evolve.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import type { OrderState } from '../../services/shared/contracts/folded-sale.ts';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { isPending } from '../../services/shared/contracts/order-record.ts';
import { Payments } from '../../services/selling/payments.ts';
import type { Capture } from '../../services/selling/payments.ts';
import type { Answer } from '../../services/selling/stock.ts';
import {
  confirmOf, ENDED, expectAnswer, expectOrder, foldDue, isLapsed, recordOf,
} from './model-steps.ts';
import type { RefVerb } from './model-steps.ts';
import { CONTEXT } from './model-world.ts';
import type { Called, ModelSale, ModelWorld } from './model-world.ts';

/**
 * What the verbs on orders and money do to a world, told twice, late and in any order: as in model-steps.ts,
 * every answer must be the one that the fold called for. `checkMoney` then finds every captured amount again.
 */

export const ATTEMPTS_MAX = 3;

/** One order as somebody names it: one that there is, most often one that is pending, or any id. */
export interface OrderPick {
  sale: number;
  order: number;
  isKnown: boolean;
}

export const orderPicks = {
  sale: fc.nat(1), order: fc.nat(60),
  isKnown: fc.constantFrom(...Array.from({ length: 9 }, () => true), false),
};

const METHODS = ['sandbox', 'stripe', 'offline', 'handover'];

/** With two orders per hold, as `confirm` has them; mostly the next attempt, or one that was made. */
export function payVerb(world: ModelWorld, payMs: number): RefVerb {
  const attemptOf = (saleId: string, pick: { hold: number; key: number }) => {
    const { orderId } = confirmOf(pick);
    const made = world.sales.find((sale) => sale.saleId === saleId)?.fold.orders.get(orderId)?.attempt ?? 0;
    return Math.max(1, made + (pick.key === 2 ? 0 : 1));
  };
  const attempts = new Map<unknown, number>();
  return {
    send(stock, partition, ref, pick) {
      const { orderId, digest } = confirmOf(pick);
      const method = METHODS[pick.key] ?? '';
      const attempt = attemptOf(ref.saleId, pick);
      attempts.set(pick, attempt);
      const extras = { paymentMethod: method, contact: 'sealed', ticketSeed: `t_${orderId}`, digest };
      return new Payments(stock).start(partition, { ...ref, orderId, digest, method, attempt, payMs,
        attemptsMax: ATTEMPTS_MAX, extras: JSON.stringify(extras) });
    },
    judge(world, { sale, ref, pick, answer }, called) {
      const { orderId, digest } = confirmOf(pick);
      const attempt = attempts.get(pick) ?? 0;
      const order = sale.fold.orders.get(orderId);
      if (order !== undefined) {
        if (order.extras.digest !== digest) return expectAnswer(answer, 'idempotency_key_reused');
        const refusal = attempt <= order.attempt ? undefined : refusalOfAttempt(order, called, answer);
        if (refusal !== undefined) return expectAnswer(answer, ...refusal);
        if (attempt > order.attempt) world.fold(sale, 'payment.started', order.holdId);
        return expectOrder(answer, order.holdId, order.eventId);
      }
      if (attempt !== 1) return expectAnswer(answer, 'order_unknown');
      const hold = recordOf(sale, ref);
      if (hold === undefined) return expectAnswer(answer, 'hold_unknown');
      if (hold.status !== 'live') return expectAnswer(answer, ENDED[hold.status], hold.orderId);
      if (isLapsed(hold.expiresAt, called, answer)) return expectAnswer(answer, 'hold_expired');
      const event = world.fold(sale, 'payment.started', ref.holdId);
      const { deadlineMs } = sale.fold.orders.get(orderId) as OrderState;
      if (deadlineMs !== Date.parse(event.time) + payMs) throw new Error(`${orderId} ends at ${deadlineMs}`);
      world.note('payment.started');
      expectOrder(answer, ref.holdId, event.id);
    },
  };
}

const BY_STATUS = { pending: 'payment_under_way', failed: 'ok', confirmed: 'order_confirmed',
  expired: 'order_expired', cancelled: 'order_cancelled' };

function refusalOfAttempt(
  order: OrderState, called: Called<unknown>, answer: Answer,
): [reason: string, detail?: string] | undefined {
  if (order.status !== 'failed') return [BY_STATUS[order.status]];
  if (isLapsed(iso(order.deadlineMs), called, answer, 'order_expired')) return ['order_expired'];
  if (order.attempt >= ATTEMPTS_MAX) return ['payment_attempts_spent', String(order.attempt)];
  return undefined;
}

export interface CapturePick extends OrderPick {
  payment: number;
  what: 'price' | 'less' | 'foreign';
}

export const capturePicks = fc.array(fc.record<CapturePick>({
  ...orderPicks, payment: fc.constantFrom(0, 0, 0, 1, 2),
  what: fc.constantFrom('price', 'price', 'price', 'price', 'price', 'less', 'foreign'),
}), { minLength: 1, maxLength: 4 });

/** Tells of captures, all in one call. */
export async function capture(world: ModelWorld, picks: CapturePick[]): Promise<void> {
  const payments = new Payments(world.stock);
  const sent = picks.map((pick) => {
    const { sale, orderId, order } = orderAt(world, pick);
    const costsMinor = order?.totalMinor ?? 1000;
    const amountMinor = pick.what === 'less' ? costsMinor - 1 : costsMinor;
    const currency = pick.what === 'foreign' ? 'USD' : sale.known.definition.currency;
    const one: Capture = {
      saleId: sale.saleId, orderId, context: CONTEXT, paymentId: `pi_${orderId}.${pick.payment}`, amountMinor,
      currency, attempt: order?.attempt ?? 1, method: 'sandbox',
      price: { amountMinor: costsMinor, currency: sale.known.definition.currency },
    };
    return { sale, one };
  });
  const called = await world.during(() =>
    Promise.all(sent.map(({ one }) => payments.settle(world.partition, one))));
  for (const [i, { sale, one }] of sent.entries()) {
    judgeCapture(world, sale, one, called, called.answer[i] as Answer);
    world.judged += 1;
  }
  world.expectNoMore();
}

function judgeCapture(
  world: ModelWorld, sale: ModelSale, one: Capture, called: Called<unknown>, answer: Answer,
): void {
  const order = sale.fold.orders.get(one.orderId);
  if (order === undefined) return expectAnswer(answer, 'order_unknown');
  const { holdId } = order;
  if (order.payments.has(one.paymentId)) {
    world.note('payment told before');
    return expectOrder(answer, holdId, order.eventId);
  }
  sale.captured.set(`${one.orderId} ${one.paymentId}`, `${one.amountMinor} ${one.currency}`);
  foldExpiry(world, sale, one.orderId, called);
  let outcome: SaleEvent['type'] = 'order.confirmed';
  if (one.amountMinor !== one.price.amountMinor || one.currency !== one.price.currency) {
    outcome = 'payment.mismatched';
  } else if (order.status === 'expired') {
    foldDue(world, sale, called, true);
    if (canRetake(sale, one.orderId)) {
      world.fold(sale, 'payment.late', holdId);
      world.note('payment.late');
    } else {
      outcome = 'refund.requested';
    }
  } else if (!isPending(order)) {
    outcome = 'refund.requested';
  }
  const event = world.fold(sale, outcome, holdId);
  world.note(event.type === 'refund.requested' ? `refund: ${event.data.reason}` : outcome);
  expectOrder(answer, holdId, event.id);
}

/** An order whose deadline has passed lapses before anything else is said about it. */
function foldExpiry(world: ModelWorld, sale: ModelSale, orderId: string, called: Called<unknown>): boolean {
  const order = sale.fold.orders.get(orderId);
  if (order === undefined || !isPending(order) || order.deadlineMs > called.toMs) return false;
  const [next] = sale.unread;
  const isExpiry = next?.type === 'order.expired' && next.body[0] === orderId;
  if (!isExpiry && order.deadlineMs > called.fromMs) return false;
  world.fold(sale, 'order.expired', order.holdId);
  world.note('order.expired');
  return true;
}

/** Whether the fold would take it. */
function canRetake({ fold, unread: [next] }: ModelSale, orderId: string): boolean {
  const order = fold.orders.get(orderId) as OrderState;
  const { holdId, buyerId, items } = order;
  const data = { orderId, holdId, buyerId, items, paymentId: 'trial' };
  const time = iso(next?.timeMs ?? Date.now());
  try {
    evolve(structuredClone(fold), { type: 'payment.late', data, time, id: 't', sequence: '1', epoch: 0,
      subject: 't' } as SaleEvent);
    return true;
  } catch {
    return false;
  }
}

export interface FailPick extends OrderPick {
  isLast: boolean;
  retryMs: number;
}

export const failPicks = fc.record<FailPick>({
  ...orderPicks, isLast: fc.constantFrom(true, true, true, true, false),
  retryMs: fc.constantFrom(5, 40, 1000),
});

/** Tells that an attempt has failed, most often the last one. */
export async function fail(world: ModelWorld, pick: FailPick): Promise<void> {
  const { sale, orderId, order } = orderAt(world, pick);
  const attempt = (order?.attempt ?? 1) + (pick.isLast ? 0 : -1);
  const called = await world.during(() => new Payments(world.stock).fail(world.partition, {
    saleId: sale.saleId, orderId, context: CONTEXT, attempt, attemptsMax: ATTEMPTS_MAX,
    retryMs: pick.retryMs, reason: 'the card was "declined"',
  }));
  await judged(world, async () => {
    if (order === undefined) return expectAnswer(called.answer, 'order_unknown');
    const isIt = order.status === 'pending' && order.attempt === attempt;
    if (isIt && !foldExpiry(world, sale, orderId, called)) {
      const beforeMs = order.deadlineMs;
      const event = world.fold(sale, 'payment.failed', order.holdId);
      const leastMs = attempt < ATTEMPTS_MAX ? Date.parse(event.time) + pick.retryMs : 0;
      if (order.deadlineMs !== Math.max(beforeMs, leastMs)) throw new Error(`it ends at ${order.deadlineMs}`);
      world.note('payment.failed');
    }
    expectOrder(called.answer, order.holdId, order.eventId);
  });
}

export interface CancelPick extends OrderPick {
  tickets: number[] | undefined;
  isReturned: boolean;
  /** what of the order was read before it changed: which tickets are left, or that it was not paid for */
  stale: 'nothing' | 'tickets' | 'status';
  /** percent of what was paid */
  refund: number;
}

export const cancelPicks = fc.record<CancelPick>({
  ...orderPicks, tickets: fc.constantFrom(undefined, undefined, [1], [2], [1, 3]), isReturned: fc.boolean(),
  stale: fc.constantFrom('nothing', 'nothing', 'nothing', 'tickets', 'status'),
  refund: fc.constantFrom(0, 50, 50, 100, 101),
});

/** Cancels an order or some of its tickets, with a part of its price or without. */
export async function cancel(world: ModelWorld, pick: CancelPick): Promise<void> {
  const { sale, orderId, order } = orderAt(world, pick);
  const { orders } = saleKeys(world.partition, sale.saleId);
  const fields = (await world.redis.hget(orders, orderId) ?? '\t\t\t\t\t0,0,0,0,1,0,-1,\t\t').split('\t');
  if (pick.stale === 'tickets' && fields.length > 16) fields[16] = '';
  if (pick.stale === 'status') fields[0] = 'pending';
  const known = readGone(fields);
  const paid = [...order?.payments ?? []].find(([, { kind }]) => kind === 'kept');
  const amountMinor = Math.floor((paid?.[1].amountMinor ?? 0) * pick.refund / 100);
  const refund = pick.refund === 0 ? undefined : {
    refundId: `re_${orderId}.${pick.order % 3}`, paymentId: paid?.[0] ?? 'pi_none', amountMinor,
    currency: sale.known.definition.currency,
  };
  const called = await world.during(() => new Payments(world.stock).cancel(world.partition, {
    saleId: sale.saleId, orderId, context: CONTEXT, record: fields.join('\t'), isReturned: pick.isReturned,
    reason: 'asked', ...pick.tickets && { tickets: pick.tickets }, ...refund && { refund },
  }));
  const { answer } = called;
  await judged(world, async () => {
    if (order === undefined) return expectAnswer(answer, 'order_unknown');
    const count = order.items.reduce((sum, { quantity }) => sum + quantity, 0);
    const going = Array.from({ length: count }, (_, i) => i + 1)
      .filter((n) => !known.includes(n) && (pick.tickets === undefined || pick.tickets.includes(n)));
    if (isPending(order)) {
      if (foldExpiry(world, sale, orderId, called)) return expectAnswer(answer, 'order_expired');
      if (going.length < count) return expectAnswer(answer, 'stale');
      world.fold(sale, 'order.cancelled', order.holdId);
      world.note('cancelled before payment');
      return expectOrder(answer, order.holdId, order.eventId);
    }
    const after = [...known, ...going].toSorted((a, b) => a - b);
    if (after.join() === order.gone.join()) return expectOrder(answer, order.holdId, order.eventId);
    if (order.status !== 'confirmed') return expectAnswer(answer, BY_STATUS[order.status]);
    if (pick.stale === 'status' || known.join() !== order.gone.join()) return expectAnswer(answer, 'stale');
    if (refund !== undefined) {
      const refusal = refusalOfRefund(order, refund);
      if (refusal !== undefined) return expectAnswer(answer, ...refusal);
    }
    world.fold(sale, 'order.cancelled', order.holdId);
    if (refund !== undefined) world.fold(sale, 'refund.requested', order.holdId);
    world.note(`cancelled, ${pick.isReturned ? 'returned' : 'blocked'}`);
    expectOrder(answer, order.holdId, order.eventId);
  });
}

function readGone(fields: string[]): number[] {
  return (fields[16] ?? '').split('.').filter(Boolean).map(Number);
}

function refusalOfRefund(
  order: OrderState, { refundId, paymentId, amountMinor }: { refundId: string; paymentId: string;
    amountMinor: number },
): [reason: string, detail?: string] | undefined {
  const payment = order.payments.get(paymentId);
  if (payment === undefined) return ['payment_unknown'];
  if (order.refunds.has(refundId)) return ['idempotency_key_reused'];
  const left = leftOf(order, paymentId);
  return amountMinor > left ? ['refund_too_large', String(left)] : undefined;
}

function leftOf({ payments, refunds }: OrderState, paymentId: string): number {
  return [...refunds.values()].reduce((left, refund) =>
    (refund.paymentId === paymentId && refund.status !== 'failed' ? left - refund.amountMinor : left),
  payments.get(paymentId)?.amountMinor ?? 0);
}

export interface RefundPick extends OrderPick {
  at: number;
  id: number;
  percent: number;
}

export const refundPicks = fc.record<RefundPick>({
  ...orderPicks, at: fc.nat(3), id: fc.nat(3), percent: fc.constantFrom(30, 100, 100),
});

/** Requests a refund of any payment, under one of a few ids. */
export async function askRefund(world: ModelWorld, pick: RefundPick): Promise<void> {
  const { sale, orderId, order } = orderAt(world, pick, true);
  const [paymentId = 'pi_none', payment] = [...order?.payments ?? []].at(pick.at % 2) ?? [];
  const amountMinor = Math.floor((payment?.amountMinor ?? 100) * pick.percent / 100);
  const refund = { refundId: `re_${orderId}.${pick.id}`, paymentId, amountMinor };
  const { answer } = await world.during(() => new Payments(world.stock).requestRefund(world.partition,
    { saleId: sale.saleId, orderId, context: CONTEXT, reason: 'mismatched', ...refund }));
  await judged(world, async () => {
    if (order === undefined) return expectAnswer(answer, 'order_unknown');
    const known = order.refunds.get(refund.refundId);
    const isRepeat = known?.paymentId === paymentId && known.amountMinor === amountMinor;
    if (known !== undefined && !isRepeat) return expectAnswer(answer, 'idempotency_key_reused');
    const refusal = isRepeat ? undefined : refusalOfRefund(order, refund);
    if (refusal !== undefined) return expectAnswer(answer, ...refusal);
    if (!isRepeat) world.fold(sale, 'refund.requested', order.holdId);
    expectOrder(answer, order.holdId, order.eventId);
  });
}

export const outcomePicks = fc.record<OrderPick & { at: number; outcome: 'completed' | 'failed' }>({
  ...orderPicks, at: fc.nat(3), outcome: fc.constantFrom('completed', 'completed', 'failed'),
});

/** Tells how a refund has ended, maybe twice and otherwise. */
export async function endRefund(
  world: ModelWorld, pick: OrderPick & { at: number; outcome: 'completed' | 'failed' },
): Promise<void> {
  const { sale, orderId, order } = orderAt(world, pick, true);
  const [refundId = 're_none', refund] = [...order?.refunds ?? []].at(pick.at % 3) ?? [];
  const { outcome } = pick;
  const { answer } = await world.during(() => new Payments(world.stock).settleRefund(world.partition,
    { saleId: sale.saleId, orderId, context: CONTEXT, refundId, outcome, reason: 'no such card' }));
  await judged(world, async () => {
    if (order === undefined) return expectAnswer(answer, 'order_unknown');
    if (refund === undefined) return expectAnswer(answer, 'refund_unknown');
    if (refund.status === 'requested') {
      world.fold(sale, `refund.${outcome}`, order.holdId);
      world.note(`refund.${outcome}`);
    } else if (refund.status !== outcome) {
      return expectAnswer(answer, 'refund_settled');
    }
    expectOrder(answer, order.holdId, order.eventId);
  });
}

/** Every amount that a provider took is in the log once: for an order, held, or given back. */
export function checkMoney({ events, captured, fold }: ModelSale): void {
  const found = new Map<string, string>();
  const add = (orderId: string, paymentId: string, amount: string) => {
    if (found.has(`${orderId} ${paymentId}`)) throw new Error(`${paymentId} is in the log twice`);
    found.set(`${orderId} ${paymentId}`, amount);
  };
  for (const { type, data } of events) {
    if (type === 'order.confirmed' && data.paymentId !== undefined) {
      add(data.orderId, data.paymentId, `${data.total} ${data.currency}`);
    } else if (type === 'payment.mismatched'
      || (type === 'refund.requested' && data.refundId === data.paymentId)) {
      add(data.orderId, data.paymentId, `${data.amount} ${data.currency}`);
    }
  }
  const text = (map: Map<string, string>) => [...map].map((entry) => entry.join(': ')).toSorted().join(', ');
  if (text(found) !== text(captured)) {
    throw new Error(`captured ${text(captured)}, in the log ${text(found)}`);
  }
  for (const [orderId, order] of fold.orders) {
    const kept = [...order.payments.values()].filter(({ kind }) => kind === 'kept');
    const isPaid = order.attempt > 0 && order.confirmedAtMs > 0;
    if (kept.length !== (isPaid ? 1 : 0)) throw new Error(`${orderId} keeps ${kept.length} payments`);
  }
}

function orderAt(
  world: ModelWorld, { sale: at, order: pick, isKnown }: OrderPick, hasMoney = false,
): { sale: ModelSale; orderId: string; order: OrderState | undefined } {
  const sale = world.sales[at] as ModelSale;
  const orders = [...sale.fold.orders];
  const wanted = orders.filter(([, order]) => (hasMoney ? order.payments.size > 0 : isPending(order)));
  const among = wanted.length > 0 && pick % 3 !== 0 ? wanted : orders;
  const [orderId = `o${pick}-0`, order] = isKnown ? among[pick % among.length] ?? [] : [];
  return { sale, orderId, order: order ?? sale.fold.orders.get(orderId) };
}

async function judged(world: ModelWorld, work: () => Promise<void>): Promise<void> {
  await work();
  world.judged += 1;
  world.expectNoMore();
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
