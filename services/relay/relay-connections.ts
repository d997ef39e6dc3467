import type { Redis } from 'ioredis';
import type { OutboxReader } from './outbox-reader.ts';

export interface RelayConnectionsOptions {
  /** for commands */
  redis: Redis;
  /** for blocking reads of the outboxes */
  outboxRedis: Redis;
  outboxes: OutboxReader;
  /** Behind a connection may be another Redis now: what was read over the old one says nothing. */
  onNew(): void;
  /** As well, when commands are concerned; the old one answered last at that time, ms, 0 if never. */
  onNewCommands(answeredAtMs: number): void;
  signal: AbortSignal;
}

/** A connection that answers nothing for so long is called silent, told of, and made anew. */
const SILENT_MS_MAX = 3_000;
/** Commands are asked for an answer every second. */
const ASKED_MS = 1_000;

/** Watches the relay's two connections to Redis, and makes those anew that look well and say nothing. */
export class RelayConnections {
  readonly #options: RelayConnectionsOptions;
  /** when Redis last answered a command, and since when the connections are as they are */
  #answeredAtMs = 0;
  #commandsSinceMs = Date.now();
  #outboxSinceMs = Date.now();
  /** since when commands are asked and outboxes read; undefined while nobody does so */
  #watchedSinceMs: number | undefined;

  constructor(options: RelayConnectionsOptions) {
    this.#options = options;
    this.#follow();
  }

  /** From now on an answer is awaited all the time. */
  watch(): void {
    this.#answeredAtMs = this.#watchedSinceMs = Date.now();
  }

  /** Redis has answered a command. */
  answered(): void {
    this.#answeredAtMs = Date.now();
  }

  /** A peer that vanished without a word leaves a connection that looks well: it is made anew. */
  endSilence(): void {
    if (this.#watchedSinceMs === undefined) return;
    const { redis, outboxRedis, outboxes } = this.#options;
    const outboxAtMs = Math.max(this.#outboxSinceMs, this.#watchedSinceMs, outboxes.answeredAtMs() ?? 0);
    if (outboxRedis.status === 'ready' && Date.now() - outboxAtMs > SILENT_MS_MAX) {
      this.#outboxSinceMs = Date.now();
      outboxRedis.disconnect(true);
    }
    const commandsAtMs = Math.max(this.#commandsSinceMs, this.#answeredAtMs);
    if (redis.status === 'ready' && Date.now() - commandsAtMs > SILENT_MS_MAX) {
      this.#commandsSinceMs = Date.now();
      redis.disconnect(true);
    }
  }

  /** What does not answer, a sentence each. */
  troubles(): string[] {
    if (this.#watchedSinceMs === undefined) return [];
    const { redis, outboxes } = this.#options;
    const unreadMs = Date.now() - Math.max(this.#watchedSinceMs, outboxes.answeredAtMs() ?? 0);
    return [
      redis.status === 'ready' && Date.now() - this.#answeredAtMs <= SILENT_MS_MAX + ASKED_MS
        ? '' : 'Redis does not answer',
      unreadMs <= SILENT_MS_MAX ? '' : `the outboxes were last read ${Math.round(unreadMs / 1_000)} s ago`,
    ].filter(Boolean);
  }

  /** When commands reach a new Redis, the outboxes must not go on being read from the old one. */
  #follow(): void {
    const { redis, outboxRedis, onNew, onNewCommands, signal } = this.#options;
    let isFirst = true;
    outboxRedis.on('ready', () => {
      this.#outboxSinceMs = Date.now();
      onNew();
    });
    redis.on('ready', () => {
      this.#commandsSinceMs = Date.now();
      if (!isFirst) {
        onNew();
        onNewCommands(this.#answeredAtMs);
      }
      if (!isFirst && !signal.aborted && outboxRedis.status === 'ready') outboxRedis.disconnect(true);
      isFirst = false;
    });
  }
}
