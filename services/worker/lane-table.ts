import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';
import { organiserBody } from './organiser-body.ts';
import type { StoredLog } from './stored-log.ts';

const sql = {
  lockTakers: loadSql(import.meta.url, './sql/lock-takers.sql'),
  takeLanes: loadSql(import.meta.url, './sql/take-lanes.sql'),
  renewLane: loadSql(import.meta.url, './sql/renew-lane.sql'),
  lockLane: loadSql(import.meta.url, './sql/lock-lane.sql'),
  releaseLane: loadSql(import.meta.url, './sql/release-lane.sql'),
  deleteIdleLane: loadSql(import.meta.url, './sql/delete-idle-lane.sql'),
  selectPending: loadSql(import.meta.url, './sql/select-pending.sql'),
  updateDelivery: loadSql(import.meta.url, './sql/update-delivery.sql'),
  switchOff: loadSql(import.meta.url, './sql/switch-off.sql'),
  selectReplay: loadSql(import.meta.url, './sql/select-replay.sql'),
  moveReplay: loadSql(import.meta.url, './sql/move-replay.sql'),
  insertReplayed: loadSql(import.meta.url, './sql/insert-replayed.sql'),
};

/** What is delivered in order: the events of one sale to one webhook, or one replay of them. */
export interface Lane {
  webhookId: string;
  saleId: string;
  /** 0: what comes over the bus */
  replayId: number;
  /** one higher with each process that takes it */
  epoch: number;
}

/** Where a lane's webhook is, and what signs. */
export interface Target {
  url: string;
  isActive: boolean;
  /** the newest first */
  nonces: string[];
}

export interface Pending {
  deliveryId: number;
  seq: number;
  eventId: string;
  type: string;
  body: string;
  attempts: number;
  firstAttemptAt: Date | undefined;
}

export interface AttemptResult {
  state: 'pending' | 'delivered' | 'dead';
  status: number | undefined;
  fault: string;
}

/** Another process has the lane, or its webhook was deleted: nothing was written. */
export class LaneLostError extends Error {}

const FAULT_CHARS_MAX = 500;
const REPLAYED_AT_ONCE = 100;

/**
 * Lanes by lease, and their deliveries. Whatever is written about a lane is written under its epoch, so that
 * a process that was stopped for a while and goes on changes nothing. All methods throw when PostgreSQL does
 * not answer.
 */
export class LaneTable {
  readonly #pool: Pool;
  readonly #stored: StoredLog;
  readonly #leaseMs: number;

  constructor({ pool, stored, leaseMs }: { pool: Pool; stored: StoredLog; leaseMs: number }) {
    this.#pool = pool;
    this.#stored = stored;
    this.#leaseMs = leaseMs;
  }

