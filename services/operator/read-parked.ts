import { readHead } from '../shared/event-store/read-sale.ts';
import type { SaleHead } from '../shared/event-store/read-sale.ts';
import { loadSql } from '../shared/platform/pg.ts';
import { selectActs } from '../shared/projections/projection-acts.ts';
import type { ProjectionAct } from '../shared/projections/projection-acts.ts';
import { readProjections } from './read-log.ts';
import type { LogDatabases, ProjectionState } from './read-log.ts';
import { readSalePage } from './read-pages.ts';
import type { LogEvent } from './read-pages.ts';

const sql = {
  selectParked: loadSql(import.meta.url, './sql/select-parked.sql'),
  selectProjection: loadSql(import.meta.url, './sql/select-projection.sql'),
};

/** Of one sale and projection: more were not done on one day of trouble. */
const ACTS_MAX = 200;

/** A projection of a sale that waits at an event. */
export interface ParkedProjection {
  projection: string;
  saleId: string;
  seq: number;
  eventId: string;
  type: string;
  reason: string;
  /** ISO 8601 */
  parkedAt: string;
}

/** One projection of one sale. */
export interface ProjectionDetail extends ProjectionState {
  saleId: string;
  /** of the log */
  headSeq: number;
  /** whether its rows may be made anew from the first event on */
  replayable: boolean;
  /** at which it is parked, as it was written; null when it is not, or the event is gone */
  event: LogEvent | null;
  /** what was done about it, the newest first */
  acts: ProjectionAct[];
}

/** All that wait, the oldest first, so many at most. Throws when PostgreSQL does not answer, as all here. */
export async function readParkedProjections(
  { legacy }: LogDatabases, countMax: number,
): Promise<ParkedProjection[]> {
  type Row = Omit<ParkedProjection, 'parkedAt'> & { parkedAt: Date };
  const { rows } = await legacy.query<Row>(sql.selectParked, [countMax]);
  return rows.map((row) => ({ ...row, parkedAt: row.parkedAt.toISOString() }));
}

/** One projection of a sale; in a code of the catalogue what is not known. */
export async function readProjection(
  databases: LogDatabases, saleId: string, projection: string,
): Promise<{ detail: ProjectionDetail; head: SaleHead } | 'sale_unknown' | 'projection_unknown'> {
  const head = await readHead(databases.events, saleId);
  if (head === undefined) return 'sale_unknown';
  const { rows: [version] } = await databases.legacy.query<{ replayable: boolean }>(
    sql.selectProjection, [projection],
  );
  const states = await readProjections(databases, saleId, head.seq);
  const state = states.find((one) => one.projection === projection);
  if (version === undefined && state === undefined) return 'projection_unknown';
  const detail = {
    saleId, headSeq: head.seq,
    ...state ?? { projection, seq: 0, behind: head.seq, parked: null },
    replayable: version?.replayable ?? false,
    event: await eventAt(databases, saleId, state?.parked?.seq),
    acts: (await selectActs(databases.legacy, { saleId, countMax: ACTS_MAX }))
      .filter((act) => act.projection === projection),
  };
  return { detail, head };
}

async function eventAt(
  { events }: LogDatabases, saleId: string, seq: number | undefined,
): Promise<LogEvent | null> {
  if (seq === undefined) return null;
  const page = await readSalePage(events, saleId, { after: seq - 1, countMax: 1, wanted: {} });
  return page.events.find((event) => event.seq === seq) ?? null;
}
