import { lastPosition } from '../../shared/event-store/read-positions.ts';
import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';

const sql = {
  selectAppended: loadSql(import.meta.url, './sql/select-appended-sales.sql'),
  selectActedOn: loadSql(import.meta.url, './sql/select-acted-on.sql'),
};

/** Transactions of which the events are looked through in one survey; what is more is seen in the next. */
const CHUNKS_MAX = 500;
/** The latest things that operators did. */
const ACTS_MAX = 100;
/** A process that dies with events of a sale appended, but not projected, is noticed within so long. */
const ACTIVE_MS = 60_000;
/** For what none of the other ways shows: rows that somebody changed by hand. */
const WHOLE_MS = 60_000;

/**
 * Which sales are worth a look in a survey, so that it costs what goes on and not what there is: those with
 * events that were appended in the last minute, by whichever process; those that are parked, or were at the
 * last look; those that operators have acted on lately. Every minute, and when what is followed has changed,
 * it is all of them.
 */
export class SurveyScope {
  readonly #events: Pool;
  readonly #pool: Pool;
  /** when each was last heard of */
  readonly #activeAtMs = new Map<string, number>();
  #keys = '';
  #wholeAtMs = -Infinity;
  #position = 0;

  /**
   * @param events of the event store
   * @param pool of the database with the positions
   */
  constructor({ events, pool }: { events: Pool; pool: Pool }) {
    this.#events = events;
    this.#pool = pool;
  }

  /**
   * The sales to look at now; undefined: all. Throws when PostgreSQL does not answer.
   *
   * @param keys of the projections that are followed
   */
  async next(keys: readonly string[]): Promise<string[] | undefined> {
    const nowMs = performance.now();
    const joined = keys.join(' ');
    if (joined !== this.#keys || nowMs - this.#wholeAtMs >= WHOLE_MS) {
      // Before the heads are read: what is appended in between is looked at twice.
      this.#position = await lastPosition(this.#events);
      [this.#keys, this.#wholeAtMs] = [joined, nowMs];
      return undefined;
    }
    const { rows: [appended] } = await this.#events.query<{ saleIds: string[]; position: number }>(
      sql.selectAppended, [this.#position, CHUNKS_MAX]);
    const actedOn = await this.#pool.query<{ saleId: string }>(sql.selectActedOn, [ACTS_MAX]);
    this.#position = appended?.position ?? this.#position;
    this.keep(appended?.saleIds ?? []);
    for (const [saleId, atMs] of this.#activeAtMs) {
      if (nowMs - atMs > ACTIVE_MS) this.#activeAtMs.delete(saleId);
    }
    return [...new Set([...this.#activeAtMs.keys(), ...actedOn.rows.map(({ saleId }) => saleId)])];
  }

  /** These are looked at in the surveys that follow: something is left to be done, or they are parked. */
  keep(saleIds: Iterable<string>): void {
    for (const saleId of saleIds) this.#activeAtMs.set(saleId, performance.now());
  }

  /** The survey could not be made: the next one is of everything. */
  forget(): void {
    this.#wholeAtMs = -Infinity;
  }
}
