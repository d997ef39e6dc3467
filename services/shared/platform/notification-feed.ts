import type { Log } from './log.ts';
import { backoffMs, createPause } from './pause.ts';
import type { Pool, PoolClient } from './pg.ts';

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;

/**
 * Tells listeners that there is something new, as soon as PostgreSQL says so. What is said while the
 * connection is away is lost: everybody is told once more when it is back, and looks by itself now and then.
 * It keeps one connection of the pool while somebody listens.
 */
export class NotificationFeed {
  readonly #pool: Pool;
  readonly #listen: string;
  readonly #log: Log;
  readonly #listeners = new Set<() => void>();
  readonly #stopping = new AbortController();
  readonly #pause = createPause(this.#stopping.signal);
  #end: (() => void) | undefined;
  #working: Promise<void> | undefined;

  /** @param options.listen the statement that listens: `LISTEN channel` */
  constructor({ pool, listen, log }: { pool: Pool; listen: string; log: Log }) {
    this.#pool = pool;
    this.#listen = listen;
    this.#log = log;
  }

  /** @returns a function that ends it */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#wake();
    };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#working;
  }

  #begin(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      // Who came while it ended would wait for nobody.
      if (this.#isWanted()) this.#begin();
    });
  }

  async #work(): Promise<void> {
    for (let failures = 0; this.#isWanted();) {
      try {
        await this.#follow(await this.#pool.connect());
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1) this.#log.warn({ err: error }, 'news are looked for, not listened to');
        await this.#pause.wait(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
      }
    }
  }

  /** Until nobody listens or the connection ends, which throws. It is closed: the next user hears nothing. */
  async #follow(client: PoolClient): Promise<void> {
    const ended = Promise.withResolvers<void>();
    client.on('error', ended.reject).on('end', () => ended.reject(new Error('the connection has ended')));
    client.on('notification', () => this.#tell());
    this.#end = ended.resolve;
    try {
      // Whoever comes and goes while it is asked for is seen behind it.
      await Promise.race([client.query(this.#listen), ended.promise]);
      this.#tell();
      if (this.#isWanted()) await ended.promise;
    } finally {
      this.#end = undefined;
      ended.promise.catch(() => undefined);
      client.release(true);
    }
  }

  #isWanted(): boolean {
    return this.#listeners.size > 0 && !this.#stopping.signal.aborted;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #wake(): void {
    this.#end?.();
    this.#pause.wake();
  }
}
