import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { GENESIS } from '../../../services/shared/contracts/log-rule.ts';
import type { Head } from '../../../services/shared/contracts/log-rule.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { readStream } from '../../harness/read-stream.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { openTestStack } from '../../stack.ts';

/** One sale's events in an outbox, written as the scripts write them. */
export class OutboxWriter {
  readonly saleId: string;
  readonly partition: number;
  readonly #redis: Redis;
  head: Head = GENESIS;
  /** ids, in order */
  ids: string[] = [];

  constructor(redis: Redis, saleId: string) {
    this.#redis = redis;
    this.saleId = saleId;
    this.partition = partitionOf(saleId, 64);
  }

  get outbox(): string {
    return partitionKeys(this.partition).outbox;
  }

  /**
   * One entry with `count` events of a type that needs no layout, at the position `entryId`. The first one
   * is what `orderId` waits for, in the same step, as confirm-order.lua writes it.
   */
  async add(count = 1, entryId = '*', orderId?: string): Promise<string[]> {
    const idBase = `${randomBytes(6).toString('base64url')}-`;
    const ids = Array.from({ length: count }, (_, i) => `${idBase}${i + 1}`);
    const nowMs = Date.now();
    const block = [
      [this.head.seq + 1, this.head.id, 0, nowMs, idBase, 1].join('\t'),
      ...ids.map(() => 'sale.paused\toperator:ann \t{}'),
    ].join('\n');
    this.head = { seq: this.head.seq + count, id: ids.at(-1) ?? '' };
    this.ids.push(...ids);
    const { standing } = partitionKeys(this.partition);
    const step = this.#redis.multi().xadd(this.outbox, entryId, this.saleId, block)
      .hincrby(standing, 'written', block.length).hsetnx(standing, 'sinceMs', nowMs);
    if (orderId !== undefined) step.hset(partitionKeys(this.partition).unconfirmed, ids[0] ?? '', orderId);
    for (const [error] of await step.exec() ?? []) if (error !== null) throw error;
    return ids;
  }
}

/** A stack, and what a test of the relay looks at. */
export async function openRelayBench(t: Teardown, shards?: number) {
  const stack = await openTestStack(t, shards === undefined ? {} : { shards });
  const redis = new Redis(stack.redisUrl);
  t.teardown(() => redis.disconnect());
  const bench = {
    stack, redis,
    writer: (saleId: string) => new OutboxWriter(redis, saleId),
    /** Ids of the log of one sale, in order. */
    async logOf(saleId: string): Promise<string[]> {
      return ((await readStream(stack)).sales.get(saleId) ?? []).map(({ id }) => id);
    },
    /** Waits until nothing is left in the outbox. */
    drained: (...writers: OutboxWriter[]) => awaitThat('the outboxes are empty', async () => {
      const lengths = await Promise.all(writers.map(({ outbox }) => redis.xlen(outbox)));
      return lengths.every((length) => length === 0);
    }),
    /** All ids announced in a partition, in order. */
    async announced(partition: number): Promise<string[]> {
      const entries = await redis.xrange(partitionKeys(partition).accepted, '-', '+');
      return entries.flatMap(([, fields]) => (fields[1] ?? '').split(' '));
    },
    stateOf: (writer: OutboxWriter) => redis.hget(saleKeys(writer.partition, writer.saleId).sale, 'state'),
  };
  return bench;
}

/** Sentences of `/health/ready`; none when it is ready. */
export async function troublesOf(url: string): Promise<string[]> {
  return (await (await fetch(`${url}/health/ready`)).json() as { missing?: string[] }).missing ?? [];
}

/** Generations for all partitions, as a Redis that was in use has them. */
export async function openPartitions(redis: Redis): Promise<void> {
  await redis.mset(Array.from({ length: 64 }, (_, p) => [partitionKeys(p).generation, 'g1']).flat());
}

/** The value of a metric without labels. */
export async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}
