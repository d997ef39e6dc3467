import { randomBytes } from 'node:crypto';
import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';

const sql = {
  insert: loadSql(import.meta.url, '../sql/insert-handover.sql'),
  readOf: loadSql(import.meta.url, '../sql/read-handover-of.sql'),
  read: loadSql(import.meta.url, '../sql/read-handover.sql'),
  decide: loadSql(import.meta.url, '../sql/decide-handover.sql'),
  expire: loadSql(import.meta.url, '../sql/expire-handovers.sql'),
  takeToTell: loadSql(import.meta.url, '../sql/take-handovers-to-tell.sql'),
  noteTold: loadSql(import.meta.url, '../sql/note-handover-told.sql'),
  tellLater: loadSql(import.meta.url, '../sql/tell-handover-later.sql'),
  list: loadSql(import.meta.url, '../sql/list-handovers.sql'),
  listRefunds: loadSql(import.meta.url, '../sql/list-handover-refunds.sql'),
  lock: loadSql(import.meta.url, '../sql/lock-handover.sql'),
  sumRefunds: loadSql(import.meta.url, '../sql/sum-handover-refunds.sql'),
  readRefund: loadSql(import.meta.url, '../sql/read-handover-refund.sql'),
  insertRefund: loadSql(import.meta.url, '../sql/insert-handover-refund.sql'),
};

export type HandoverStatus = 'requires_action' | 'captured' | 'declined' | 'expired' | 'canceled';

/** A row of `handovers`. */
export interface Handover {
  handover_id: string;
  reference: string;
  status: HandoverStatus;
  amount_minor: number;
  captured_minor: number;
  currency: string;
  payment_method: string | null;
  return_url: string;
  webhook_url: string;
  expires_at: Date;
  changed_at: Date;
  tell_count: number;
  change_xid: string;
  change_no: number;
}

/** A row of `handover_refunds`. */
export interface HandoverRefund {
  refund_key: string;
  handover_id: string;
  reference: string;
  amount_minor: number;
  currency: string;
  changed_at: Date;
  change_xid: string;
  change_no: number;
}

export interface HandoverAsk {
  reference: string;
  amountMinor: number;
  currency: string;
  returnUrl: string;
  webhookUrl: string;
  expiresAt: string;
}

export interface RefundAsk {
  key: string;
  handoverId: string;
  reference: string;
  amountMinor: number;
}

export interface ListQuery {
  /** `0-0`: from the first on */
  after: string;
  since: Date;
  countMax: number;
}

/**
 * Orders of onsale whose money is taken here. A decision is made once, and is written together with that it
 * has to be told. All functions throw when PostgreSQL does not answer.
 */
export class HandoverTable {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Makes it, or gives the one that was made for the reference; undefined if that is another. */
  async create(ask: HandoverAsk): Promise<Handover | undefined> {
    const { reference, amountMinor, currency, returnUrl, webhookUrl, expiresAt } = ask;
    const id = `pay_${randomBytes(16).toString('base64url')}`;
    await this.#pool.query(sql.insert,
      [id, reference, amountMinor, currency, returnUrl, webhookUrl, expiresAt]);
    const { rows: [made] } = await this.#pool.query<Handover>(sql.readOf, [reference]);
    return made?.amount_minor === amountMinor && made.currency === currency ? made : undefined;
  }

  async find(handoverId: string): Promise<Handover | undefined> {
    return (await this.#pool.query<Handover>(sql.read, [handoverId])).rows[0];
  }

  /** Undefined when it was decided before, or its time is over. */
  async decide(
    handoverId: string, status: 'captured' | 'declined' | 'canceled', paymentMethod: string | null,
  ): Promise<Handover | undefined> {
    return (await this.#pool.query<Handover>(sql.decide, [handoverId, status, paymentMethod])).rows[0];
  }

  /** Ends some of those whose time is over. */
  async expire(countMax: number): Promise<void> {
    await this.#pool.query(sql.expire, [countMax]);
  }

  /**
   * Gives an amount back, once per key; `unknown`: there is no such payment; a number: so much is left of it.
   */
  refund(ask: RefundAsk): Promise<HandoverRefund | 'unknown' | number> {
    const { key, handoverId, reference, amountMinor } = ask;
    return withTransaction(this.#pool, async (client) => {
      const { rows: [handover] } = await client.query<Handover>(sql.lock, [handoverId]);
      if (handover === undefined) return 'unknown';
      const { rows: [before] } = await client.query<HandoverRefund>(sql.readRefund, [key]);
      if (before !== undefined) return before;
      type Sum = { refundedMinor: number };
      const { rows: [sum] } = await client.query<Sum>(sql.sumRefunds, [handoverId]);
      const leftMinor = handover.captured_minor - (sum?.refundedMinor ?? 0);
      if (amountMinor > leftMinor) return leftMinor;
      const { rows: [made] } = await client.query<HandoverRefund>(sql.insertRefund,
        [key, handoverId, reference, amountMinor, handover.currency]);
      return made ?? leftMinor;
    });
  }

  /** Takes decisions that are to be told; nobody else has them for `leaseMs`. */
  async takeToTell(countMax: number, leaseMs: number): Promise<Handover[]> {
    return (await this.#pool.query<Handover>(sql.takeToTell, [countMax, leaseMs])).rows;
  }

  async noteTold(handoverId: string): Promise<void> {
    await this.#pool.query(sql.noteTold, [handoverId]);
  }

  async tellLater(handoverId: string, inMs: number): Promise<void> {
    await this.#pool.query(sql.tellLater, [handoverId, inMs]);
  }

  /** In the order of change, behind a cursor. */
  async list(query: ListQuery): Promise<Handover[]> {
    return (await this.#pool.query<Handover>(sql.list, listValues(query))).rows;
  }

  async listRefunds(query: ListQuery): Promise<HandoverRefund[]> {
    return (await this.#pool.query<HandoverRefund>(sql.listRefunds, listValues(query))).rows;
  }
}

/** The cursor behind some rows. */
export function cursorBehind(
  rows: readonly { change_xid: string; change_no: number }[], after: string,
): string {
  const last = rows.at(-1);
  return last === undefined ? after : `${last.change_xid}-${last.change_no}`;
}

function listValues({ after, since, countMax }: ListQuery): unknown[] {
  const [xid, no] = after.split('-');
  return [xid, no, since, countMax];
}
