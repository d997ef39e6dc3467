import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import type { Log } from '../../shared/platform/log.ts';
import { createPause } from '../../shared/platform/pause.ts';
import { giveBackLapsed } from './give-back-lapsed.ts';

const DELETE_OLD_CARTS = loadSql(import.meta.url, '../sql/delete-old-carts.sql');

/** A lapsed cart is free again within a second: half of it waiting, half of it working. */
const SWEEP_MS = 500;
/** Batches of one sweep at most; what is left waits for the next. */
const BATCHES_MAX = 50;
const OLD_CARTS_PER_SWEEP_MAX = 200;
const KEEP_CLOSED_DAYS = 7;

/**
 * Gives lapsed carts back until stopped, and forgets closed ones after a week. Any number of processes may
 * sweep. A sweep that fails (database away) is logged and tried again.
 *
 * @returns stop: ends after the sweep under way
 */
export function sweepCarts(pool: Pool, log: Log): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const pause = createPause(stopping.signal);
  const ended = (async () => {
    while (!stopping.signal.aborted) {
      await sweepOnce(pool, stopping.signal).catch((err: unknown) => {
        log.warn({ err }, 'sweeping carts failed');
      });
      await pause.wait(SWEEP_MS);
    }
  })();
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

async function sweepOnce(pool: Pool, stopping: AbortSignal): Promise<void> {
  for (let batch = 0; batch < BATCHES_MAX && !stopping.aborted; batch++) {
    if (await giveBackLapsed(pool) === 0) break;
  }
  await pool.query(DELETE_OLD_CARTS, [OLD_CARTS_PER_SWEEP_MAX, KEEP_CLOSED_DAYS]);
}
