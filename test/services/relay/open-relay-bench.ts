import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import type { EventData } from '../../../services/shared/contracts/events.ts';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { GENESIS } from '../../../services/shared/contracts/log-rule.ts';
import type { Head } from '../../../services/shared/contracts/log-rule.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { readStream } from '../../harness/read-stream.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { openTestStack } from '../../stack.ts';
import type { TestService } from '../../stack.ts';

const PAUSED = 'sale.paused\toperator:ann \t{}';
const DEFINED = `sale.defined\toperator:ann \t${JSON.stringify({
  version: 1, name: 'Lear', currency: 'EUR', opensAt: null, closesAt: null, holdSeconds: 600,
  holdSecondsMax: 600, buyerLimit: 9, paymentMethods: ['free'],
  categories: [{ categoryId: 'c', name: 'C', prices: { adult: 100 } }],
  areas: [{ areaId: 'floor', name: 'Floor', kind: 'general', capacity: 9, categoryId: 'c' }],
} satisfies EventData<'sale.defined'>)}`;

/** One sale's events in an outbox, written as the scripts write them. */
export class OutboxWriter {
  readonly saleId: string;
  readonly partition: number;
  readonly #redis: Redis;
  readonly #makesSense: boolean;
  head: Head = GENESIS;
  /** ids, in order */
  ids: string[] = [];

  /**
   * @param makesSense whether a sale can be rebuilt from its events; if not, it stays suspended once it is
   */
  constructor(redis: Redis, saleId: string, makesSense: boolean) {
    this.#redis = redis;
    this.#makesSense = makesSense;
    this.saleId = saleId;
    this.partition = partitionOf(saleId, 64);
  }

  /** The sale is defined, and then nothing is added to it again and again. */
  #line(seq: number): string {
    return seq === 1 ? DEFINED : 'codes.added\toperator:ann \t{"codes":[]}';
  }

  get #sale(): string {
    return saleKeys(this.partition, this.saleId).sale;
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
      ...ids.map((_, i) => (this.#makesSense ? this.#line(this.head.seq + i + 1) : PAUSED)),
    ].join('\n');
    this.head = { seq: this.head.seq + count, id: ids.at(-1) ?? '' };
    this.ids.push(...ids);
    const { standing } = partitionKeys(this.partition);
    const step = this.#redis.multi().xadd(this.outbox, entryId, this.saleId, block)
      .hincrby(standing, 'written', block.length).hsetnx(standing, 'sinceMs', nowMs)
      .hset(this.#sale, 'seq', this.head.seq, 'head', this.head.id).hsetnx(this.#sale, 'state', 'open')
      .hsetnx(this.#sale, 'epoch', 0);
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
    writer: (saleId: string) => new OutboxWriter(redis, saleId, false),
    /** Of a sale that can be rebuilt from its events. */
    sensibleWriter: (saleId: string) => new OutboxWriter(redis, saleId, true),
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
      return entries.flatMap(([, [what, ids = '']]) => (what === 'ids' ? ids.split(' ') : []));
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

/** Waits until each of the relays has its part of the partitions. */
export async function shared(...relays: TestService[]): Promise<void> {
  await awaitThat(`${relays.length} relays share the partitions`, async () => {
    const counts = await Promise.all(relays.map(({ url }) => metricOf(url, 'onsale_relay_partitions')));
    const sum = counts.reduce((a, b) => a + b, 0);
    return sum === 64 && Math.max(...counts) - Math.min(...counts) <= 1;
  });
}
