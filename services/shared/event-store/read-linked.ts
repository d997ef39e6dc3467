import type { BusEvent } from '../contracts/bus-record.ts';
import { linkKey, linksOf } from '../contracts/event-links.ts';
import { loadSql } from '../platform/pg.ts';
import type { Pool } from '../platform/pg.ts';
import type { PlacedEvent } from './read-positions.ts';
import { BATCH_COUNT, toStoredEvent } from './stored-event.ts';
import type { EventRow, ReadOptions } from './stored-event.ts';

const sql = {
  places: loadSql(import.meta.url, './sql/select-linked-places.sql'),
  eventsAt: loadSql(import.meta.url, './sql/select-events-at.sql'),
};

/** The places of so many events are looked up at once: each look-up goes through all that the link has. */
export const PLACES_COUNT = 20_000;

interface Place {
  saleId: string;
  seq: number;
  position: number;
}

/**
 * The events that have one of some links (contracts/event-links.ts), in the global order, batch by batch, as
 * far as they are placed. Throws when PostgreSQL does not answer.
 *
 * @param options.saleId only of this sale; links of holds, orders and seats are found faster with it
 * @param options.from only behind this position
 */
export async function* readLinked(
  pool: Pool, links: readonly string[],
  options: Pick<ReadOptions, 'batchCountMax' | 'isUpcast'> & { saleId?: string; from?: number } = {},
): AsyncGenerator<PlacedEvent[]> {
  const { batchCountMax = BATCH_COUNT, isUpcast = false, saleId = null, from = 0 } = options;
  const keys = links.map(linkKey);
  let through = from;
  for (let count = PLACES_COUNT; count === PLACES_COUNT;) {
    const { rows: places } = await pool.query<Place>(sql.places, [keys, saleId, through, PLACES_COUNT]);
    count = places.length;
    through = places.at(-1)?.position ?? through;
    for (let i = 0; i < places.length; i += batchCountMax) {
      const rows = await rowsAt(pool, places.slice(i, i + batchCountMax));
      // Another link can have the same key; and an event is meant as it was written.
      const meant = rows.filter(({ body }) =>
        linksOf(JSON.parse(body) as BusEvent).some((link) => links.includes(link)));
      if (meant.length === 0) continue;
      yield meant.map((row) => ({ ...toStoredEvent(row, row.position, isUpcast), position: row.position }));
    }
  }
}

async function rowsAt(pool: Pool, places: readonly Place[]): Promise<(EventRow & { position: number })[]> {
  const { rows } = await pool.query<EventRow & { position: number }>(sql.eventsAt, [
    places.map(({ saleId }) => saleId), places.map(({ seq }) => seq), places.map(({ position }) => position),
  ]);
  return rows;
}
