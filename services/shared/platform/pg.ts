import { readFileSync } from 'node:fs';
import { Pool, types } from 'pg';
import type { PoolClient } from 'pg';
import type { Logger } from 'pino';

/**
 * PostgreSQL as every service reaches it: one pool per process with all limits spelled out.
 *
 * Guarantees: a connection that drops, idle or checked out, is logged and replaced and never ends the process
 * (node-postgres#3202); no wait is unbounded: connecting, a statement, an open transaction each have a limit;
 * `bigint` columns arrive as numbers (ours stay far below 2^53; one beyond it throws, is not rounded).
 * Does not guarantee: retries. Whether a failed statement may be repeated is known to the caller only.
 */

export type { Pool, PoolClient } from 'pg';

export interface PgOptions {
  /** Shown in `pg_stat_activity.application_name`. */
  name: string;
  log: Logger;
  /** Connections at most; a request beyond it waits `connectMs` for one to become free, then throws. */
  poolMax: number;
  /** Limit for getting a connection, default 3,000. */
  connectMs?: number;
  /** Limit for one statement, default 15,000. */
  statementMs?: number;
}

/** Opens nothing yet: the first query connects. End it with `pool.end()`. */
export function connectPg(url: string, options: PgOptions): Pool {
  const { name, log, poolMax, connectMs = 3_000, statementMs = 15_000 } = options;
  const pool = new Pool({
    connectionString: url,
    application_name: name,
    max: poolMax,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    // The server's own limit does not help when the network is gone: this one is the client's.
    query_timeout: statementMs + 2_000,
    idle_in_transaction_session_timeout: 30_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    types: { getTypeParser: parserOf },
  });
  const warn = (error: Error): void => log.warn({ err: error, pool: name }, 'PostgreSQL connection lost');
  pool.on('error', warn);
  // A checked-out client reports to itself, not to the pool: without a handler that is an uncaught exception.
  pool.on('connect', (client) => client.on('error', warn));
  return pool;
}

/**
 * Runs `work` between BEGIN and COMMIT on one connection and returns its result; rolls back and
 * rethrows when it throws. A connection on which the rollback fails as well is closed instead of given back.
 * When the answer to COMMIT is lost this throws although the database may have committed: callers make their
 * transactions conditional (on a position, a checkpoint, a unique key), so that repeating one is harmless.
 */
export async function withTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/**
 * The text of a `.sql` file: `loadSql(import.meta.url, './append-events.sql')`. Call it once, at import.
 * Throws when the file is missing.
 */
export function loadSql(relativeTo: string, path: string): string {
  return readFileSync(new URL(path, relativeTo), 'utf8');
}

/**
 * True if the error says that PostgreSQL is away, starting, stopping or too slow: a matter of waiting, not a
 * defect of the statement. Nothing is known then about a COMMIT that was under way.
 */
export function isPgAway(error: Error): boolean {
  const code = (error as { code?: unknown }).code;
  return AWAY_CODE.test(typeof code === 'string' ? code : '') || AWAY_MESSAGE.test(error.message);
}

/**
 * Classes 08 and 53, cancelled by a limit, server going or coming (PostgreSQL, appendix A); and of sockets.
 */
const AWAY_CODE = /^(08...|53...|57014|57P0[1-3]|ECONN[A-Z]+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
const AWAY_MESSAGE =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|a connection error/;

const parserOf: typeof types.getTypeParser = (oid, format) =>
  oid === types.builtins.INT8 && format !== 'binary' ? parseBigint : types.getTypeParser(oid, format);

function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit into a number`);
  return value;
}
