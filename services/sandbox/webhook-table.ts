import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';

const sql = {
  take: loadSql(import.meta.url, './sql/take-webhooks.sql'),
  note: loadSql(import.meta.url, './sql/note-webhook.sql'),
  redeliver: loadSql(import.meta.url, './sql/redeliver-webhooks.sql'),
  select: loadSql(import.meta.url, './sql/select-webhooks.sql'),
  countPending: loadSql(import.meta.url, './sql/count-pending-webhooks.sql'),
};

/** A message that is to be sent now. */
export interface TakenWebhook {
  delivery_id: number;
  payment_id: string;
  message_id: string;
  type: string;
  url: string;
  body: string;
  /** this one included */
  attempts: number;
  first_attempt_at: Date;
}

export interface DeliveryView {
  messageId: string;
  type: string;
  state: 'pending' | 'delivered' | 'dead';
  attempts: number;
  lastStatus: number | null;
  lastFault: string | null;
}

export interface AttemptResult {
  state: DeliveryView['state'];
  /** until the next attempt */
  dueMs: number;
  status?: number | undefined;
  fault: string;
}

/** What `deliveries` shows at most. */
const SHOWN_MAX = 200;

/** Messages in PostgreSQL: each is taken by one process at a time, in the order of its payment. */
export class WebhookTable {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** @param leaseMs until somebody else may take them over, unless they were noted before */
  async take(leaseMs: number, countMax: number): Promise<TakenWebhook[]> {
    return (await this.#pool.query<TakenWebhook>(sql.take, [leaseMs, countMax])).rows;
  }

  /** Does nothing when somebody else has taken it over. */
  async note(taken: TakenWebhook, { state, dueMs, status, fault }: AttemptResult): Promise<void> {
    const values = [taken.delivery_id, taken.attempts, state, dueMs, status ?? null, fault || null];
    await this.#pool.query(sql.note, values);
  }

  /** Queues every message about a payment once more. Returns how many. */
  async redeliver(paymentId: string): Promise<number> {
    return (await this.#pool.query(sql.redeliver, [paymentId])).rowCount ?? 0;
  }

  async deliveries(paymentId: string): Promise<DeliveryView[]> {
    type Row = {
      message_id: string; type: string; state: DeliveryView['state']; attempts: number;
      last_status: number | null; last_fault: string | null;
    };
    const { rows } = await this.#pool.query<Row>(sql.select, [paymentId, SHOWN_MAX]);
    return rows.map((row) => ({
      messageId: row.message_id, type: row.type, state: row.state, attempts: row.attempts,
      lastStatus: row.last_status, lastFault: row.last_fault,
    }));
  }

  async countPending(paymentId: string): Promise<number> {
    const { rows: [row] } = await this.#pool.query<{ pending: number }>(sql.countPending, [paymentId]);
    return row?.pending ?? 0;
  }
}
