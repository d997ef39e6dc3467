import type { PaymentProvider, PaymentReport } from '../../shared/payments/provider.ts';
import type { Log } from '../../shared/platform/log.ts';
import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../../shared/platform/pg.ts';
import { repeat } from '../../shared/platform/repeat.ts';
import type { Repeating } from '../../shared/platform/repeat.ts';
import type { ReportPayments } from '../jobs/report-payments.ts';
import type { WorkerMetrics } from '../worker-metrics.ts';

const sql = {
  beginReading: loadSql(import.meta.url, './sql/begin-reading.sql'),
  lockCursor: loadSql(import.meta.url, './sql/lock-cursor.sql'),
  moveCursor: loadSql(import.meta.url, './sql/move-cursor.sql'),
  keepUnmatched: loadSql(import.meta.url, './sql/keep-unmatched.sql'),
  selectOpen: loadSql(import.meta.url, './sql/select-open-unmatched.sql'),
  touchUnmatched: loadSql(import.meta.url, './sql/touch-unmatched.sql'),
  forgetUnmatched: loadSql(import.meta.url, './sql/forget-unmatched.sql'),
  survey: loadSql(import.meta.url, './sql/survey-reading.sql'),
};

/** Of a provider that was never read: what is older was before us. */
const LOOK_BACK_MS = 24 * 3_600_000;
/** Told to selling at once. */
const REPORTS_AT_ONCE = 16;
/** Told again per round, of what no order knew of. */
const AGAIN_MAX = 100;

export interface ReconcileOptions {
  /** of the database of the orders */
  pool: Pool;
  providers: readonly PaymentProvider[];
  report: ReportPayments;
  everyMs: number;
  metrics: WorkerMetrics;
  log: Log;
}

/**
 * Reads what each provider has, again and again from where it was left, and tells it all to selling: what a
 * webhook should have said and did not gets its event so, and all else changes nothing. What selling knows no
 * order for is kept for an operator, and told again in each round, since the order may come back from the
 * archive. A place in a list is left only for good: once everything before it is in the log or kept.
 * Processes take turns; one that is killed leaves nothing half done.
 */
export function createReconciler(options: ReconcileOptions): Repeating {
  const { providers, everyMs, log } = options;
  return repeat(everyMs, async (signal) => {
    for (const provider of providers) {
      try {
        for (let hasMore = true; hasMore && !signal.aborted;) hasMore = await readOn(options, provider);
        if (!signal.aborted) await tellAgain(options, provider);
      } catch (error) {
        if (signal.aborted) return;
        const { method } = provider;
        log.warn({ err: error, method }, 'the payments of a provider could not be compared');
      }
    }
    await survey(options).catch(() => undefined);
  });
}

/** Reads one page; false when there is no more, or another process reads. */
function readOn(options: ReconcileOptions, provider: PaymentProvider): Promise<boolean> {
  const { method } = provider;
  return locked(options.pool, method, async (client, cursor) => {
    const from = cursor === null ? { sinceMs: Date.now() - LOOK_BACK_MS } : { cursor };
    const page = await provider.list(from);
    for (let at = 0; at < page.reports.length; at += REPORTS_AT_ONCE) {
      const some = page.reports.slice(at, at + REPORTS_AT_ONCE);
      const told = await Promise.all(some.map((report) => tell(options, method, report)));
      for (const [i, report] of some.entries()) {
        if (told[i] === 'known') continue;
        await client.query(sql.keepUnmatched, [method, report.kind, subjectOf(report), report, told[i]]);
        options.log.error({ method, kind: report.kind, subject: subjectOf(report), ...report.reference },
          'a provider has what no order knows of');
      }
    }
    await client.query(sql.moveCursor, [method, page.cursor, !page.hasMore]);
    return page.hasMore;
  });
}

function tellAgain(options: ReconcileOptions, { method }: PaymentProvider): Promise<boolean> {
  return locked(options.pool, method, async (client) => {
    type Open = { id: string; report: PaymentReport };
    const { rows } = await client.query<Open>(sql.selectOpen, [method, AGAIN_MAX]);
    for (const { id, report } of rows) {
      const told = await tell(options, method, report);
      if (told === 'known') await client.query(sql.forgetUnmatched, [id]);
      else await client.query(sql.touchUnmatched, [id, told]);
    }
    return true;
  });
}

/** Works with a method's cursor, if nobody else does; null: nothing of it was read yet. */
async function locked(
  pool: Pool, method: string, work: (client: PoolClient, cursor: string | null) => Promise<boolean>,
): Promise<boolean> {
  await pool.query(sql.beginReading, [method]);
  return withTransaction(pool, async (client) => {
    const { rows: [row] } = await client.query<{ cursor: string | null }>(sql.lockCursor, [method]);
    return row !== undefined && work(client, row.cursor);
  });
}

/** @throws Error when selling cannot say what becomes of it yet */
async function tell(
  { report: tellSelling, metrics }: ReconcileOptions, method: string, report: PaymentReport,
): Promise<string> {
  const told = await tellSelling(method, report);
  if (told === 'later') throw new Error('selling cannot take what a provider has at the moment');
  metrics.paymentsRead.inc({ method, told });
  return told;
}

function subjectOf(report: PaymentReport): string {
  return 'refundId' in report ? report.refundId : report.paymentId;
}

async function survey({ pool, metrics }: ReconcileOptions): Promise<void> {
  const { rows } = await pool.query<{ method: string; unmatched: number; ageMs: number }>(sql.survey);
  for (const { method, unmatched, ageMs } of rows) {
    metrics.paymentsUnmatched.set({ method }, unmatched);
    metrics.paymentsReadAgeMs.set({ method }, ageMs);
  }
}
