import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';

const sql = {
  selectHeads: loadSql(import.meta.url, './sql/select-heads.sql'),
  selectPositions: loadSql(import.meta.url, './sql/select-positions.sql'),
  selectStock: loadSql(import.meta.url, './sql/select-stock.sql'),
  selectParkedPartitions: loadSql(import.meta.url, './sql/select-parked-partitions.sql'),
  selectRejected: loadSql(import.meta.url, './sql/select-rejected.sql'),
};

export interface ParkedEvent {
  seq: number;
  type: string;
  reason: string;
  /** ISO 8601 */
  parkedAt: string;
}

/** A partition of which nothing is stored, since a record of it cannot be taken. */
export interface ParkedPartition {
  partition: string;
  reason: string;
  /** ISO 8601 */
  parkedAt: string;
  /** how many wait */
  records: number;
}

/** Places of a sale as the legacy rows have them: as old as the projection `legacy`. */
export interface SaleStock {
  capacity: number;
  held: number;
  sold: number;
  blocked: number;
}

/** How far a projection has applied a sale's events. */
export interface ProjectionState {
  projection: string;
  seq: number;
  /** events that it has not applied */
  behind: number;
  parked: ParkedEvent | null;
}

export interface SaleOverview {
  saleId: string;
  /** `archived` by the log, else as the legacy rows have it; null while they know nothing of the sale */
  state: string | null;
  stock: SaleStock | null;
  partition: number;
  headSeq: number;
  projections: ProjectionState[];
  /** events on the bus that contradict the log of this sale */
  rejected: number;
}

type StockRow = SaleStock & { saleId: string; state: string };

interface PositionRow {
  saleId: string;
  projection: string;
  seq: number;
  parkedSeq: number | null;
  parkedType: string | null;
  parkedReason: string | null;
  parkedAt: Date | null;
}

/** Where the operator reads: the event store, and the projections' database. */
export interface LogDatabases {
  events: Pool;
  legacy: Pool;
}

/** Partitions whose records wait for an operator. Throws when PostgreSQL does not answer. */
export async function readParkedPartitions({ events }: LogDatabases): Promise<ParkedPartition[]> {
  type Row = Omit<ParkedPartition, 'parkedAt'> & { parkedAt: Date };
  const { rows } = await events.query<Row>(sql.selectParkedPartitions);
  return rows.map((row) => ({ ...row, parkedAt: row.parkedAt.toISOString() }));
}

/** Up to `countMax` sales behind the id `after`, in the order of their ids. */
export async function readSales(
  { events, legacy }: LogDatabases,
  { after, countMax }: { after: string; countMax: number },
): Promise<SaleOverview[]> {
  type Head = { saleId: string; partition: number; seq: number; archived: boolean };
  const heads = await events.query<Head>(sql.selectHeads, [after, countMax]);
  const saleIds = heads.rows.map(({ saleId }) => saleId);
  const rejected = await events.query<{ saleId: string; rejected: number }>(sql.selectRejected, [saleIds]);
  const positions = await legacy.query<PositionRow>(sql.selectPositions, [saleIds]);
  const stock = await legacy.query<StockRow>(sql.selectStock, [saleIds]);
  const stockBySale = new Map(stock.rows.map((row) => [row.saleId, row]));
  const rejectedBySale = new Map(rejected.rows.map((row) => [row.saleId, row.rejected]));
  return heads.rows.map(({ saleId, partition, seq: headSeq, archived }) => ({
    saleId, partition, headSeq,
    state: archived ? 'archived' : stockBySale.get(saleId)?.state ?? null,
    stock: stockBySale.get(saleId) ?? null,
    projections: positions.rows.filter((row) => row.saleId === saleId)
      .map((row) => stateOf(row, headSeq)),
    rejected: rejectedBySale.get(saleId) ?? 0,
  }));
}

/** The projections of one sale, against its last event `headSeq`. Throws when PostgreSQL does not answer. */
export async function readProjections(
  { legacy }: LogDatabases, saleId: string, headSeq: number,
): Promise<ProjectionState[]> {
  const { rows } = await legacy.query<PositionRow>(sql.selectPositions, [[saleId]]);
  return rows.map((row) => stateOf(row, headSeq));
}

/** A projection that has gone on meanwhile is not behind. */
function stateOf(row: PositionRow, headSeq: number): ProjectionState {
  const { projection, seq } = row;
  return { projection, seq, behind: Math.max(0, headSeq - seq), parked: parkedOf(row) };
}

function parkedOf(row: PositionRow): ParkedEvent | null {
  if (row.parkedSeq === null) return null;
  return {
    seq: row.parkedSeq,
    type: row.parkedType ?? '',
    reason: row.parkedReason ?? '',
    parkedAt: row.parkedAt?.toISOString() ?? '',
  };
}
