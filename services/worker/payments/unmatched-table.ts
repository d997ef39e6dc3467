import type { PaymentReport } from '../../shared/payments/provider.ts';
import type { Doer } from '../../shared/contracts/stream-events.ts';
import { loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { tellAct } from '../../shared/stream-outbox/tell-act.ts';

const sql = {
  listUnmatched: loadSql(import.meta.url, './sql/list-unmatched.sql'),
  dismissUnmatched: loadSql(import.meta.url, './sql/dismiss-unmatched.sql'),
};

/** The stream of what operators do about money that no order knows of. */
const PAYMENTS_STREAM = 'operator-payments';

/** What a provider has and no order knows of. */
export interface Unmatched {
  id: number;
  method: string;
  kind: PaymentReport['kind'];
  report: PaymentReport;
  /** `unknown`: there is no such order; `refused`: it contradicts what the log has */
  told: string;
  firstAt: Date;
  /** when it was last told to selling */
  lastAt: Date;
}

/** Those that wait for an operator, by id, behind one. */
export async function listUnmatched(
  pool: Pool, { after, countMax }: { after: number; countMax: number },
): Promise<Unmatched[]> {
  return (await pool.query<Unmatched>(sql.listUnmatched, [after, countMax])).rows;
}

/** Says that an operator has dealt with it, and tells the audit. False when nothing like it waits. */
export function dismissUnmatched(pool: Pool, id: number, doer: Doer): Promise<boolean> {
  return withTransaction(pool, async (client) => {
    type Row = { method: string; kind: string; subject: string; saleId: string };
    const { rows: [row] } = await client.query<Row>(sql.dismissUnmatched, [id]);
    if (row === undefined) return false;
    const { saleId, ...details } = row;
    await tellAct(client, {
      service: 'worker', stream: PAYMENTS_STREAM, doer, what: `dismiss payment ${id}`, outcome: 'done',
      saleId, details,
    });
    return true;
  });
}
