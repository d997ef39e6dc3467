import type { Redis } from 'ioredis';
import { partitionKeys, RELAYS_KEY } from '../shared/contracts/keys.ts';
import { loadScripts, runScript, scriptNamed } from '../shared/platform/scripts.ts';

/** The commands by which relays share the partitions. They throw what the connection throws. */
export interface LeaseScripts {
  /** Says that `owner` works for `leaseMs` from now on (0: no longer), and returns all that do, sorted. */
  join(owner: string, leaseMs: number): Promise<string[]>;
  /** Takes or renews. `taken`: it was free, so somebody else may have had it since it was the owner's. */
  take(partition: number, owner: string, leaseMs: number): Promise<'renewed' | 'taken' | 'refused'>;
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
    async take(partition, owner, leaseMs) {
      const answer = await runScript(redis, takeLease, [partitionKeys(partition).relay], [owner, leaseMs]);
      return answer === 2 ? 'renewed' : answer === 1 ? 'taken' : 'refused';
    },
    async giveUp(partition, owner) {
      await runScript(redis, giveUpLease, [partitionKeys(partition).relay], [owner]);
    },
    async free(partitions) {
      const holders = await Promise.all(partitions.map((p) => redis.get(partitionKeys(p).relay)));
      return partitions.filter((_, i) => holders[i] === null);
    },
  };
}
