import type { BusEvent } from '../../shared/contracts/bus-record.ts';
import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import type { StoredEvent } from './projection.ts';

const SELECT_EVENTS_BEHIND = loadSql(import.meta.url, './sql/select-events-behind.sql');

/**
 * The next events of some sales, each behind a seq of its own, in order; one list per sale asked for. Throws
 * when PostgreSQL does not answer.
 *
 * @param countMax events of each sale
 */
export async function readEvents(
  pool: Pool,
  wanted: readonly { saleId: string; seq: number }[],
  countMax: number,
): Promise<StoredEvent[][]> {
  const events = wanted.map((): StoredEvent[] => []);
  if (wanted.length === 0) return events;
  const { rows } = await pool.query<{ n: number; seq: number; body: BusEvent }>({
    name: 'events-behind',
    text: SELECT_EVENTS_BEHIND,
    values: [wanted.map(({ saleId }) => saleId), wanted.map(({ seq }) => seq), countMax],
  });
  for (const { n, seq, body } of rows) events[n - 1]?.push({ seq, event: body });
  return events;
}
