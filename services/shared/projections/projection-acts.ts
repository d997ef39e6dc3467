import { randomUUID } from 'node:crypto';
import { streamEvent } from '../contracts/stream-events.ts';
import type { Doer, StreamEventData } from '../contracts/stream-events.ts';
import { loadSql, withTransaction } from '../platform/pg.ts';
import type { Pool, PoolClient } from '../platform/pg.ts';
import { tellAct } from '../stream-outbox/tell-act.ts';
import { writeToStream } from '../stream-outbox/write-to-stream.ts';

/**
 * What an operator does about a projection of a sale. Each act is one transaction that also keeps who did it
 * and why, in `projection.acts`, where each parking stands too, and in the stream `operator-projections` for
 * the audit; the projectors see it within a second. All functions take a pool of the database that has the
 * positions and throw when PostgreSQL does not answer.
 */
const sql = {
  retryParked: loadSql(import.meta.url, './sql/retry-parked.sql'),
  skipParked: loadSql(import.meta.url, './sql/skip-parked.sql'),
  askForReplay: loadSql(import.meta.url, './sql/ask-for-replay.sql'),
  selectActs: loadSql(import.meta.url, './sql/select-acts.sql'),
};

/** The stream of all that operators do about projections, and of what made them do it. */
export const PROJECTIONS_STREAM = 'operator-projections';
const HERE = { service: 'operator', stream: PROJECTIONS_STREAM };

/**
 * Who does something, and why: neither may be empty; `actor` is printable ASCII without blanks. A request
 * says the rest as well (platform/asked-by.ts).
 */
export interface Actor extends Doer {
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
export interface ProjectionAct {
  id: number;
  actor: string;
  why: string;
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
export function retryParked(pool: Pool, parked: ParkedAt, doer: Actor): Promise<boolean> {
  return actOnParked(pool, sql.retryParked, 'retry', parked, doer);
}

/**
 * The projection goes on behind the event, which never has its effect: its rows differ from the log for
 * good, unless it is replayed. False when it is not parked at that event, or has got past it all the same:
 * nothing is done.
 */
export function skipParked(pool: Pool, parked: ParkedAt, doer: Actor): Promise<boolean> {
  return actOnParked(pool, sql.skipParked, 'skip', parked, doer);
}

/**
 * Asks for the rows of the sale to be taken back and made anew from its first event, also those of events
 * that were skipped. Its readers see the rows come back while it goes on. False when there is no such
 * projection, or it cannot be replayed.
 */
export function askForReplay(
  pool: Pool, { projection, saleId }: Omit<ParkedAt, 'seq'>, doer: Actor,
): Promise<boolean> {
  return withTransaction(pool, async (client) => {
    const { rows: [asked] } = await client.query<{ isNew: boolean }>(
      sql.askForReplay, [projection, saleId, doer.actor, doer.why],
    );
    if (asked?.isNew === true) {
      const what = `replay ${projection} of ${saleId}`;
      await tellAct(client, { ...HERE, doer, what, outcome: 'asked', saleId, details: { projection } });
    }
    return asked !== undefined;
  });
}

/** What was done, the newest first: of one sale or of all, before an act, so many at most. */
export async function selectActs(
  pool: Pool, { saleId, beforeId, countMax }: { saleId?: string; beforeId?: number; countMax: number },
): Promise<ProjectionAct[]> {
  const values = [saleId ?? null, beforeId ?? null, countMax];
  return (await pool.query<ProjectionAct>(sql.selectActs, values)).rows;
}

/**
 * Tells the audit that a projection of a sale has stopped, in the transaction that parks it.
 *
 * @param parked.reason why the event cannot be applied
 */
export function tellParked(client: PoolClient, parked: StreamEventData<'projection.parked'>): Promise<void> {
  return writeToStream(client, streamEvent({
    id: randomUUID(), service: 'projector', stream: PROJECTIONS_STREAM, type: 'projection.parked',
    timeMs: Date.now(), doer: { actor: 'system' }, data: parked,
  }));
}

/** In one transaction with what it does, if it does it. */
function actOnParked(
  pool: Pool, statement: string, verb: string, { projection, saleId, seq }: ParkedAt, doer: Actor,
): Promise<boolean> {
  return withTransaction(pool, async (client) => {
    const { rows: [event] } = await client.query<{ eventId: string; eventType: string; reason: string }>(
      statement, [projection, saleId, seq, doer.actor, doer.why],
    );
    if (event === undefined) return false;
    const what = `${verb} ${projection} of ${saleId} at ${seq}`;
    const details = { projection, seq, ...event };
    await tellAct(client, { ...HERE, doer, what, outcome: 'done', saleId, details });
    return true;
  });
}
