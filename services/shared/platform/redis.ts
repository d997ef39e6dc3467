import { Redis } from 'ioredis';
import type { Log } from './log.ts';

/**
 * A command that is not answered by then is refused to its caller, who has promised an answer within a
 * second. At 900 ms, 25 refusals at once took 956 ms on two busy cores (November 2026): too near. A
 * connection on which nothing came for as long is given up, so that what is asked next is refused at once,
 * and so that a host that vanished without a word is found again at its new place.
 */
const COMMAND_MS_MAX = 800;
/** A blocking read asks for at most a second of waiting: longer silence is a dead connection. */
const BLOCKING_SILENCE_MS_MAX = 3_000;
const CONNECT_MS_MAX = 2_000;
const RECONNECT_MS_MAX = 500;

export interface RedisOptions {
  /** shows in CLIENT LIST */
  name: string;
  log: Log;
  /** for XREAD BLOCK and the like: a connection of its own, without a time limit on commands */
  blocking?: boolean;
}

/**
 * A connection that fails fast and comes back by itself: no command waits in a queue while Redis is away.
 * A command that was under way when the connection broke may run twice, so scripts are idempotent.
 * Does not wait for the connection; `redis.status` is `ready` once it stands.
 */
export function connectRedis(url: string, { name, log, blocking = false }: RedisOptions): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    connectTimeout: CONNECT_MS_MAX,
    enableOfflineQueue: false,
    // One reconnect, then the commands under way are refused: the buyer is told within a second.
    maxRetriesPerRequest: 1,
    ...(blocking
      ? { socketTimeout: BLOCKING_SILENCE_MS_MAX }
      : { commandTimeout: COMMAND_MS_MAX, socketTimeout: COMMAND_MS_MAX }),
    retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_MS_MAX),
    // After a failover the old primary answers READONLY: connect anew, to the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  redis.on('error', (error: Error) =>
    log.warn({ err: error.message, connection: name }, 'redis connection failed'));
  redis.on('ready', () => log.debug({ connection: name }, 'redis connection is ready'));
  return redis;
}

/**
 * Waits until the connection is ready, at most `ms`.
 *
 * @throws Error with a sentence that names the connection
 */
export async function redisReady(redis: Redis, ms: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.off('ready', done);
      reject(new Error(`Redis at ${redis.options.host}:${redis.options.port} does not answer`));
    }, ms);
    function done(): void {
      clearTimeout(timer);
      resolve();
    }
    redis.once('ready', done);
  });
}
