import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { partitionKeys, saleKeys } from '../shared/contracts/keys.ts';
import { loadScripts, runScript } from '../shared/platform/scripts.ts';
import type { Script } from '../shared/platform/scripts.ts';

/** The relay's commands to Redis. All of them can be repeated. */
export interface RelayScripts {
  /** The generation of each partition; '' where there is none. */
  generations(partitions: number[]): Promise<Map<number, string>>;
  /** Opens a partition that was never used; returns the generation that holds. */
  startGeneration(partition: number): Promise<string>;
  /** Announces ids (parted by spaces) and trims the outbox; false when the generation is another one. */
  accept(partition: number, generation: string, trimBefore: string, ids: string): Promise<boolean>;
  suspend(partition: number, saleId: string): Promise<void>;
}

/** Throws when a script is missing. */
export function createRelayScripts(redis: Redis): RelayScripts {
  const scripts = loadScripts();
  const acceptEvents = named(scripts, 'accept-events');
  const startGeneration = named(scripts, 'start-generation');
  const suspendSale = named(scripts, 'suspend-sale');
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
    async accept(partition, generation, trimBefore, ids) {
      const keys = partitionKeys(partition);
      const reply = await runScript(
        redis, acceptEvents,
        [keys.generation, keys.accepted, keys.unconfirmed, keys.outbox], [generation, trimBefore, ids],
      );
      return reply === 'ok';
    },
    async suspend(partition, saleId) {
      await runScript(redis, suspendSale, [saleKeys(partition, saleId).sale], []);
    },
  };
}

function named(scripts: Map<string, Script>, name: string): Script {
  const script = scripts.get(name);
  if (script === undefined) throw new Error(`lua/${name}.lua is missing`);
  return script;
}
