import type { BusEvent } from '../shared/contracts/bus-record.ts';
import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';

const sql = {
  selectEvents: loadSql(import.meta.url, './sql/select-stored-events.sql'),
  selectId: loadSql(import.meta.url, './sql/select-stored-id.sql'),
  selectHead: loadSql(import.meta.url, './sql/select-stored-head.sql'),
  isPassedBy: loadSql(import.meta.url, './sql/is-passed-by.sql'),
};

/**
 * The event store as the worker reads it: for replays, and for what the stream has forgotten before the
 * worker came to it. All methods throw when PostgreSQL does not answer.
 */
export class StoredLog {
  readonly #pool: Pool;

  /** @param pool of the event store */
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The seq of a sale's last event; undefined when there is none. */
  async headSeqOf(saleId: string): Promise<number | undefined> {
    const { rows } = await this.#pool.query<{ seq: number }>(sql.selectHead, [saleId]);
    return rows[0]?.seq;
  }

  /** The id of the event of a sale at a seq; undefined when there is none (yet). */
  async idAt(saleId: string, seq: number): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ id: string }>(sql.selectId, [saleId, seq]);
    return rows[0]?.id;
  }

  /** Up to `countMax` events in order, both ends included. */
  async events(
    { saleId, fromSeq, throughSeq, countMax }:
    { saleId: string; fromSeq: number; throughSeq: number; countMax: number },
  ): Promise<BusEvent[]> {
    const { rows } = await this.#pool.query<{ body: BusEvent }>(
      sql.selectEvents, [saleId, fromSeq, throughSeq, countMax],
    );
    return rows.map(({ body }) => body);
  }

  /** True if the event was rejected, or its partition is parked and it may take long until it is judged. */
  async isPassedBy({ subject, id, source }: BusEvent): Promise<boolean> {
    const partition = source.split('/').at(-1);
    const { rows } = await this.#pool.query<{ passed_by: boolean }>(sql.isPassedBy, [subject, id, partition]);
    return rows[0]?.passed_by === true;
  }
}
