import type { Log } from '../../shared/platform/log.ts';
import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { repeat } from '../../shared/platform/repeat.ts';
import type { Repeating } from '../../shared/platform/repeat.ts';
import { sendOnce } from '../jobs/send-mail.ts';
import type { Post } from '../jobs/send-mail.ts';
import { readTicketOrder } from '../jobs/ticket-order.ts';
import { composeMovedMail } from './compose-moved-mail.ts';
import type { WorkerMetrics } from '../worker-metrics.ts';
import type { SellingDesk } from './selling-desk.ts';

const sql = {
  selectRunning: loadSql(import.meta.url, './sql/select-running.sql'),
  readRunning: loadSql(import.meta.url, './sql/read-running.sql'),
  lockRecall: loadSql(import.meta.url, './sql/lock-recall.sql'),
  enlist: loadSql(import.meta.url, './sql/enlist-orders.sql'),
  takeOrders: loadSql(import.meta.url, './sql/take-orders.sql'),
  noteOrder: loadSql(import.meta.url, './sql/note-order.sql'),
  keepUnanswered: loadSql(import.meta.url, './sql/keep-unanswered.sql'),
  isOpen: loadSql(import.meta.url, './sql/is-open.sql'),
  finish: loadSql(import.meta.url, './sql/finish-recall.sql'),
  survey: loadSql(import.meta.url, './sql/survey-recalls.sql'),
};

/** So often a part of what may be done per second is done. */
const LOOK_MS = 250;
const LOOKS_PER_SECOND = 1_000 / LOOK_MS;
const LOOKS_PER_SURVEY = 20;
const AT_ONCE_MAX = 8;

/** A show that was cancelled or moved, as the worker needs it. */
export interface Recall {
  saleId: string;
  kind: 'cancelled' | 'moved';
  places: 'return' | 'block';
  refund: 'all' | 'withoutFees' | 'none';
  reason: string;
  newDate: Date | null;
  answerBy: Date | null;
  ordersPerSecond: number;
}

interface Task {
  orderId: string;
  state: 'to_ask' | 'to_cancel';
  token: string;
}

export interface RecallParts {
  pool: Pool;
  post: Post;
  selling: SellingDesk;
  /** where buyers find this service, without a slash at the end */
  choicesUrl: string;
  metrics: WorkerMetrics;
  log: Log;
}

/**
 * Works through the orders of shows that were cancelled or moved, so many per second as the operator has
 * said. Each step is idempotent and noted behind it: whoever is killed has it done again, to no other
 * effect. One process works at a sale at a time. It looks for orders until the log has none that it has not
 * seen.
 */
export function createRecallWork(parts: RecallParts): Repeating {
  const { pool, log } = parts;
  let lookCount = 0;
  return repeat(LOOK_MS, async (signal) => {
    if (lookCount % LOOKS_PER_SURVEY === 0) await survey(parts);
    lookCount += 1;
    const { rows } = await pool.query<{ sale_id: string }>(sql.selectRunning);
    for (const { sale_id: saleId } of rows) {
      if (signal.aborted) return;
      await workOn(parts, saleId).catch((error: Error) => {
        log.warn({ err: error, saleId }, 'the orders of a recalled show cannot be worked on');
      });
    }
  }, (err) => log.warn({ err }, 'recalled shows cannot be looked for'));
}

function workOn(parts: RecallParts, saleId: string): Promise<void> {
  const { pool } = parts;
  return withTransaction(pool, async (client) => {
    const { rows: [lock] } = await client.query<{ isOurs: boolean }>(sql.lockRecall, [saleId]);
    if (lock?.isOurs !== true) return;
    const { rows: [recall] } = await client.query<Recall>(sql.readRunning, [saleId]);
    if (recall === undefined) return;
    if (recall.kind === 'moved') await pool.query(sql.keepUnanswered, [saleId]);
    const countMax = Math.max(1, Math.round(recall.ordersPerSecond / LOOKS_PER_SECOND));
    const { rows: tasks } = await pool.query<Task>(sql.takeOrders, [saleId, countMax]);
    for (let at = 0; at < tasks.length; at += AT_ONCE_MAX) {
      await Promise.all(tasks.slice(at, at + AT_ONCE_MAX).map((task) => perform(parts, recall, task)));
    }
    if (tasks.length === 0) await lookForMore(parts, recall);
  });
}

async function perform(parts: RecallParts, recall: Recall, task: Task): Promise<void> {
  const { pool, selling } = parts;
  const note = (state: string, detail: string) =>
    pool.query(sql.noteOrder, [recall.saleId, task.orderId, task.state, state, detail]);
  if (task.state === 'to_ask') {
    await ask(parts, recall, task);
    await note('asked', '');
    return;
  }
  const { places, refund, reason } = recall;
  const refused = await selling.cancel(recall.saleId, task.orderId, { places, refund, reason });
  await (refused === undefined ? note('cancelled', '') : note('refused', refused));
}

/** Mails a buyer once what has become of the show, and where to choose. */
async function ask(
  { post, choicesUrl }: RecallParts, recall: Recall, { orderId, token }: Task,
): Promise<void> {
  const key = `${recall.saleId}/${orderId}/moved/${recall.newDate?.toISOString()}`;
  await sendOnce(post, key, async (client, messageId) => {
    const order = await readTicketOrder(client, orderId);
    if (order.customerEmail === '' || order.status !== 'confirmed') return undefined;
    const link = `${choicesUrl}/choices/${token}`;
    return composeMovedMail(order, recall, { link, messageId, from: post.from });
  });
}

async function lookForMore({ pool, selling, log }: RecallParts, { saleId, kind }: Recall): Promise<void> {
  // What is in the log by now is in the rows before they are looked through once more.
  const standing = await selling.standing(saleId);
  const { rows: [before] } = await pool.query<{ isOpen: boolean }>(sql.isOpen, [saleId, standing.seq]);
  const state = kind === 'cancelled' ? 'to_cancel' : 'to_ask';
  const { rowCount } = await pool.query(sql.enlist, [saleId, state]);
  const isWaiting = kind === 'cancelled' && standing.held > 0;
  if ((rowCount ?? 0) > 0 || before?.isOpen !== false || isWaiting) return;
  await pool.query(sql.finish, [saleId]);
  log.info({ saleId }, 'every order of a recalled show is dealt with');
}

async function survey({ pool, metrics }: RecallParts): Promise<void> {
  type Row = { saleId: string; state: string; orders: number };
  const { rows } = await pool.query<Row>(sql.survey);
  metrics.recallOrders.reset();
  for (const { saleId: sale, state, orders } of rows) metrics.recallOrders.set({ sale, state }, orders);
}
