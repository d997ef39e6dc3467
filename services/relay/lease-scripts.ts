import type { Redis } from 'ioredis';
import { partitionKeys, RELAYS_KEY } from '../shared/contracts/keys.ts';
import { loadScripts, runScript, scriptNamed } from '../shared/platform/scripts.ts';

/** The commands by which relays share the partitions. They throw what the connection throws. */
export interface LeaseScripts {
  /** Says that `owner` works for `leaseMs` from now on (0: no longer), and returns all that do, sorted. */
  join(owner: string, leaseMs: number): Promise<string[]>;
  /** Takes or renews; false when another relay has it. */
  take(partition: number, owner: string, leaseMs: number): Promise<boolean>;
  giveUp(partition: number, owner: string): Promise<void>;
  /** Those of the partitions that nobody has. */
  free(partitions: number[]): Promise<number[]>;
}

/** Throws when a script is missing. */
export function createLeaseScripts(redis: Redis): LeaseScripts {
  const scripts = loadScripts();
  const joinRelays = scriptNamed(scripts, 'join-relays');
  const takeLease = scriptNamed(scripts, 'take-lease');
  const giveUpLease = scriptNamed(scripts, 'give-up-lease');
  return {
    join: async (owner, leaseMs) =>
      await runScript(redis, joinRelays, [RELAYS_KEY], [owner, leaseMs]) as string[],
    take: async (partition, owner, leaseMs) =>
      await runScript(redis, takeLease, [partitionKeys(partition).relay], [owner, leaseMs]) === 1,
    async giveUp(partition, owner) {
      await runScript(redis, giveUpLease, [partitionKeys(partition).relay], [owner]);
    },
    async free(partitions) {
      const holders = await Promise.all(partitions.map((p) => redis.get(partitionKeys(p).relay)));
      return partitions.filter((_, i) => holders[i] === null);
    },
  };
}
