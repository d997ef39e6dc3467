import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { partitionKeys, saleKeys } from '../shared/contracts/keys.ts';
import { packEvent } from '../shared/contracts/outbox.ts';
import type { PackedEvent } from '../shared/contracts/outbox.ts';
import { packStatement, readStatement } from '../shared/contracts/partition-heads.ts';
import type { HeadsStatement } from '../shared/contracts/partition-heads.ts';
import type { SuspendReason } from '../shared/contracts/suspend-reasons.ts';
import { loadScripts, runScript, scriptNamed } from '../shared/platform/scripts.ts';
import type { Trim } from './outbox-ledger.ts';

/** The relay's commands to Redis. All of them can be repeated. */
export interface RelayScripts {
  /** The generation of each partition; '' where there is none. */
  generations(partitions: number[]): Promise<Map<number, string>>;
  /** Opens a partition that was never used; returns the generation that holds. */
  startGeneration(partition: number): Promise<string>;
  /**
   * Opens a partition again that has lost its generation, without its old outbox; returns the generation that
   * holds.
   */
  renewGeneration(partition: number, proposed: string): Promise<string>;
  /** Announces ids and trims the outbox; false when the generation is another one. */
  accept(partition: number, generation: string, ids: string[], trim: Trim | undefined): Promise<boolean>;
  /** Bytes of the fullest of the outboxes, as the scripts count them; when the oldest entry was written. */
  standing(partitions: number[]): Promise<{ fullestBytes: number; oldestAtMs: number | undefined }>;
  /** What relays said about the heads of partitions, where they said something in this stream. */
  headsStatements(partitions: number[], streamKey: string): Promise<Map<number, HeadsStatement>>;
  stateHeads(partition: number, statement: HeadsStatement): Promise<void>;
  /**
   * Bars a sale; `epoch` and `sinceMs` as lua/suspend-sale.lua takes them.
   *
   * @returns the epoch of the sale when it is a later one than that given, and the sale goes on
   * @throws Error when the generation is another one
   */
  suspend(partition: number, generation: string, sale: Suspending): Promise<number | undefined>;
  /** Keeps events of a stopped sale apart; false when the generation is another one. */
  setAside(partition: number, generation: string, saleId: string, events: PackedEvent[]): Promise<boolean>;
  /**
   * Nobody is to wait any more for events of before the sale's recovery. False while the sale is still in
   * their epoch, or the generation is another one.
   */
  dropVoid(partition: number, generation: string, sale: { saleId: string; epoch: number }, ids: string[]):
    Promise<boolean>;
  /** True if events of the sale were set aside and its recovery has not taken them yet. */
  hasSetAside(partition: number, saleId: string): Promise<boolean>;
}

export interface Suspending {
  saleId: string;
  reason: SuspendReason;
  /** by Redis' clock; now unless given */
  sinceMs?: number;
  /** of the event that contradicts the log */
  epoch?: number;
}

/** Throws when a script is missing. */
export function createRelayScripts(redis: Redis): RelayScripts {
  const scripts = loadScripts();
  const acceptEvents = scriptNamed(scripts, 'accept-events');
  const startGeneration = scriptNamed(scripts, 'start-generation');
  const renewGeneration = scriptNamed(scripts, 'renew-generation');
  const suspendSale = scriptNamed(scripts, 'suspend-sale');
  const setAsideEvents = scriptNamed(scripts, 'set-aside-events');
  const dropVoid = scriptNamed(scripts, 'drop-void');
  return {
    async generations(partitions) {
      // One GET each, pipelined by the connection: an MGET over hash tags would not work in a cluster.
      const found = await Promise.all(partitions.map((p) => redis.get(partitionKeys(p).generation)));
      return new Map(partitions.map((partition, i) => [partition, found[i] ?? '']));
    },
    async startGeneration(partition) {
      const proposed = randomBytes(12).toString('base64url');
      const keys = [partitionKeys(partition).generation];
      return String(await runScript(redis, startGeneration, keys, [proposed]));
    },
    async renewGeneration(partition, proposed) {
      const { generation, outbox, standing, unconfirmed, accepted } = partitionKeys(partition);
      return String(await runScript(redis, renewGeneration,
        [generation, outbox, standing, unconfirmed, accepted], [proposed]));
    },
    async accept(partition, generation, ids, trim) {
      const keys = partitionKeys(partition);
      const reply = await runScript(
        redis, acceptEvents,
        [keys.generation, keys.accepted, keys.unconfirmed, keys.outbox, keys.standing],
        [generation, ids.join(' '), trim?.entryId ?? '', trim?.eventId ?? '', trim?.spared.join(' ') ?? ''],
      );
      return reply === 'ok';
    },
    async standing(partitions) {
      const found = await Promise.all(
        partitions.map((p) => redis.hmget(partitionKeys(p).standing, 'written', 'trimmed', 'sinceMs')));
      const bytes = found.map(([written, trimmed]) => Number(written ?? 0) - Number(trimmed ?? 0));
      const sinceMs = found.map(([, , since]) => Number(since ?? Number.POSITIVE_INFINITY));
      const oldestAtMs = Math.min(...sinceMs);
      return {
        fullestBytes: Math.max(0, ...bytes),
        oldestAtMs: Number.isFinite(oldestAtMs) ? oldestAtMs : undefined,
      };
    },
    async headsStatements(partitions, streamKey) {
      const texts = await Promise.all(partitions.map((p) => redis.get(partitionKeys(p).heads)));
      return new Map(partitions.flatMap((partition, i) => {
        const statement = readStatement(texts[i] ?? null);
        return statement?.streamKey === streamKey ? [[partition, statement] as const] : [];
      }));
    },
    async stateHeads(partition, statement) {
      await redis.set(partitionKeys(partition).heads, packStatement(statement));
    },
    async suspend(partition, generation, { saleId, reason, sinceMs = '', epoch = '' }) {
      const keys = partitionKeys(partition);
      const answer = String(await runScript(redis, suspendSale,
        [keys.generation, keys.suspended, saleKeys(partition, saleId).sale],
        [generation, saleId, reason, sinceMs, epoch]));
      if (answer === 'recovering') throw new Error('the partition has another generation');
      return answer.startsWith('epoch ') ? Number(answer.slice('epoch '.length)) : undefined;
    },
    async setAside(partition, generation, saleId, events) {
      const { generation: key, accepted } = partitionKeys(partition);
      const lost = events.filter(({ type }) => !type.startsWith('hold.')).map(({ id }) => id).join(' ');
      const args = events.flatMap((event) => [event.id, packEvent(event)]);
      return await runScript(redis, setAsideEvents,
        [key, saleKeys(partition, saleId).contradicted, accepted], [generation, lost, ...args]) === 'ok';
    },
    async dropVoid(partition, generation, { saleId, epoch }, ids) {
      const { generation: key, unconfirmed, accepted } = partitionKeys(partition);
      return await runScript(redis, dropVoid, [key, saleKeys(partition, saleId).sale, unconfirmed, accepted],
        [generation, epoch, ids.join(' ')]) === 'ok';
    },
    hasSetAside: async (partition, saleId) =>
      await redis.exists(saleKeys(partition, saleId).contradicted) === 1,
  };
}
