import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';
import { findAnswer } from './answers.ts';
import type { Claim } from './answers.ts';
import { cancelPayment, decidePayment, expirePayment, settlePayment } from './decide-payment.ts';
import type { Decided } from './decide-payment.ts';
import { viewPayment } from './payment.ts';
import type { Choice, Payment, PaymentStatus, PaymentView } from './payment.ts';
import { paymentWebhooks } from './webhook-rows.ts';
import type { WebhookRow } from './webhook-rows.ts';

const sql = {
  insert: loadSql(import.meta.url, './sql/insert-payment.sql'),
  select: loadSql(import.meta.url, './sql/select-payment.sql'),
  lock: loadSql(import.meta.url, './sql/lock-payment.sql'),
  list: loadSql(import.meta.url, './sql/list-payments.sql'),
  takeDue: loadSql(import.meta.url, './sql/take-due-payments.sql'),
  update: loadSql(import.meta.url, './sql/update-payments.sql'),
  insertWebhooks: loadSql(import.meta.url, './sql/insert-webhooks.sql'),
};

export type NewPayment = Omit<Payment, 'change_xid' | 'change_no'>;
type FoundPayment = Payment & { refunded_minor: number };

/** One page of a list; `next` is where the following begins, also when there is nothing behind it yet. */
export interface Page<T> {
  rows: T[];
  next: string;
}

export interface ListQuery {
  /** `xid-no` */
  after: string;
  since: Date;
  status: string | null;
  countMax: number;
}

/** Payments in PostgreSQL. What changes one queues what is told about it in the same transaction. */
export class PaymentTable {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Makes it, once per key; a repeat gets the first answer. */
  async create(payment: NewPayment, claim: Claim): Promise<PaymentView | 'reused'> {
    const view = viewPayment(payment);
    const values = [claim.key, claim.digest, JSON.stringify(view), JSON.stringify(payment)];
    const { rowCount } = await this.#pool.query(sql.insert, values);
    if (rowCount === 1) return view;
    const answer = await findAnswer<PaymentView>(this.#pool, 'payments', claim);
    if (answer === undefined) throw new Error('the key of a payment is neither free nor taken');
    return answer;
  }

  /** What was answered under this key before; undefined when nothing was. */
  repeat(claim: Claim): Promise<PaymentView | 'reused' | undefined> {
    return findAnswer<PaymentView>(this.#pool, 'payments', claim);
  }

  async find(paymentId: string): Promise<FoundPayment | undefined> {
    const { rows: [row] } = await this.#pool.query<FoundPayment>(sql.select, [paymentId]);
    return row;
  }

  /** In the order of their last change: one that changes comes again. */
  async list({ after, since, status, countMax }: ListQuery): Promise<Page<PaymentView>> {
    const [xid, no] = after.split('-');
    const { rows } = await this.#pool.query<FoundPayment>(sql.list, [xid, no, since, status, countMax]);
    const last = rows.at(-1);
    return {
      rows: rows.map((row) => viewPayment(row, row.refunded_minor)),
      next: last === undefined ? after : `${last.change_xid}-${last.change_no}`,
    };
  }

  /** Canceled now or before; else the status that forbids it. */
  async cancel(paymentId: string, now: Date): Promise<PaymentStatus | undefined> {
    return this.#change(paymentId, (payment) => {
      if (payment.status !== 'requires_action') return undefined;
      return payment.expires_at <= now ? expirePayment(payment, now) : cancelPayment(payment, now);
    });
  }

  /**
   * What a person chose on the page. `isChosen` is false when it was too late; nothing but the expiry has
   * happened then.
   */
  async choose(
    paymentId: string, choice: Choice, now: Date,
  ): Promise<{ isChosen: boolean; status: PaymentStatus } | undefined> {
    let isChosen = false;
    const status = await this.#change(paymentId, (payment) => {
      if (payment.status !== 'requires_action') return undefined;
      if (payment.expires_at <= now) return expirePayment(payment, now);
      isChosen = true;
      return decidePayment(payment, choice, now);
    });
    return status === undefined ? undefined : { isChosen, status };
  }

  /** Decides, captures and expires what is due. Returns how many there were. */
  settleDue(countMax: number): Promise<number> {
    return withTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<Payment>(sql.takeDue, [countMax]);
      const now = new Date();
      await write(client, rows.map((payment) => settlePayment(payment, now)));
      return rows.length;
    });
  }

  #change(
    paymentId: string, decide: (payment: Payment) => Decided | undefined,
  ): Promise<PaymentStatus | undefined> {
    return withTransaction(this.#pool, async (client) => {
      const { rows: [payment] } = await client.query<Payment>(sql.lock, [paymentId]);
      const decided = payment === undefined ? undefined : decide(payment);
      if (decided !== undefined && decided.told.length > 0) await write(client, [decided]);
      return decided?.payment.status ?? payment?.status;
    });
  }
}

/** Queues messages in the transaction of what they tell. */
export async function queueWebhooks(client: PoolClient, rows: readonly WebhookRow[]): Promise<void> {
  if (rows.length > 0) await client.query(sql.insertWebhooks, [JSON.stringify(rows)]);
}

async function write(client: PoolClient, decided: readonly Decided[]): Promise<void> {
  if (decided.length === 0) return;
  await client.query(sql.update, [JSON.stringify(decided.map(({ payment }) => payment))]);
  await queueWebhooks(client, decided.flatMap(paymentWebhooks));
}
