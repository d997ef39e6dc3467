import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import CircuitBreaker from 'opossum';
import { buildConnector, Pool } from 'undici';

/**
 * One side as the gateway reaches it: connections that are kept, limits on each wait, and a breaker. A side
 * that does not answer is not asked for a second, and costs the other side nothing: they share neither
 * connections nor limits.
 */
export interface Upstream {
  /**
   * Asks, and tells the answerer what comes. Nothing is tried again: the caller has an Idempotency-Key.
   *
   * @returns why it was not asked at all
   */
  send(ask: Ask, answerer: Answerer): 'overloaded' | 'unavailable' | undefined;
  /** Requests under way. */
  underWay(): number;
  /** True while nobody is asked: most of what was asked lately failed. */
  isShunned(): boolean;
  /** Ends what is under way. */
  close(): Promise<void>;
}

export interface Ask {
  method: string;
  /** path and query */
  path: string;
  headers: Record<string, string | string[]>;
  body: Buffer | null;
  pace: Pace;
}

/**
 * `quick` is answered at once, and may stand in line with others on one connection; `slow` waits for the log
 * or a provider, and has a connection of its own; a `stream` lasts for hours, with silences.
 */
export type Pace = 'quick' | 'slow' | 'stream';

/** Who hears an answer, in this order; `failed` may come at any time and is the last word. */
export interface Answerer {
  started(valve: Valve): void;
  head(status: number, headers: IncomingHttpHeaders): void;
  /** @returns false: no more until the valve is opened */
  data(chunk: Buffer): boolean;
  end(): void;
  failed(error: Error): void;
}

export interface Valve {
  open(): void;
  /** Ends the request. */
  abort(): void;
}

const CONNECT_MS_MAX = 1_000;
/** Selling waits 2 s for the log before it answers 202, legacy 5 s for a row: past this nothing is coming. */
const ANSWER_MS_MAX = 7_000;
/** Both sides send a comment in a silent stream every 15 s. */
const SILENT_MS_MAX = 40_000;
const CONNECTIONS_MAX = 512;
/** Of quick requests, each with so many under way where they stand in line. */
const LINES_MAX = 64;
const LINE_LENGTH_MAX = 32;
const STREAMS_MAX = 15_000;
/** Under way with one side at once: what is beyond would only wait. */
const UNDER_WAY_MAX = 8_192;
const SHUN_MS = 1_000;
/** A side is shunned when half of what it was asked in five seconds, twenty or more, got no answer. */
const HEALTH = {
  timeout: false, volumeThreshold: 20, errorThresholdPercentage: 50, rollingCountTimeout: 5_000,
  rollingCountBuckets: 5, resetTimeout: SHUN_MS,
} as const;

/**
 * @param url base URL, `http://`
 * @param isBatching quick requests stand in line: those of one turn of the event loop leave in one write per
 *   connection, which is what makes a gateway cheap; not for a side that locks rows, where one slow answer
 *   would hold up all behind it
 */
export function createUpstream(url: string, { isBatching }: { isBatching: boolean }): Upstream {
  const shared = {
    pipelining: 1, keepAliveTimeout: 60_000, headersTimeout: ANSWER_MS_MAX, bodyTimeout: ANSWER_MS_MAX,
  };
  const connect = buildConnector({ timeout: CONNECT_MS_MAX });
  const writes = createTurnWrites();
  const slow = new Pool(url, { ...shared, connect, connections: CONNECTIONS_MAX });
  const stream = new Pool(url, {
    ...shared, connect, connections: STREAMS_MAX, bodyTimeout: SILENT_MS_MAX,
  });
  const quick = isBatching ? new Pool(url, {
    ...shared, connections: LINES_MAX, pipelining: LINE_LENGTH_MAX,
    connect: (options, callback) => connect(options, (...outcome) => {
      if (outcome[1] !== null) writes.add(outcome[1]);
      callback(...outcome);
    }),
  }) : slow;
  const pools: Readonly<Record<Pace, Pool>> = { quick, slow, stream };
  // It is asked for its opinion, and told each outcome: that a request was answered at all, whatever with.
  const breaker = new CircuitBreaker((outcome: Promise<void>) => outcome, HEALTH);
  breaker.on('reject', () => undefined);
  let underWay = 0;
  let openStreams = 0;

  function send(ask: Ask, answerer: Answerer): 'overloaded' | 'unavailable' | undefined {
    if (breaker.opened) return 'unavailable';
    if (ask.pace === 'stream' ? openStreams >= STREAMS_MAX : underWay >= UNDER_WAY_MAX) return 'overloaded';
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    breaker.fire(promise).catch(() => undefined);
    count(ask, 1);
    let isOver = false;
    const finish = (): void => {
      if (isOver) return;
      isOver = true;
      count(ask, -1);
    };
    const { pace, ...request } = ask;
    if (pace === 'quick') writes.gather();
    // All of them can be repeated under their Idempotency-Key, so they may stand in line.
    pools[pace].dispatch({ ...request, idempotent: true, blocking: false }, {
      onRequestStart: (controller) => answerer.started({
        open: () => controller.resume(),
        // The buyer went away, which says nothing about this side.
        abort: () => {
          resolve();
          if (!controller.aborted) controller.abort(new Error('the caller went away'));
        },
      }),
      onResponseStart: (_controller, status, headers) => {
        resolve();
        if (status >= 200) answerer.head(status, headers);
      },
      onResponseData: (controller, chunk) => {
        if (!answerer.data(chunk)) controller.pause();
      },
      onResponseEnd: () => {
        finish();
        answerer.end();
      },
      onResponseError: (_controller, error) => {
        reject(error);
        finish();
        answerer.failed(error);
      },
    });
    return undefined;
  }

  function count({ pace }: Ask, change: 1 | -1): void {
    if (pace === 'stream') openStreams += change;
    else underWay += change;
  }

  return {
    send,
    underWay: () => underWay + openStreams,
    isShunned: () => breaker.opened,
    async close() {
      breaker.shutdown();
      await Promise.all([...new Set(Object.values(pools))].map((pool) => pool.destroy()));
    },
  };
}

/** Sockets whose writes of one turn of the event loop leave together. */
interface TurnWrites {
  add(socket: Socket): void;
  /** Called before something is written. */
  gather(): void;
}

function createTurnWrites(): TurnWrites {
  const sockets = new Set<Socket>();
  let isGathering = false;
  return {
    add(socket) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    },
    gather() {
      if (isGathering) return;
      isGathering = true;
      const corked = [...sockets];
      for (const socket of corked) socket.cork();
      setImmediate(() => {
        isGathering = false;
        for (const socket of corked) socket.uncork();
      });
    },
  };
}
