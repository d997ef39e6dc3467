import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../../shared/platform/pg.ts';
import { tellParked } from '../../shared/projections/projection-acts.ts';
import { toPlainText } from '../to-plain-text.ts';
import { isLasting } from './is-lasting.ts';
import type { Projection, StoredEvent } from './projection.ts';
import { ProjectionFault } from './projection-fault.ts';
import { readEvents } from './read-events.ts';
import { SurveyScope } from './survey-scope.ts';

const sql = {
  selectHeads: loadSql(import.meta.url, './sql/select-heads.sql'),
  selectPositions: loadSql(import.meta.url, './sql/select-positions.sql'),
  selectParked: loadSql(import.meta.url, './sql/select-parked.sql'),
  selectStates: loadSql(import.meta.url, './sql/select-states.sql'),
  openSavepoint: loadSql(import.meta.url, './sql/open-savepoint.sql'),
  nextSavepoint: loadSql(import.meta.url, './sql/next-savepoint.sql'),
  undoToSavepoint: loadSql(import.meta.url, './sql/undo-to-savepoint.sql'),
  movePositions: loadSql(import.meta.url, './sql/move-positions.sql'),
  lockPosition: loadSql(import.meta.url, './sql/lock-position.sql'),
  passRemoved: loadSql(import.meta.url, './sql/pass-removed.sql'),
  insertParked: loadSql(import.meta.url, './sql/insert-parked.sql'),
};

/** What some projections, all at the same position, make of one run of a sale's events. */
export interface PlannedRun {
  saleId: string;
  /** seq that they are at */
  from: number;
  events: readonly StoredEvent[];
  effects: readonly { projection: Projection; plan: unknown }[];
}

/**
 * What became of a run. done: effects and positions; moved: somebody else was faster, and nothing of it was
 * done; refused: nothing of it was done, and repeating it does not help.
 */
export type Outcome = { kind: 'done' } | { kind: 'moved' } | { kind: 'refused'; error: Error };

/** How far one projection of a sale is. */
export interface SaleState {
  seq: number;
  isParked: boolean;
}

interface HeadRow {
  sale_id: string;
  seq: number;
  removed: boolean;
}

interface PositionRow {
  projection: string;
  saleId: string;
  seq: number;
}

/**
 * What projections have done so far, and the one way to do more: effect and position in one transaction, from
 * the position they had. All functions throw when PostgreSQL does not answer.
 */
export class ProjectionProgress {
  readonly #events: Pool;
  readonly #pool: Pool;

  /**
   * @param events of the event store
   * @param pool of the database that has the effects and the positions
   */
  constructor({ events, pool }: { events: Pool; pool: Pool }) {
    this.#events = events;
    this.#pool = pool;
  }

  /** For one who surveys again and again. */
  createScope(): SurveyScope {
    return new SurveyScope({ events: this.#events, pool: this.#pool });
  }

  /**
   * Sales of which one of the projections is behind and not parked; and all sales by the key of a projection
   * that is parked. Where the events of a sale were removed there is nothing left to apply: who is behind
   * passes them by.
   *
   * @param saleIds only these are compared; default: all that there are
   */
  async survey(
    keys: readonly string[], saleIds?: readonly string[],
  ): Promise<{ behind: string[]; parked: Map<string, string[]> }> {
    const only = saleIds ?? null;
    const heads = await this.#events.query<HeadRow>(sql.selectHeads, [only]);
    const positions = await this.#pool.query<PositionRow>(sql.selectPositions, [keys, only]);
    const parked = await this.#pool.query<Omit<PositionRow, 'seq'>>(sql.selectParked, [keys]);
    const seqs = new Map(positions.rows.map(({ projection, saleId, seq }) =>
      [`${saleId} ${projection}`, seq]));
    const parkedSales = new Map(keys.map((key): [string, string[]] => [key, []]));
    for (const { projection, saleId } of parked.rows) {
      seqs.set(`${saleId} ${projection}`, Infinity);
      parkedSales.get(projection)?.push(saleId);
    }
    const behindOf = ({ sale_id: saleId, seq }: HeadRow): string[] =>
      keys.filter((key) => (seqs.get(`${saleId} ${key}`) ?? 0) < seq);
    const behind = heads.rows.filter((head) => behindOf(head).length > 0);
    for (const head of behind.filter(({ removed }) => removed)) {
      await this.#pool.query(sql.passRemoved, [behindOf(head), head.sale_id, head.seq]);
    }
    const waiting = behind.filter(({ removed }) => !removed);
    return { behind: waiting.map(({ sale_id: saleId }) => saleId), parked: parkedSales };
  }

  /** How far each projection of each of the sales is, by sale, then key. */
  async states(
    keys: readonly string[], saleIds: readonly string[],
  ): Promise<Map<string, Map<string, SaleState>>> {
    const { rows } = await this.#pool.query<PositionRow & { parked: boolean }>({
      name: 'projection-states', text: sql.selectStates, values: [keys, saleIds],
    });
    const states = new Map(saleIds.map((saleId) =>
      [saleId, new Map(keys.map((key): [string, SaleState] => [key, { seq: 0, isParked: false }]))]));
    for (const { projection, saleId, seq, parked } of rows) {
      const state = states.get(saleId)?.get(projection);
      if (state === undefined) continue;
      if (parked) state.isParked = true;
      else state.seq = seq;
    }
    return states;
  }

