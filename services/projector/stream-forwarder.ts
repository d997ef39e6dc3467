import { appendToStream } from '../shared/event-store/append-to-stream.ts';
import type { UnplacedEvent } from '../shared/contracts/stream-events.ts';
import type { Log } from '../shared/platform/log.ts';
import { createPause } from '../shared/platform/pause.ts';
import { isPgAway, loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import type { ProjectorMetrics } from './projector-metrics.ts';

const sql = {
  selectStreamEvents: loadSql(import.meta.url, './sql/select-stream-events.sql'),
  deleteStreamEvents: loadSql(import.meta.url, './sql/delete-stream-events.sql'),
};

/** Takes what was written to the outboxes of streams into the event store. */
export interface StreamForwarder {
  start(): void;
  /** Waits for the transactions under way; the signal ends it. */
  stop(): Promise<void>;
  /** A sentence for what keeps it from its work. */
  troubles(): string[];
}

/** A database with an outbox (services/shared/stream-outbox). */
export interface OutboxDatabase {
  /** shown in the rows of the events: where they come from */
  name: string;
  pool: Pool;
}

/** Read at once. */
export const FORWARDED_MAX = 500;
const LOOK_MS = 250;
/** Until a stream whose events PostgreSQL refuses is tried again, in looks. */
const REFUSED_LOOKS = 40;

/**
 * Not working yet. Every projector has one; any number may work on one outbox at once.
 *
 * @param onAppended told after each commit that there is something to place
 */
export function createStreamForwarder(
  { outboxes, events, metrics, log, signal, onAppended }: {
    outboxes: readonly OutboxDatabase[]; events: Pool; metrics: ProjectorMetrics; log: Log;
    signal: AbortSignal; onAppended(): void;
  },
): StreamForwarder {
  /** by outbox: streams that wait, with why */
  const refused = new Map(outboxes.map(({ name }) => [name, new Map<string, string>()]));
  const away = new Map<string, string>();
  let working: Promise<unknown> | undefined;

  async function look(outbox: OutboxDatabase): Promise<void> {
    const waiting = refused.get(outbox.name) ?? new Map<string, string>();
    try {
      for (let isMore = true; isMore && !signal.aborted;) {
        const forwarded = await forwardEvents(outbox, events, waiting);
        isMore = forwarded.isMore;
        metrics.forwarded.inc(forwarded.count);
        if (forwarded.count > 0) onAppended();
      }
      away.delete(outbox.name);
    } catch (error) {
      if (!away.has(outbox.name)) log.warn({ err: error, outbox: outbox.name }, 'an outbox is not emptied');
      away.set(outbox.name, `the outbox ${outbox.name} is not emptied: ${(error as Error).message}`);
    }
  }

  /** Each by itself: one whose database is away holds no other up. */
  async function work(outbox: OutboxDatabase): Promise<void> {
    const pause = createPause(signal);
    const streams = refused.get(outbox.name);
    for (let looks = 0; !signal.aborted; looks += 1) {
      const isTriedAgain = looks % REFUSED_LOOKS === 0;
      if (isTriedAgain) streams?.clear();
      await look(outbox);
      if (isTriedAgain) {
        for (const [stream, why] of streams ?? []) log.error({ stream, why }, 'a stream takes no events');
      }
      await pause.wait(LOOK_MS);
    }
  }

  return {
    start() {
      working ??= Promise.all(outboxes.map(work));
    },
    async stop() {
      await working;
    },
    troubles: () => [
      ...away.values(),
      ...[...refused.values()].flatMap((streams) =>
        [...streams].map(([stream, why]) => `the stream ${stream} takes no events: ${why}`)),
    ],
  };
}

interface OutboxRow {
  outbox_id: number;
  stream: string;
  event: UnplacedEvent;
}

/**
 * Moves the next events of an outbox: into the event store first, out of the outbox then, each stream in
 * transactions of its own. Whoever is ended between the two leaves events that the store knows already; the
 * next one finds them by their ids. What is visible of a stream in the outbox has nothing before it that is
 * not (stream-outbox/migrations), so that two who work at once keep its order too. An event that PostgreSQL
 * refuses for good keeps its stream waiting, and no other.
 *
 * @param refused streams to pass by; those that refuse are added
 * @returns how many were appended, and whether to look again at once
 */
export async function forwardEvents(
  { name, pool }: OutboxDatabase, events: Pool, refused: Map<string, string> = new Map(),
): Promise<{ count: number; isMore: boolean }> {
  const { rows } = await pool.query<OutboxRow>(sql.selectStreamEvents, [[...refused.keys()], FORWARDED_MAX]);
  let count = 0;
  for (const [stream, waiting] of Map.groupBy(rows, (row) => row.stream)) {
    try {
      const appended = await withTransaction(events, (client) => appendToStream(client, {
        stream, expectedVersion: 'any', events: waiting.map(({ event }) => event), source: `outbox:${name}`,
      }));
      count += appended.count;
    } catch (error) {
      if (isPgAway(error as Error)) throw error;
      refused.set(stream, (error as Error).message);
      continue;
    }
    await pool.query(sql.deleteStreamEvents, [waiting.map(({ outbox_id: id }) => id)]);
  }
  return { count, isMore: rows.length === FORWARDED_MAX };
}
