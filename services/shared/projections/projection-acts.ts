import { loadSql } from '../platform/pg.ts';
import type { Pool } from '../platform/pg.ts';

/**
 * What an operator does about a projection of a sale. Each act is one statement that also keeps who did it
 * and why in `projection.acts`, where each parking stands too; the projectors see it within a second. All
 * functions take a pool of the database that has the positions and throw when PostgreSQL does not answer.
 */
const sql = {
  retryParked: loadSql(import.meta.url, './sql/retry-parked.sql'),
  skipParked: loadSql(import.meta.url, './sql/skip-parked.sql'),
  askForReplay: loadSql(import.meta.url, './sql/ask-for-replay.sql'),
  selectActs: loadSql(import.meta.url, './sql/select-acts.sql'),
};

/** Who does something, and why: in the words of the audit, neither may be empty. */
export interface Actor {
  actor: string;
  why: string;
}

/** A projection of a sale, and the event at which it is parked: as it was when the operator looked. */
export interface ParkedAt {
  projection: string;
  saleId: string;
  seq: number;
}

export const ACTS = ['parked', 'retried', 'skipped', 'replayed'] as const;

/** One line of the audit; what has to do with one event names it. */
export interface ProjectionAct extends Actor {
  id: number;
  act: (typeof ACTS)[number];
  projection: string;
  saleId: string;
  seq: number | null;
  eventId: string | null;
  eventType: string | null;
  /** why the event could not be applied */
  reason: string | null;
  askedAt: Date;
  /** null: a replay that no projector has begun yet */
  doneAt: Date | null;
}

/**
 * The projection is tried again from the event on. False when it is not parked at that event: nothing is
 * done.
 */
export async function retryParked(pool: Pool, parked: ParkedAt, { actor, why }: Actor): Promise<boolean> {
  const { projection, saleId, seq } = parked;
  return (await pool.query(sql.retryParked, [projection, saleId, seq, actor, why])).rowCount === 1;
}

/**
 * The projection goes on behind the event, which never has its effect: its rows differ from the log for
 * good, unless it is replayed. False when it is not parked at that event, or has got past it all the same:
 * nothing is done.
 */
export async function skipParked(pool: Pool, parked: ParkedAt, { actor, why }: Actor): Promise<boolean> {
  const { projection, saleId, seq } = parked;
  return (await pool.query(sql.skipParked, [projection, saleId, seq, actor, why])).rowCount === 1;
}

/**
 * Asks for the rows of the sale to be taken back and made anew from its first event, also those of events
 * that were skipped. Its readers see the rows come back while it goes on. False when there is no such
 * projection, or it cannot be replayed.
 */
export async function askForReplay(
  pool: Pool, { projection, saleId }: Omit<ParkedAt, 'seq'>, { actor, why }: Actor,
): Promise<boolean> {
  return (await pool.query(sql.askForReplay, [projection, saleId, actor, why])).rowCount === 1;
}

/** What was done, the newest first: of one sale or of all, before an act, so many at most. */
export async function selectActs(
  pool: Pool, { saleId, beforeId, countMax }: { saleId?: string; beforeId?: number; countMax: number },
): Promise<ProjectionAct[]> {
  const values = [saleId ?? null, beforeId ?? null, countMax];
  return (await pool.query<ProjectionAct>(sql.selectActs, values)).rows;
}
