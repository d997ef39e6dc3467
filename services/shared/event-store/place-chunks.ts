import { loadSql, withTransaction } from '../platform/pg.ts';
import type { Pool } from '../platform/pg.ts';

const sql = {
  lockPositions: loadSql(import.meta.url, './sql/lock-positions.sql'),
  placeChunks: loadSql(import.meta.url, './sql/place-chunks.sql'),
  notifyPlaced: loadSql(import.meta.url, './sql/notify-placed.sql'),
};

/** Told, with the last position in decimal, whenever events got positions. */
export const PLACED_CHANNEL = 'event_store_placed';

/** Of one transaction, which is to be short. */
export const PLACED_MAX = 1_000;

/**
 * Gives the events that were committed by now their global positions: 1, 2, 3 … without gaps, those of a
 * stream in its order. Whoever calls, one at a time does it (an advisory lock, held to the end of the
 * transaction), and only for chunks that are committed: so every position that becomes visible is higher than
 * all that were visible before, and a reader that goes on behind the last one it saw misses nothing.
 *
 * @returns how many chunks got positions; `PLACED_MAX`: there may be more
 */
export async function placeChunks(pool: Pool): Promise<number> {
  return withTransaction(pool, async (client) => {
    // A statement of its own: the next one has to see what the lock's holder before has committed.
    await client.query(sql.lockPositions);
    const { rows: [placed] } = await client.query<{ chunks: number; position: number | null }>(
      sql.placeChunks, [PLACED_MAX],
    );
    if (placed === undefined || placed.position === null) return 0;
    await client.query(sql.notifyPlaced, [String(placed.position)]);
    return placed.chunks;
  });
}
