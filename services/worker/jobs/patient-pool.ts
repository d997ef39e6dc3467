import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../../shared/platform/pause.ts';
import { isPgAway } from '../../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../../shared/platform/pg.ts';

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 1_000;
/** `serialization_failure`, which the library takes for a reason to try again within seconds. */
const TRY_AGAIN = '40001';

/**
 * The pool as graphile-worker gets it. Version 0.18.0 lets nobody hear when the end of a job cannot be noted
 * (worker.js calls `failJob` and `completeJob` and goes on), which would end the process, and it tries again
 * after a few error codes only. So whoever awaits a connection waits until PostgreSQL is there, or the signal
 * aborts; and what says that PostgreSQL went away says to try again. Who listens gives a callback, and bears
 * that it is away.
 */
export function createPatientPool(pool: Pool, signal: AbortSignal): Pool {
  return override(pool, 'connect', (listen?: Parameters<Pool['connect']>[0]) =>
    listen === undefined ? connectPatiently(pool, signal) : pool.connect(listen));
}

async function connectPatiently(pool: Pool, signal: AbortSignal): Promise<PoolClient> {
  for (let failures = 1; ; failures++) {
    try {
      const client = await pool.connect();
      return override(client, 'query', (...values: [string, unknown[]?]) =>
        client.query(...values).catch(tellToTryAgain));
    } catch (error) {
      if (signal.aborted || !isPgAway(error as Error)) tellToTryAgain(error as Error);
    }
    await sleep(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
  }
}

function tellToTryAgain(error: Error): never {
  if (!isPgAway(error)) throw error;
  throw Object.assign(new Error(error.message, { cause: error }), { code: TRY_AGAIN });
}

/** The object with another method in the place of its own. */
function override<T extends object>(object: T, name: keyof T, method: (...values: never[]) => unknown): T {
  return new Proxy(object, {
    get(target, key) {
      if (key === name) return method;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) as unknown : value;
    },
  });
}
