import { lastPosition, readPositions } from '../shared/event-store/read-positions.ts';
import type { PlacedEvent } from '../shared/event-store/read-positions.ts';
import type { EventStream } from '../shared/platform/event-stream.ts';
import type { NotificationFeed } from '../shared/platform/notification-feed.ts';
import { createPause } from '../shared/platform/pause.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { writeFrame } from '../shared/platform/write-frame.ts';

/** Which events somebody watches. */
export interface Watched {
  /** behind this position; undefined: what comes from now on */
  after: number | undefined;
  saleId: string | undefined;
  types: string[] | undefined;
}

/** What nobody told of is looked for so often; and the client is told how far it is. */
const LOOK_MS = 1_000;
const BEAT_MS = 10_000;
/** A client that reads slowly is waited for between two batches, which its connection can hold. */
const BATCH_COUNT = 200;

/**
 * Writes the events of the log to a stream as they get their positions, in that order, until it or the signal
 * ends. Each has its position as its id: whoever comes back with the last one misses nothing and is told
 * nothing twice. Now and then `at` says how far it has looked.
 *
 * @throws what PostgreSQL throws; the client comes back
 */
export async function watchLog(
  { pool, feed }: { pool: Pool; feed: NotificationFeed },
  stream: EventStream, watched: Watched, ended: AbortSignal,
): Promise<void> {
  const pause = createPause(ended);
  const stopListening = feed.listen(() => pause.wake());
  try {
    let through = watched.after ?? await lastPosition(pool);
    let toldAtMs = -Infinity;
    while (!ended.aborted) {
      if (performance.now() - toldAtMs >= BEAT_MS) {
        stream.write(writeFrame('at', JSON.stringify({ position: through }), String(through)));
        toldAtMs = performance.now();
      }
      const { types } = watched;
      const wanted = { from: through, batchCountMax: BATCH_COUNT, ...types !== undefined && { types } };
      for await (const batch of readPositions(pool, wanted)) {
        const events = batch.events.filter(({ saleId }) =>
          watched.saleId === undefined || saleId === watched.saleId);
        if (events.length > 0) stream.write(Buffer.concat(events.map(frameOf)));
        ({ through } = batch);
        await stream.settled();
        if (ended.aborted) return;
      }
      await pause.wait(LOOK_MS);
    }
  } finally {
    stopListening();
  }
}

function frameOf({ event, seq, position }: PlacedEvent): Buffer {
  return writeFrame('event', JSON.stringify({ ...event, seq, position }), String(position));
}