  /** The next events of some sales, each behind a seq of its own; a list for each asked for. */
  eventsBehind(
    wanted: readonly { saleId: string; seq: number }[], countMax: number,
  ): Promise<StoredEvent[][]> {
    return readEvents(this.#events, wanted, countMax);
  }

  /**
   * Does all of the runs in one transaction, with a savepoint for each: one that is refused leaves the others
   * alone. In the order of the sales' ids, so that two processes do not wait for each other.
   *
   * @returns what became of each run
   * @throws what PostgreSQL says and may not say again: nothing was written then
   */
  async apply<R extends PlannedRun>(runs: readonly R[]): Promise<Map<R, Outcome>> {
    const outcomes = new Map<R, Outcome>();
    if (runs.length === 0) return outcomes;
    await withTransaction(this.#pool, async (client) => {
      for (const run of runs.toSorted((a, b) => (a.saleId < b.saleId ? -1 : 1))) {
        await client.query(outcomes.size === 0 ? sql.openSavepoint : sql.nextSavepoint);
        outcomes.set(run, await applyRun(client, run));
      }
    });
    return outcomes;
  }

  /**
   * Keeps the event at which a projection of a sale has to stop, unless somebody has got past it meanwhile.
   *
   * @param from the position it is at
   * @returns false when it is not there any more: nothing is parked then
   */
  async park(key: string, saleId: string, from: number, stored: StoredEvent, why: string): Promise<boolean> {
    return withTransaction(this.#pool, async (client) => {
      const { rows: [position] } = await client.query<{ seq: number }>(sql.lockPosition, [key, saleId]);
      if ((position?.seq ?? 0) !== from) return false;
      const { seq, event: { id } } = stored;
      const [type, reason] = [toPlainText(stored.event.type, 200), toPlainText(why, 2_000)];
      const { rowCount } = await client.query(sql.insertParked, [key, saleId, seq, id, type, reason]);
      const parked = { projection: key, saleId, seq, eventId: id, eventType: type, reason };
      if (rowCount === 1) await tellParked(client, parked);
      return true;
    });
  }
}

/** One run behind the savepoint `sale`. */
async function applyRun(client: PoolClient, { saleId, from, events, effects }: PlannedRun): Promise<Outcome> {
  const keys = effects.map(({ projection }) => projection.key).toSorted();
  const { rowCount } = await client.query({
    name: 'move-positions', text: sql.movePositions, values: [keys, saleId, from, events.at(-1)?.seq ?? from],
  });
  if (rowCount !== keys.length) {
    await client.query(sql.undoToSavepoint);
    return { kind: 'moved' };
  }
  try {
    for (const { projection, plan } of effects) await projection.apply(client, saleId, plan);
    return { kind: 'done' };
  } catch (error) {
    if (!(error instanceof ProjectionFault) && !isLasting(error)) throw error;
    await client.query(sql.undoToSavepoint);
    return { kind: 'refused', error };
  }
}
