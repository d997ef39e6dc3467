import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';

const sql = {
  upsertSubscription: loadSql(import.meta.url, './sql/upsert-subscription.sql'),
  selectSubscriptions: loadSql(import.meta.url, './sql/select-subscriptions.sql'),
  deleteSubscription: loadSql(import.meta.url, './sql/delete-subscription.sql'),
  rotateSecret: loadSql(import.meta.url, './sql/rotate-secret.sql'),
  insertReplay: loadSql(import.meta.url, './sql/insert-replay.sql'),
  insertLane: loadSql(import.meta.url, './sql/insert-lane.sql'),
  selectDeliveries: loadSql(import.meta.url, './sql/select-deliveries.sql'),
  selectDeliveryState: loadSql(import.meta.url, './sql/select-delivery-state.sql'),
  reviveDelivery: loadSql(import.meta.url, './sql/revive-delivery.sql'),
};

/** How long a secret that was replaced signs as well. */
export const OLD_SECRET_MS = 24 * 3_600_000;

export interface Subscription {
  url: string;
  saleIds: string[] | '*';
  types: string[] | '*';
  isActive: boolean;
}

/** As operators see it; times are ISO 8601. */
export interface SubscriptionView extends Subscription {
  webhookId: string;
  offReason: string | null;
  oldSecretUntil: string | null;
  pending: number;
  dead: number;
  createdAt: string;
  changedAt: string;
}

export const DELIVERY_STATES = ['failing', 'dead', 'pending', 'delivered'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface DeliveryView {
  deliveryId: number;
  saleId: string;
  seq: number;
  eventId: string;
  type: string;
  replayId: number | null;
  state: string;
  attempts: number;
  lastStatus: number | null;
  lastFault: string | null;
  lastAttemptAt: string | null;
  nextAttemptAt: string | null;
  createdAt: string;
}

/** What operators do with webhooks. All methods throw when PostgreSQL does not answer. */
export class WebhookTable {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Makes or changes a webhook.
   *
   * @param nonce of its secret, if it is new
   * @returns true if it is new
   */
  async put(webhookId: string, subscription: Subscription, nonce: string): Promise<boolean> {
    const { url, saleIds, types, isActive } = subscription;
    const { rows } = await this.#pool.query<{ created: boolean }>(sql.upsertSubscription, [
      webhookId, url, saleIds === '*' ? null : saleIds, types === '*' ? null : types, isActive, nonce,
    ]);
    return rows[0]?.created === true;
  }

  async find(webhookId: string): Promise<SubscriptionView | undefined> {
    return (await this.#select(webhookId, '', 1))[0];
  }

  /** Up to `countMax` webhooks behind an id, in the order of their ids. */
  list(after: string, countMax: number): Promise<SubscriptionView[]> {
    return this.#select(null, after, countMax);
  }

  /** Forgets it, and whatever was to be delivered to it; false when there is no such webhook. */
  async delete(webhookId: string): Promise<boolean> {
    return (await this.#pool.query(sql.deleteSubscription, [webhookId])).rowCount === 1;
  }

  /** Until when the secret of before signs as well, ISO 8601; undefined when there is no such webhook. */
  async rotate(webhookId: string, nonce: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ old_secret_until: Date }>(
      sql.rotateSecret, [webhookId, nonce, OLD_SECRET_MS],
    );
    return rows[0]?.old_secret_until.toISOString();
  }

  /** Has the events of a sale delivered again; undefined when there is no such webhook. */
  async replay(
    webhookId: string,
    { saleId, fromSeq, throughSeq }: { saleId: string; fromSeq: number; throughSeq: number },
  ): Promise<number | undefined> {
    return withTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<{ replay_id: number }>(
        sql.insertReplay, [webhookId, saleId, fromSeq, throughSeq],
      );
      const replayId = rows[0]?.replay_id;
      if (replayId !== undefined) await client.query(sql.insertLane, [webhookId, saleId, replayId]);
      return replayId;
    });
  }

  /** Up to `countMax` deliveries behind an id. */
  async deliveries(
    webhookId: string,
    { after, countMax, state }: { after: number; countMax: number; state: DeliveryState | undefined },
  ): Promise<DeliveryView[]> {
    type Row = {
      delivery_id: number; sale_id: string; seq: number; event_id: string; type: string; replay_id: number;
      state: string; attempts: number; last_status: number | null; last_fault: string | null;
      last_attempt_at: Date | null; due_at: Date | null; created_at: Date;
    };
    const { rows } = await this.#pool.query<Row>(
      sql.selectDeliveries, [webhookId, after, countMax, state ?? null],
    );
    return rows.map((row) => ({
      deliveryId: row.delivery_id, saleId: row.sale_id, seq: row.seq, eventId: row.event_id, type: row.type,
      replayId: row.replay_id === 0 ? null : row.replay_id, state: row.state, attempts: row.attempts,
      lastStatus: row.last_status, lastFault: row.last_fault,
      lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
      nextAttemptAt: row.due_at?.toISOString() ?? null, createdAt: row.created_at.toISOString(),
    }));
  }

  /** Begins the attempts of a delivery that is failing or dead anew, at once. */
  async retry(webhookId: string, deliveryId: number): Promise<'ok' | 'unknown' | 'not_failing'> {
    return withTransaction(this.#pool, async (client) => {
      const { rows: [revived] } = await client.query<{ sale_id: string; replay_id: number }>(
        sql.reviveDelivery, [webhookId, deliveryId],
      );
      if (revived !== undefined) {
        await client.query(sql.insertLane, [webhookId, revived.sale_id, revived.replay_id]);
        return 'ok';
      }
      const { rowCount } = await client.query(sql.selectDeliveryState, [webhookId, deliveryId]);
      return rowCount === 0 ? 'unknown' : 'not_failing';
    });
  }

  async #select(webhookId: string | null, after: string, countMax: number): Promise<SubscriptionView[]> {
    type Row = {
      webhook_id: string; url: string; sale_ids: string[] | null; types: string[] | null; is_active: boolean;
      off_reason: string | null; old_secret_until: Date | null; pending: number; dead: number;
      created_at: Date; changed_at: Date;
    };
    const { rows } = await this.#pool.query<Row>(sql.selectSubscriptions, [webhookId, after, countMax]);
    return rows.map((row) => ({
      webhookId: row.webhook_id, url: row.url, saleIds: row.sale_ids ?? '*', types: row.types ?? '*',
      isActive: row.is_active, offReason: row.off_reason, pending: row.pending, dead: row.dead,
      oldSecretUntil: row.old_secret_until?.toISOString() ?? null,
      createdAt: row.created_at.toISOString(), changedAt: row.changed_at.toISOString(),
    }));
  }
}
