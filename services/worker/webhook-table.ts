import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';
import type { Doer } from '../shared/contracts/stream-events.ts';
import { tellAct } from '../shared/stream-outbox/tell-act.ts';

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

/** Who asks for a change, and with which request: told with it. */
export interface WebhookAct {
  doer: Doer;
  what: string;
}

/** The stream of all that operators do about webhooks. */
export const WEBHOOKS_STREAM = 'operator-webhooks';

/**
 * What operators do with webhooks; each change is told to the audit in its transaction. All methods throw
 * when PostgreSQL does not answer.
 */
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
  put(webhookId: string, subscription: Subscription, nonce: string, act: WebhookAct): Promise<boolean> {
    const { url, saleIds, types, isActive } = subscription;
    return withTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<{ created: boolean }>(sql.upsertSubscription, [
        webhookId, url, saleIds === '*' ? null : saleIds, types === '*' ? null : types, isActive, nonce,
      ]);
      await tell(client, act, 'done', { webhookId, url, saleIds, types, isActive });
      return rows[0]?.created === true;
    });
  }

  async find(webhookId: string): Promise<SubscriptionView | undefined> {
    return (await this.#select(webhookId, '', 1))[0];
  }

  /** Up to `countMax` webhooks behind an id, in the order of their ids. */
  list(after: string, countMax: number): Promise<SubscriptionView[]> {
    return this.#select(null, after, countMax);
  }

  /** Forgets it, and whatever was to be delivered to it; false when there is no such webhook. */
  delete(webhookId: string, act: WebhookAct): Promise<boolean> {
    return withTransaction(this.#pool, async (client) => {
      const isDeleted = (await client.query(sql.deleteSubscription, [webhookId])).rowCount === 1;
      if (isDeleted) await tell(client, act, 'done', { webhookId });
      return isDeleted;
    });
  }

  /** Until when the secret of before signs as well, ISO 8601; undefined when there is no such webhook. */
  rotate(webhookId: string, nonce: string, act: WebhookAct): Promise<string | undefined> {
    return withTransaction(this.#pool, async (client) => {
      const { rows: [row] } = await client.query<{ old_secret_until: Date }>(
        sql.rotateSecret, [webhookId, nonce, OLD_SECRET_MS],
      );
      if (row !== undefined) await tell(client, act, 'done', { webhookId });
      return row?.old_secret_until.toISOString();
    });
  }

  /** Has the events of a sale delivered again; undefined when there is no such webhook. */
  async replay(
    webhookId: string,
    { saleId, fromSeq, throughSeq }: { saleId: string; fromSeq: number; throughSeq: number },
    act: WebhookAct,
  ): Promise<number | undefined> {
    return withTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<{ replay_id: number }>(
        sql.insertReplay, [webhookId, saleId, fromSeq, throughSeq],
      );
      const replayId = rows[0]?.replay_id;
      if (replayId === undefined) return undefined;
      await client.query(sql.insertLane, [webhookId, saleId, replayId]);
      await tell(client, act, 'asked', { webhookId, replayId, fromSeq, throughSeq }, saleId);
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
  async retry(
    webhookId: string, deliveryId: number, act: WebhookAct,
  ): Promise<'ok' | 'unknown' | 'not_failing'> {
    return withTransaction(this.#pool, async (client) => {
      const { rows: [revived] } = await client.query<{ sale_id: string; replay_id: number }>(
        sql.reviveDelivery, [webhookId, deliveryId],
      );
      if (revived !== undefined) {
        await client.query(sql.insertLane, [webhookId, revived.sale_id, revived.replay_id]);
        await tell(client, act, 'asked', { webhookId, deliveryId }, revived.sale_id);
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

function tell(
  client: PoolClient, { doer, what }: WebhookAct, outcome: 'done' | 'asked', details: Record<string, unknown>,
  saleId?: string,
): Promise<void> {
  return tellAct(client, {
    service: 'worker', stream: WEBHOOKS_STREAM, doer, what, outcome, details,
    ...saleId !== undefined && { saleId },
  });
}
