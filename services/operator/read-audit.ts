import { linkKey } from '../shared/contracts/event-links.ts';
import { streamKeyOf } from '../shared/contracts/stream-events.ts';
import { readPositions } from '../shared/event-store/read-positions.ts';
import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { auditLineOf } from './audit-line.ts';
import type { AuditLine, PlacedRow } from './audit-line.ts';

/**
 * The whole trail, the last first: sales' events and those of the other streams are one order by their global
 * positions. What is asked for decides by which index it is read (a stream, links, positions); all else is
 * looked at event by event, of which one request looks at so many at most, and then gives what it has found
 * with a cursor to go on from.
 */
const sql = {
  linked: loadSql(import.meta.url, './sql/select-audit-linked.sql'),
  stream: loadSql(import.meta.url, './sql/select-audit-stream.sql'),
};

/** What is asked for; what is left out restricts nothing. */
export interface AuditFilter {
  /** `buyer`, `operator`, `provider`, `system`; `operator:NAME`, `key:checkout`; `buyer:ID`, or for them */
  who?: string | undefined;
  saleId?: string | undefined;
  /** of a stream that is no sale's */
  stream?: string | undefined;
  /** a hold's id, or the trace id of a request */
  correlation?: string | undefined;
  /** at or after */
  since?: Date | undefined;
  /** before */
  until?: Date | undefined;
}

/** Up to where was read: all below is still to come. */
export interface AuditCursor {
  position: number;
  /** of the sale or stream that is read by its seq */
  seq: number;
}

export interface AuditPage {
  lines: AuditLine[];
  /** undefined: there is no more */
  next: AuditCursor | undefined;
}

export const FROM_THE_END: AuditCursor = {
  position: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER,
};

/** By one request, about. */
export const LOOKED_AT_MAX = 5_000;
const BATCH_COUNT = 500;

/** Up to `countMax` lines below the cursor. Throws when PostgreSQL does not answer. */
export async function readAudit(
  pool: Pool, filter: AuditFilter, { before, countMax }: { before: AuditCursor; countMax: number },
): Promise<AuditPage> {
  const sources = sourcesOf(pool, filter);
  const lines: AuditLine[] = [];
  let cursor = before;
  for (let lookedAt = 0; lookedAt < LOOKED_AT_MAX;) {
    const { rows, floor } = await readBatch(sources, cursor);
    for (const row of rows) {
      cursor = { position: row.position, seq: row.streamKey === keyOf(filter) ? row.seq : cursor.seq };
      const line = auditLineOf(row);
      if (isMeant(line, filter)) lines.push(line);
      if (lines.length === countMax) return { lines, next: cursor };
    }
    if (floor === 0) return { lines, next: undefined };
    cursor = { ...cursor, position: floor };
    lookedAt += BATCH_COUNT;
  }
  return { lines, next: cursor };
}

/** Some events before a cursor, the last first; all down to the position `floor`, 0 at the end. */
interface Batch {
  rows: PlacedRow[];
  floor: number;
}
type Source = (before: AuditCursor) => Promise<Batch>;

/** What several sources have in common order, as far down as all of them were read. */
async function readBatch(sources: readonly Source[], before: AuditCursor): Promise<Batch> {
  const batches = await Promise.all(sources.map((source) => source(before)));
  const floor = Math.max(...batches.map((batch) => batch.floor));
  const rows = new Map(batches.flatMap((batch) => batch.rows)
    .filter(({ position }) => position >= floor).map((row) => [row.position, row]));
  return { rows: [...rows.values()].toSorted((a, b) => b.position - a.position), floor };
}

/** The most selective way to all that the filter means, and perhaps more. */
function sourcesOf(pool: Pool, filter: AuditFilter): Source[] {
  const { who, saleId, stream, correlation } = filter;
  if (stream !== undefined) return [byStream(pool, streamKeyOf(stream), filter)];
  if (correlation !== undefined) {
    return [byLinks(pool, [`flow:${correlation}`, `hold:${correlation}`], filter)];
  }
  const link = who === undefined ? undefined : linkOf(who);
  if (link !== undefined) return [byLinks(pool, [link], filter)];
  if (saleId === undefined) return [byPosition(pool, filter)];
  return [byStream(pool, saleId, filter), byLinks(pool, [`sale:${saleId}`], filter)];
}

/** The stream that is read by its seq, if one is. */
function keyOf({ stream, saleId }: AuditFilter): string | undefined {
  return stream === undefined ? saleId : streamKeyOf(stream);
}

/** Buyers and the system do most of what is done: they are found wherever one looks. */
function linkOf(who: string): string | undefined {
  if (who === 'operator' || who.startsWith('operator:')) return `by:${who}`;
  return who.startsWith('buyer:') ? who : undefined;
}

function byStream(pool: Pool, key: string, { since, until }: AuditFilter): Source {
  return async ({ seq, position }) => batchOf((await pool.query<PlacedRow>({
    name: 'audit-stream', text: sql.stream,
    values: [key, seq, position, since ?? null, until ?? null, BATCH_COUNT],
  })).rows);
}

function byLinks(pool: Pool, links: readonly string[], { saleId, since, until }: AuditFilter): Source {
  const sale = saleId === undefined ? [null, null] : [saleId, linkKey(`sale:${saleId}`)];
  return async ({ position }) => batchOf((await pool.query<PlacedRow>(sql.linked, [
    links.map(linkKey), position, since ?? null, until ?? null, ...sale, BATCH_COUNT,
  ])).rows);
}

function byPosition(pool: Pool, { since, until }: AuditFilter): Source {
  const times = {
    ...since !== undefined && { fromTime: since }, ...until !== undefined && { toTime: until },
  };
  return async ({ position }) => {
    const from = position === FROM_THE_END.position ? {} : { from: position };
    const options = { isBackwards: true, batchCountMax: BATCH_COUNT, ...from, ...times };
    for await (const { events, through } of readPositions(pool, options)) {
      const rows = events.map(({ saleId, seq, event, position: at }) =>
        ({ streamKey: saleId, seq, body: event, position: at }));
      return { rows, floor: through <= 1 ? 0 : through };
    }
    return { rows: [], floor: 0 };
  };
}

function batchOf(rows: PlacedRow[]): Batch {
  return { rows, floor: rows.length < BATCH_COUNT ? 0 : rows.at(-1)?.position ?? 0 };
}

/** Also: two links can have one key. */
function isMeant(line: AuditLine, { who, saleId, stream, correlation, since, until }: AuditFilter): boolean {
  const atMs = Date.parse(line.at);
  return (who === undefined || isBy(line, who))
    && (saleId === undefined || line.saleId === saleId)
    && (stream === undefined || line.stream === stream)
    && (correlation === undefined || line.correlationId === correlation || line.holdId === correlation)
    && (since === undefined || atMs >= since.getTime())
    && (until === undefined || atMs < until.getTime());
}

function isBy({ who, kind, buyerId }: AuditLine, wanted: string): boolean {
  if (wanted.startsWith('buyer:')) return kind === 'buyer' && buyerId === wanted.slice('buyer:'.length);
  return who === wanted || kind === wanted;
}
