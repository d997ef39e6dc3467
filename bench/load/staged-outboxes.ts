import type { Redis } from 'ioredis';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import { readOutboxEntry } from '../../services/shared/contracts/outbox.ts';
import { awaitDrained } from './await-drained.ts';

/**
 * Full outboxes, taken out of Redis and put back as often as one likes: the same events can be relayed round
 * by round, each time to a stream of its own.
 */
export interface StagedOutboxes {
  /** without those of `warmUp` */
  events: number;
  /** Puts the first entries back, sale definitions among them, and waits until they are relayed. */
  warmUp(): Promise<void>;
  /** Puts the rest back, and waits until the relay has emptied the outboxes; gives the seconds that took. */
  relay(): Promise<number>;
}

const WARM_UP_ENTRIES = 6;

/** Takes the outboxes of all partitions away, with what belongs to them. */
export async function stageOutboxes(redis: Redis, partitions: number): Promise<StagedOutboxes> {
  const first: { outbox: string; id: string; fields: string[] }[] = [];
  const rest: { key: string; dump: Buffer }[] = [];
  let events = 0;
  for (let p = 0; p < partitions; p++) {
    const { outbox, standing, unconfirmed } = partitionKeys(p);
    const entries = await redis.xrange(outbox, '-', '+');
    for (const [id, fields] of entries.slice(0, WARM_UP_ENTRIES)) {
      first.push({ outbox, id, fields });
      await redis.xdel(outbox, id);
    }
    for (const [, fields] of entries.slice(WARM_UP_ENTRIES)) events += readOutboxEntry(fields).length;
    // The outbox last: when it is there all is there.
    for (const key of [unconfirmed, standing, outbox]) {
      const dump = await redis.dumpBuffer(key);
      if (dump !== null) rest.push({ key, dump });
    }
    await redis.del(outbox, standing, unconfirmed);
  }
  return {
    events,
    async warmUp() {
      // An emptied stream remembers its last id, and takes no smaller one.
      await Promise.all(first.map(({ outbox }) => redis.del(outbox)));
      await Promise.all(first.map(({ outbox, id, fields }) => redis.xadd(outbox, id, ...fields)));
      await awaitDrained(redis, partitions);
      await Promise.all(first.map(({ outbox }) => redis.del(outbox)));
    },
    async relay() {
      const startedAtMs = performance.now();
      await Promise.all(rest.map(({ key, dump }) => redis.restore(key, 0, dump, 'REPLACE')));
      await awaitDrained(redis, partitions);
      return (performance.now() - startedAtMs) / 1_000;
    },
  };
}
