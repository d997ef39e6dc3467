import type { Actor } from '../shared/projections/projection-acts.ts';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';
import { tellAct } from '../shared/stream-outbox/tell-act.ts';

const sql = {
  readShowState: loadSql(import.meta.url, './sql/read-show-state.sql'),
  read: loadSql(import.meta.url, './sql/read-recall.sql'),
  forget: loadSql(import.meta.url, './sql/forget-recalled.sql'),
  start: loadSql(import.meta.url, './sql/start-recall.sql'),
  move: loadSql(import.meta.url, './sql/move-recall.sql'),
  retry: loadSql(import.meta.url, './sql/retry-refused.sql'),
};

const RECALLS_STREAM = 'operator-recalls';

/** What is to become of the orders of a show that was cancelled or moved. */
export interface RecallInput {
  kind: 'cancelled' | 'moved';
  /** of the places of tickets that are cancelled */
  places: 'return' | 'block';
  refund: 'all' | 'withoutFees' | 'none';
  /** for the buyers, and for the log */
  reason: string;
  newDate: string | null;
  answerBy: string | null;
  ordersPerSecond: number;
}

/** How far it is; amounts in minor units. */
export interface RecallReport extends Omit<RecallInput, 'newDate' | 'answerBy'> {
  saleId: string;
  newDate: Date | null;
  answerBy: Date | null;
  state: 'running' | 'paused' | 'done';
  startedAt: Date;
  doneAt: Date | null;
  /** by state: to_ask, asked, kept, to_cancel, cancelled, refused */
  orders: Record<string, number>;
  /** what the cancelled orders had cost, and what of it was given back so far */
  cancelledMinor: number;
  refundedMinor: number;
  /** the first hundred, and why */
  refused: { orderId: string; reason: string }[];
}

export type Refused = 'sale_unknown' | 'sale_not_closed' | 'recall_running' | 'recall_unknown';

/** Undefined when there is none. */
export async function readRecall(pool: Pool | PoolClient, saleId: string): Promise<RecallReport | undefined> {
  return (await pool.query<RecallReport>(sql.read, [saleId])).rows[0];
}

/**
 * Starts it; the worker does the rest. Again with the same content it goes on, or looks for new orders if
 * it was done; another one waits until the one before is done.
 *
 * @param pool of the legacy database
 */
export function startRecall(
  pool: Pool, saleId: string, input: RecallInput, doer: Actor,
): Promise<RecallReport | Refused> {
  return withTransaction(pool, async (client) => {
    const { rows: [show] } = await client.query<{ state: string }>(sql.readShowState, [saleId]);
    if (show === undefined) return 'sale_unknown';
    const before = await readRecall(client, saleId);
    const isSame = before !== undefined && isAlike(before, input);
    if (before !== undefined && before.state !== 'done') return isSame ? before : 'recall_running';
    const isShut = show.state === 'closed' || show.state === 'paused';
    if (input.kind === 'cancelled' && !isShut) return 'sale_not_closed';
    if (!isSame) await client.query(sql.forget, [saleId]);
    const { kind, places, refund, reason, newDate, answerBy, ordersPerSecond } = input;
    await client.query(sql.start,
      [saleId, kind, places, refund, reason, newDate, answerBy, ordersPerSecond]);
    await tell(client, saleId, kind === 'cancelled' ? 'cancel show' : 'move show', doer, { ...input });
    return await readRecall(client, saleId) ?? 'recall_unknown';
  });
}

/** Stops the work for a while, or goes on with it; what was done stays done. */
export function moveRecall(
  pool: Pool, saleId: string, verb: 'pause' | 'resume' | 'retry', doer: Actor,
): Promise<RecallReport | Refused> {
  return withTransaction(pool, async (client) => {
    const before = await readRecall(client, saleId);
    if (before === undefined) return 'recall_unknown';
    if (verb === 'retry') await client.query(sql.retry, [saleId]);
    const to = verb === 'pause' ? 'paused' : 'running';
    const isDone = before.state === 'done';
    const isMoved = verb === 'retry' ? isDone : !isDone && before.state !== to;
    if (isMoved) await client.query(sql.move, [saleId, before.state, to]);
    if (isMoved || verb === 'retry') await tell(client, saleId, `${verb} the recall`, doer, {});
    return await readRecall(client, saleId) ?? 'recall_unknown';
  });
}

function tell(
  client: PoolClient, saleId: string, what: string, doer: Actor, details: Record<string, unknown>,
): Promise<void> {
  return tellAct(client, {
    service: 'operator', stream: RECALLS_STREAM, doer, what, outcome: 'done', saleId, details,
  });
}

function isAlike(before: RecallReport, input: RecallInput): boolean {
  const timeOf = (time: Date | string | null): number => (time === null ? 0 : new Date(time).getTime());
  return before.kind === input.kind && before.places === input.places && before.refund === input.refund
    && before.reason === input.reason && before.ordersPerSecond === input.ordersPerSecond
    && timeOf(before.newDate) === timeOf(input.newDate) && timeOf(before.answerBy) === timeOf(input.answerBy);
}
