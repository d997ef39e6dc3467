import { loadSql } from '../platform/pg.ts';
import type { Pool } from '../platform/pg.ts';
import { BATCH_COUNT, toStoredEvent } from './stored-event.ts';
import type { EventFilter, EventRow, ReadOptions, StoredEvent } from './stored-event.ts';

/**
 * All events in their global order. A position, once visible, never gets a lower one beside it that was not
 * visible (place-chunks.ts): whoever keeps the last `through` and goes on behind it misses nothing. Events of
 * a stream come in its order. Positions of removed events stay empty. Throws when PostgreSQL does not answer.
 */
const sql = {
  chunksAfter: loadSql(import.meta.url, './sql/select-chunks-after.sql'),
  chunksBefore: loadSql(import.meta.url, './sql/select-chunks-before.sql'),
  chunkEvents: loadSql(import.meta.url, './sql/select-chunk-events.sql'),
  lastPosition: loadSql(import.meta.url, './sql/select-last-position.sql'),
};

/** Events of a chunk at most: so many of the smallest fit into a record (contracts/bus-record.ts). */
const CHUNK_EVENTS_MAX = 200_000;
const CHUNKS_PER_QUERY = 200;
const ORDINAL_MAX = 2_147_483_647;

export interface PlacedEvent extends StoredEvent {
  position: number;
}

/** Some of the events, and up to where all were looked at: also where the filter let none through. */
export interface PlacedBatch {
  events: PlacedEvent[];
  /** forwards the highest, backwards the lowest position that was looked at */
  through: number;
}

/** The last position that was given; 0 before the first. */
export async function lastPosition(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ position: number | null }>(sql.lastPosition);
  return rows[0]?.position ?? 0;
}

/**
 * The events by position, batch by batch, up to the last that is placed when it is reached.
 *
 * @param options.from forwards: only behind this position, default 0; backwards: only before it, default the
 *   end
 */
export async function* readPositions(
  pool: Pool, options: ReadOptions & { from?: number } = {},
): AsyncGenerator<PlacedBatch> {
  const { isBackwards = false, batchCountMax = BATCH_COUNT } = options;
  let through = options.from ?? (isBackwards ? await lastPosition(pool) + 1 : 0);
  for (;;) {
    const chunks = await chunksFrom(pool, through, options);
    if (chunks.length === 0) return;
    for (const part of partsOf(chunks, { through, isBackwards, batchCountMax })) {
      const events = await eventsOf(pool, part, options);
      ({ through } = part);
      yield { events: isBackwards ? events.toReversed() : events, through };
    }
  }
}

interface ChunkRow {
  chunk_id: number;
  event_count: number;
  first_position: number;
  last_position: number;
}

/** What one query fetches: whole chunks, or some ordinals of one. */
interface Part {
  chunks: ChunkRow[];
  fromOrdinal: number;
  toOrdinal: number;
  through: number;
}

async function chunksFrom(
  pool: Pool, position: number, { isBackwards = false, types, fromTime, toTime }: ReadOptions,
): Promise<ChunkRow[]> {
  const values = [position, types ?? null, rangeOf({ fromTime, toTime }), CHUNKS_PER_QUERY];
  const { rows } = isBackwards
    ? await pool.query<ChunkRow>(sql.chunksBefore, [...values, CHUNK_EVENTS_MAX])
    : await pool.query<ChunkRow>(sql.chunksAfter, values);
  return rows;
}

function rangeOf(
  { fromTime, toTime }: { fromTime: Date | undefined; toTime: Date | undefined },
): string | null {
  if (fromTime === undefined && toTime === undefined) return null;
  return `[${fromTime?.toISOString() ?? ''},${toTime?.toISOString() ?? ''})`;
}

/** Cuts chunks into parts of about the wanted number of events, in the direction they are read in. */
function* partsOf(
  chunks: readonly ChunkRow[],
  { through, isBackwards, batchCountMax }: { through: number; isBackwards: boolean; batchCountMax: number },
): Generator<Part> {
  let whole: ChunkRow[] = [];
  let count = 0;
  const wholePart = (last: ChunkRow): Part => ({
    chunks: whole, fromOrdinal: 0, toOrdinal: ORDINAL_MAX,
    through: isBackwards ? last.first_position : last.last_position,
  });
  for (const chunk of chunks) {
    const last = whole.at(-1);
    const isCut = isBackwards ? chunk.last_position >= through : chunk.first_position <= through;
    const isLarge = chunk.event_count > batchCountMax;
    if (last !== undefined && (isLarge || count + chunk.event_count > batchCountMax)) {
      yield wholePart(last);
      [whole, count] = [[], 0];
    }
    if (isCut || isLarge) yield* slicesOf(chunk, { through, isBackwards, batchCountMax });
    else {
      whole.push(chunk);
      count += chunk.event_count;
    }
  }
  const last = whole.at(-1);
  if (last !== undefined) yield wholePart(last);
}

function* slicesOf(
  chunk: ChunkRow,
  { through, isBackwards, batchCountMax }: { through: number; isBackwards: boolean; batchCountMax: number },
): Generator<Part> {
  const { first_position: first, last_position: last } = chunk;
  if (isBackwards) {
    for (let to = Math.min(last, through - 1); to >= first; to -= batchCountMax) {
      const from = Math.max(first, to - batchCountMax + 1);
      yield { chunks: [chunk], fromOrdinal: from - first, toOrdinal: to - first, through: from };
    }
    return;
  }
  for (let from = Math.max(first, through + 1); from <= last; from += batchCountMax) {
    const to = Math.min(last, from + batchCountMax - 1);
    yield { chunks: [chunk], fromOrdinal: from - first, toOrdinal: to - first, through: to };
  }
}

async function eventsOf(
  pool: Pool, { chunks, fromOrdinal, toOrdinal }: Part, options: ReadOptions & EventFilter,
): Promise<PlacedEvent[]> {
  const firsts = new Map(chunks.map((chunk) => [chunk.chunk_id, chunk.first_position]));
  const { rows } = await pool.query<EventRow>({
    name: 'chunk-events',
    text: sql.chunkEvents,
    values: [
      [...firsts.keys()], fromOrdinal, toOrdinal, options.types ?? null,
      options.fromTime ?? null, options.toTime ?? null,
    ],
  });
  return rows.map((row) => {
    const position = (firsts.get(row.chunk_id ?? 0) ?? 0) + (row.ordinal ?? 0);
    return { ...toStoredEvent(row, position, options.isUpcast ?? false), position };
  }).toSorted((a, b) => a.position - b.position);
}