  /** Takes lanes that are due; of one webhook no more than leave `perWebhookMax` out, whoever has them. */
  async take({ lanesMax, perWebhookMax }: { lanesMax: number; perWebhookMax: number }): Promise<Lane[]> {
    type Row = { webhook_id: string; sale_id: string; replay_id: number; epoch: number };
    const { rows } = await withTransaction(this.#pool, async (client) => {
      await client.query(sql.lockTakers);
      return client.query<Row>(sql.takeLanes, [this.#leaseMs, lanesMax, perWebhookMax]);
    });
    return rows.map((row) => ({
      webhookId: row.webhook_id, saleId: row.sale_id, replayId: row.replay_id, epoch: row.epoch,
    }));
  }

  /** Begins the lease anew. */
  async renew(lane: Lane): Promise<Target> {
    type Row = { url: string; is_active: boolean; secret_nonce: string; old_secret_nonce: string | null };
    const { rows: [row] } = await this.#pool.query<Row>(sql.renewLane, [...keyOf(lane), this.#leaseMs]);
    if (row === undefined) throw new LaneLostError('the lane is lost');
    const nonces = [row.secret_nonce, row.old_secret_nonce].filter((nonce) => nonce !== null);
    return { url: row.url, isActive: row.is_active, nonces };
  }

  /** The next deliveries in order; of a replay they are fetched from the event store first. */
  async pending(lane: Lane, countMax: number): Promise<Pending[]> {
    const found = await this.#select(lane, countMax);
    if (found.length > 0 || lane.replayId === 0) return found;
    return await this.#fillReplay(lane) ? this.#select(lane, countMax) : [];
  }

  /** Notes an attempt, and begins the lease anew. */
  async note(lane: Lane, deliveryId: number, { state, status, fault }: AttemptResult): Promise<void> {
    const { rowCount } = await this.#pool.query(sql.updateDelivery, [
      ...keyOf(lane), this.#leaseMs, deliveryId, state, status ?? null,
      fault === '' ? null : fault.slice(0, FAULT_CHARS_MAX),
    ]);
    if (rowCount === 0) throw new LaneLostError('the lane is lost');
  }

  /** Gives the lane back, to be taken again in `dueMs`. */
  async release(lane: Lane, dueMs: number): Promise<void> {
    await this.#pool.query(sql.releaseLane, [...keyOf(lane), dueMs]);
  }

  /** Ends a lane that has nothing pending; one that got something meanwhile is given back. */
  async end(lane: Lane): Promise<void> {
    await this.#locked(lane, async (client) => {
      const { rowCount } = await client.query(sql.deleteIdleLane, keyOf(lane));
      if (rowCount === 0) await client.query(sql.releaseLane, [...keyOf(lane), 0]);
    });
  }

  /** Switches a webhook off, unless it has another address by now. */
  async switchOff({ webhookId }: Lane, url: string, reason: string): Promise<void> {
    await this.#pool.query(sql.switchOff, [webhookId, url, reason]);
  }

  async #select(lane: Lane, countMax: number): Promise<Pending[]> {
    type Row = {
      delivery_id: number; seq: number; event_id: string; type: string; body: string; attempts: number;
      first_attempt_at: Date | null;
    };
    const key = keyOf(lane).slice(0, 3);
    const { rows } = await this.#pool.query<Row>(sql.selectPending, [...key, countMax]);
    return rows.map((row) => ({
      deliveryId: row.delivery_id, seq: row.seq, eventId: row.event_id, type: row.type, body: row.body,
      attempts: row.attempts, firstAttemptAt: row.first_attempt_at ?? undefined,
    }));
  }

  /** False when the replay has no more. */
  async #fillReplay(lane: Lane): Promise<boolean> {
    const { replayId, saleId, webhookId } = lane;
    for (;;) {
      const added = await this.#locked(lane, async (client) => {
        type Row = { next_seq: number; through_seq: number; types: string[] | null };
        const { rows: [replay] } = await client.query<Row>(sql.selectReplay, [replayId]);
        if (replay === undefined || replay.next_seq > replay.through_seq) return undefined;
        const page = await this.#stored.events({
          saleId, fromSeq: replay.next_seq, throughSeq: replay.through_seq, countMax: REPLAYED_AT_ONCE,
        });
        const last = page.at(-1);
        await client.query(sql.moveReplay, [
          replayId, last === undefined ? replay.through_seq + 1 : Number(last.sequence) + 1,
        ]);
        const wanted = page.filter(({ type }) => replay.types === null || replay.types.includes(type));
        await client.query(sql.insertReplayed, [
          webhookId, saleId, replayId, wanted.map(({ sequence }) => Number(sequence)),
          wanted.map(({ id }) => id), wanted.map(({ type }) => type), wanted.map(organiserBody),
        ]);
        return wanted.length;
      });
      if (added === undefined) return false;
      if (added > 0) return true;
    }
  }

  async #locked<T>(lane: Lane, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return withTransaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(sql.lockLane, keyOf(lane));
      if (rowCount === 0) throw new LaneLostError('the lane is lost');
      return work(client);
    });
  }
}

function keyOf({ webhookId, saleId, replayId, epoch }: Lane): [string, string, number, number] {
  return [webhookId, saleId, replayId, epoch];
}
