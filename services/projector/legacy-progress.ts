import type { BusEvent } from '../shared/contracts/bus-record.ts';
import type { Contact } from '../shared/platform/contact-seal.ts';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { writeLegacyRows } from './legacy-rows.ts';
import type { Step, StoredEvent } from './plan-effects.ts';
import { toPlainText } from './to-plain-text.ts';

const sql = {
  selectEventsAfter: loadSql(import.meta.url, './sql/select-events-after.sql'),
  selectHeads: loadSql(import.meta.url, './sql/select-heads.sql'),
  selectPositions: loadSql(import.meta.url, './sql/select-positions.sql'),
  selectPosition: loadSql(import.meta.url, './sql/select-position.sql'),
  startPosition: loadSql(import.meta.url, './sql/start-position.sql'),
  movePosition: loadSql(import.meta.url, './sql/move-position.sql'),
  selectParked: loadSql(import.meta.url, './sql/select-parked.sql'),
  insertParked: loadSql(import.meta.url, './sql/insert-parked.sql'),
};

/** Somebody else has applied these events meanwhile. */
export class PositionMovedError extends Error {}

/**
 * What the projection of one name has done so far, and the one way to do more: effect and position in one
 * transaction, from the position it had. All methods throw when PostgreSQL does not answer.
 */
export class LegacyProgress {
  readonly #events: Pool;
  readonly #legacy: Pool;
  readonly #projection: string;

  constructor({ events, legacy, projection }: { events: Pool; legacy: Pool; projection: string }) {
    this.#events = events;
    this.#legacy = legacy;
    this.#projection = projection;
  }

  /** Sales that have events behind their position, whether parked or not; and the parked ones. */
  async survey(): Promise<{ behind: Map<string, number>; parked: Set<string> }> {
    const heads = await this.#events.query<{ sale_id: string; seq: number }>(sql.selectHeads);
    const positions = await this.#legacy.query<{ sale_id: string; seq: number }>(
      sql.selectPositions, [this.#projection],
    );
    const parked = await this.#legacy.query<{ sale_id: string }>(sql.selectParked, [this.#projection]);
    const seqs = new Map(positions.rows.map((row) => [row.sale_id, row.seq]));
    const behind = heads.rows
      .map((row): [string, number] => [row.sale_id, row.seq - (seqs.get(row.sale_id) ?? 0)])
      .filter(([, events]) => events > 0);
    return { behind: new Map(behind), parked: new Set(parked.rows.map((row) => row.sale_id)) };
  }

  /** 0 when nothing was applied yet. */
  async position(saleId: string): Promise<number> {
    const values = [this.#projection, saleId];
    const { rows } = await this.#legacy.query<{ seq: number }>(sql.selectPosition, values);
    return rows[0]?.seq ?? 0;
  }

  /** The next events behind a position, in order. */
  async eventsAfter(saleId: string, position: number, countMax: number): Promise<StoredEvent[]> {
    const { rows } = await this.#events.query<{ seq: number; body: BusEvent }>({
      name: 'events-after', text: sql.selectEventsAfter, values: [saleId, position, countMax],
    });
    return rows.map(({ seq, body }) => ({ seq, event: body }));
  }

  /**
   * Applies steps and moves the position.
   *
   * @throws PositionMovedError, ProjectionFault, or PostgreSQL's error: nothing was written then
   */
  async apply(
    saleId: string,
    { from, to }: { from: number; to: number },
    steps: readonly Step[],
    contacts: ReadonlyMap<string, Contact>,
  ): Promise<void> {
    await withTransaction(this.#legacy, async (client) => {
      const moved = from === 0
        ? await client.query(sql.startPosition, [this.#projection, saleId, to])
        : await client.query(sql.movePosition, [this.#projection, saleId, from, to]);
      if (moved.rowCount !== 1) throw new PositionMovedError(`the position of ${saleId} was moved`);
      await writeLegacyRows(client, saleId, steps, contacts);
    });
  }

  /** Keeps the event at which the sale has to stop. */
  async park(saleId: string, { seq, event }: StoredEvent, reason: string): Promise<void> {
    await this.#legacy.query(sql.insertParked, [
      this.#projection, saleId, seq, event.id, event.type, toPlainText(reason, 2_000),
    ]);
  }
}
