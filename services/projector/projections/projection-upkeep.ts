import { readHead } from '../../shared/event-store/read-sale.ts';
import type { Log } from '../../shared/platform/log.ts';
import { isPgAway, loadSql, withTransaction } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import type { Projection } from './projection.ts';
import { dropVersion, selectVersions, serveVersion } from './read-model-versions.ts';
import type { ReadModel } from './read-models/read-model.ts';

const sql = {
  lockVersions: loadSql(import.meta.url, './sql/lock-versions.sql'),
  selectReplays: loadSql(import.meta.url, './sql/select-replays.sql'),
  refuseReplay: loadSql(import.meta.url, './sql/refuse-replay.sql'),
  endReplay: loadSql(import.meta.url, './sql/end-replay.sql'),
};

/** A statement that began before the swap may still read the old table; and its process may not know yet. */
const RETIRED_MS = 10_000;

/**
 * What the engine asks for between its surveys: read models that are as far as their predecessors are shown,
 * retired ones dropped, replays that operators have asked for begun. Any number of processes may do it.
 *
 * @param options.events the event store, which knows the sales that cannot be replayed any more
 * @param options.projections that are followed always
 * @param options.readModels that are followed while they are building or serving
 * @returns a function that gives what is to be followed now; it throws when PostgreSQL does not answer
 */
export function createUpkeep(
  { pool, events, projections, readModels, log, retiredMs = RETIRED_MS }: {
    pool: Pool; events: Pool; projections: Projection[]; readModels: ReadModel[]; log: Log;
    retiredMs?: number;
  },
): () => Promise<Projection[]> {
  return async () => {
    const followed: Projection[] = [...projections];
    for (const { key, state, sinceMs } of await selectVersions(pool)) {
      const model = readModels.find((one) => one.key === key);
      if (state === 'retired' && sinceMs >= retiredMs) {
        await tryOrWarn(async () => {
          if (await dropVersion(pool, key)) log.info({ key }, 'a read model is dropped');
        });
      }
      if (state === 'retired' || model === undefined) continue;
      followed.push(model);
      if (state === 'building') {
        await tryOrWarn(async () => {
          if (await serveVersion(pool, key)) log.info({ key }, 'a read model is swapped in');
        });
      }
    }
    await replayWanted({ pool, events, followed, log });
    return followed;
  };

  /** A view of somebody else's on a read model's, or a long report, is no reason to follow nothing. */
  async function tryOrWarn(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (isPgAway(error as Error)) throw error;
      log.warn({ err: error }, 'a read model cannot be swapped or dropped yet');
    }
  }
}

/** Takes back what operators want to have replayed; the engine then finds those sales far behind. */
async function replayWanted(
  { pool, events, followed, log }: { pool: Pool; events: Pool; followed: Projection[]; log: Log },
): Promise<void> {
  const { rows } = await pool.query<{ id: number; projection: string; saleId: string }>(
    sql.selectReplays, [followed.map(({ key }) => key)],
  );
  for (const { id, projection: key, saleId } of rows) {
    const forget = followed.find((one) => one.key === key)?.forget;
    if (forget === undefined) continue;
    await withTransaction(pool, async (client) => {
      // A batch that is under way ends first, and its effects are taken back too; it may be the sale's first,
      // which has no position to lock yet.
      await client.query(sql.lockVersions);
      // Without its events the sale would have no rows afterwards.
      const isRemoved = (await readHead(events, saleId))?.removedAt !== undefined;
      const ended = await client.query(isRemoved ? sql.refuseReplay : sql.endReplay,
        isRemoved ? [id] : [id, key, saleId]);
      if (ended.rowCount !== 1) return;
      if (!isRemoved) await forget(client, saleId);
      log.info({ projection: key, saleId, isRemoved }, 'a replay of a projection of a sale was asked for');
    });
  }
}
