import { createHash } from 'node:crypto';
import type { Shard } from '@aws-sdk/client-kinesis';
import { partitionName } from '../shared/contracts/partition-of.ts';
import { SHARD_END } from '../shared/platform/shard-reader.ts';
import type { LogPosition } from '../shared/contracts/partition-heads.ts';

/**
 * The shards in which the records of a partition can lie, oldest first: of each generation of shards the one
 * whose range has the MD5 of the partition key in it. Each is the parent of the next.
 */
export function chainOf(partition: number, shards: readonly Shard[]): string[] {
  const hash = BigInt(`0x${createHash('md5').update(partitionName(partition)).digest('hex')}`);
  return shards
    .filter(({ HashKeyRange: range }) => range !== undefined
      && BigInt(range.StartingHashKey ?? '') <= hash && hash <= BigInt(range.EndingHashKey ?? ''))
    .map(({ ShardId = '' }) => ShardId)
    .toSorted();
}

/** True if the first place lies behind the other one, in a chain (the id of a child is the greater one). */
export function isBehind(a: LogPosition, b: LogPosition): boolean {
  if (a.shardId !== b.shardId) return a.shardId > b.shardId;
  if (a.sequenceNumber === b.sequenceNumber || b.sequenceNumber === SHARD_END) return false;
  return a.sequenceNumber === SHARD_END || BigInt(a.sequenceNumber) > BigInt(b.sequenceNumber);
}

/**
 * Where each shard has to be read from, so that nothing behind the given places is missed.
 *
 * @param chains of all partitions
 * @param readTo by partition, a place in its chain; a partition without one is read from the horizon
 * @returns by shard, as the stream reader takes it: not there, from the horizon
 */
export function startPositions(
  chains: ReadonlyMap<number, string[]>,
  readTo: ReadonlyMap<number, LogPosition>,
): Map<string, string> {
  const positions = new Map<string, string>();
  const fromHorizon = new Set<string>();
  for (const [partition, chain] of chains) {
    const place = readTo.get(partition);
    for (const shardId of chain) {
      if (place === undefined || shardId > place.shardId) fromHorizon.add(shardId);
      const sequenceNumber = shardId === place?.shardId ? place.sequenceNumber : SHARD_END;
      const known = positions.get(shardId);
      if (known === undefined || isBehind({ shardId, sequenceNumber: known }, { shardId, sequenceNumber })) {
        positions.set(shardId, sequenceNumber);
      }
    }
  }
  for (const shardId of fromHorizon) positions.delete(shardId);
  return positions;
}
