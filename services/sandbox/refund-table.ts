import { randomBytes } from 'node:crypto';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';
import { findAnswer } from './answers.ts';
import type { Claim } from './answers.ts';
import type { Payment } from './payment.ts';
import { queueWebhooks } from './payment-table.ts';
import type { ListQuery, Page } from './payment-table.ts';
import { settleRefund, viewRefund } from './refund.ts';
import type { Refund, RefundOutcome, RefundView } from './refund.ts';
import { RefusedError } from './refuse.ts';
import { refundWebhook } from './webhook-rows.ts';

const sql = {
  insertAnswer: loadSql(import.meta.url, './sql/insert-answer.sql'),
  updateAnswer: loadSql(import.meta.url, './sql/update-answer.sql'),
  lockPayment: loadSql(import.meta.url, './sql/lock-payment.sql'),
  sumRefunds: loadSql(import.meta.url, './sql/sum-refunds.sql'),
  insert: loadSql(import.meta.url, './sql/insert-refund.sql'),
  select: loadSql(import.meta.url, './sql/select-refund.sql'),
  list: loadSql(import.meta.url, './sql/list-refunds.sql'),
  takeDue: loadSql(import.meta.url, './sql/take-due-refunds.sql'),
  update: loadSql(import.meta.url, './sql/update-refunds.sql'),
};

export interface RefundRequest {
  paymentId: string;
  /** absent: all that is left */
  amountMinor?: number;
  reference: string;
  outcome: RefundOutcome;
  delayMs: number;
}

/** Refunds in PostgreSQL. Together they never exceed what was captured; failed ones do not count. */
export class RefundTable {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Makes it, once per key; a repeat gets the first answer.
   *
   * @throws RefusedError, and nothing has changed
   */
  create(request: RefundRequest, claim: Claim, now: Date): Promise<RefundView | 'reused'> {
    return withTransaction(this.#pool, async (client) => {
      // Waits for a request with the same key that is under way.
      const claimed = await client.query(sql.insertAnswer, ['refunds', claim.key, claim.digest]);
      if (claimed.rowCount === 0) {
        const answer = await findAnswer<RefundView>(client, 'refunds', claim);
        if (answer === undefined) throw new Error('the key of a refund is neither free nor taken');
        return answer;
      }
      const payment = await lockCaptured(client, request.paymentId);
      const refund = refundOf(request, payment, await leftMinor(client, payment), now);
      await client.query(sql.insert, [JSON.stringify(refund)]);
      if (refund.status !== 'pending') {
        await queueWebhooks(client, [refundWebhook(refund, payment.webhook_url)]);
      }
      const view = viewRefund(refund);
      await client.query(sql.updateAnswer, ['refunds', claim.key, JSON.stringify(view)]);
      return view;
    });
  }

  async find(refundId: string): Promise<RefundView | undefined> {
    const { rows: [row] } = await this.#pool.query<Refund>(sql.select, [refundId]);
    return row === undefined ? undefined : viewRefund(row);
  }

  /** In the order of their last change: one that changes comes again. */
  async list({ after, since, status, countMax }: ListQuery): Promise<Page<RefundView>> {
    const [xid, no] = after.split('-');
    type Row = Refund & { change_xid: string; change_no: number };
    const { rows } = await this.#pool.query<Row>(sql.list, [xid, no, since, status, countMax]);
    const last = rows.at(-1);
    return {
      rows: rows.map(viewRefund), next: last === undefined ? after : `${last.change_xid}-${last.change_no}`,
    };
  }

  /** Ends those that are due. Returns how many there were. */
  settleDue(countMax: number): Promise<number> {
    return withTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<Refund & { webhook_url: string }>(sql.takeDue, [countMax]);
      if (rows.length === 0) return 0;
      const now = new Date();
      const settled = rows.map((row) => ({ refund: settleRefund(row, now), url: row.webhook_url }));
      await client.query(sql.update, [JSON.stringify(settled.map(({ refund }) => refund))]);
      await queueWebhooks(client, settled.map(({ refund, url }) => refundWebhook(refund, url)));
      return rows.length;
    });
  }
}

async function lockCaptured(client: PoolClient, paymentId: string): Promise<Payment> {
  const { rows: [payment] } = await client.query<Payment>(sql.lockPayment, [paymentId]);
  if (payment === undefined) throw new RefusedError('payment_unknown');
  if (payment.status !== 'captured') {
    throw new RefusedError('payment_not_captured', { paymentStatus: payment.status });
  }
  return payment;
}

async function leftMinor(client: PoolClient, payment: Payment): Promise<number> {
  const { rows: [sum] } =
    await client.query<{ refunded_minor: number }>(sql.sumRefunds, [payment.payment_id]);
  return payment.captured_minor - (sum?.refunded_minor ?? 0);
}

function refundOf(request: RefundRequest, payment: Payment, leftMinor: number, now: Date): Refund {
  const amountMinor = request.amountMinor ?? leftMinor;
  if (amountMinor > leftMinor || amountMinor === 0) throw new RefusedError('refund_too_large', { leftMinor });
  const refund: Refund = {
    refund_id: `ref_${randomBytes(16).toString('base64url')}`,
    payment_id: payment.payment_id,
    status: 'pending',
    amount_minor: amountMinor,
    currency: payment.currency,
    reference: request.reference,
    outcome: request.outcome,
    created_at: now,
    settle_at: new Date(now.getTime() + request.delayMs),
    changed_at: now,
  };
  return request.delayMs === 0 ? settleRefund(refund, now) : refund;
}
