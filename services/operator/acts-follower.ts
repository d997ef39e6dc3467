import type { Redis } from 'ioredis';
import { ACTS_KEY } from '../shared/contracts/keys.ts';
import type { UnplacedEvent } from '../shared/contracts/stream-events.ts';
import { appendToStream } from '../shared/event-store/append-to-stream.ts';
import type { Log } from '../shared/platform/log.ts';
import { isPgAway, withTransaction } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { repeat } from '../shared/platform/repeat.ts';
import type { Repeating } from '../shared/platform/repeat.ts';

const LOOK_MS = 500;
const ACTS_PER_READ = 100;

/**
 * Takes what the selling API keeps for the audit, having no database, into the event store. Any number of
 * processes may do it at once.
 */
export function createActsFollower(
  { redis, events, log }: { redis: Redis; events: Pool; log: Log },
): Repeating {
  let isAway = false;
  const refused = new Set<string>();
  const onRefused = (id: string, err: Error): void => {
    if (!refused.has(id)) log.error({ id, err }, 'this cannot be taken into the audit, and stays');
    refused.add(id);
  };
  return repeat(LOOK_MS, async () => {
    await followActs({ redis, events, onRefused });
    isAway = false;
  }, (err) => {
    if (!isAway) log.warn({ err }, 'acts of operators are not in the audit yet');
    isAway = true;
  });
}

/**
 * Moves all that waits: into the event store first, out of Redis then. Who is ended between the two leaves
 * acts that their stream knows by their ids, and they are not stored again. What cannot be stored stays.
 *
 * @returns how many were stored
 */
export async function followActs(
  { redis, events, onRefused }: { redis: Redis; events: Pool; onRefused(id: string, error: Error): void },
): Promise<number> {
  let stored = 0;
  for (let from = '-'; ;) {
    const entries = await redis.xrange(ACTS_KEY, from, '+', 'COUNT', ACTS_PER_READ);
    for (const [id, [, text = '']] of entries) {
      try {
        stored += await store(events, text);
      } catch (error) {
        if (isPgAway(error as Error)) throw error;
        onRefused(id, error as Error);
        continue;
      }
      await redis.xdel(ACTS_KEY, id);
    }
    const last = entries.at(-1);
    if (entries.length < ACTS_PER_READ || last === undefined) return stored;
    from = `(${last[0]}`;
  }
}

async function store(events: Pool, text: string): Promise<number> {
  const event = JSON.parse(text) as UnplacedEvent;
  const append = { stream: event.subject, expectedVersion: 'any', events: [event], source: 'redis' } as const;
  return (await withTransaction(events, (client) => appendToStream(client, append))).count;
}
