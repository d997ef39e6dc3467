import { createHash } from 'node:crypto';
import type { Shard } from '@aws-sdk/client-kinesis';
import t from 'tap';
import { chainOf, isBehind, startPositions } from '../../../services/relay/shard-chain.ts';

const MAX = 2n ** 128n - 1n;
const MIDDLE = 2n ** 127n;

function shard(n: number, from: bigint, to: bigint, ...parents: string[]): Shard {
  return {
    ShardId: `shardId-${String(n).padStart(12, '0')}`,
    HashKeyRange: { StartingHashKey: String(from), EndingHashKey: String(to) },
    ParentShardId: parents[0], AdjacentParentShardId: parents[1], SequenceNumberRange: undefined,
  };
}

const [zero, one, two, three] = [0, 1, 2, 3].map((n) => `shardId-${String(n).padStart(12, '0')}`) as
  [string, string, string, string];

t.test('the chain of a partition: of each generation the shard with its hash', (t) => {
  const shards = [
    shard(0, 0n, MAX), shard(1, 0n, MIDDLE - 1n, zero), shard(2, MIDDLE, MAX, zero),
    shard(3, 0n, MAX, one, two),
  ];
  for (let p = 0; p < 16; p++) {
    const name = `p${String(p).padStart(2, '0')}`;
    const isUpper = (createHash('md5').update(name).digest()[0] ?? 0) >= 128;
    t.same(chainOf(p, shards.toReversed()), [zero, isUpper ? two : one, three], name);
  }
  t.end();
});

t.test('a child is behind its parent, numbers are compared as numbers, the end is behind all', (t) => {
  const at = (shardId: string, sequenceNumber: string) => ({ shardId, sequenceNumber });
  const ordered = [at(zero, '9'), at(zero, '10'), at(zero, 'SHARD_END'), at(one, '3'), at(one, 'SHARD_END')];
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) t.equal(isBehind(a, b), i > j, JSON.stringify([a, b]));
  }
  t.end();
});

t.test('each shard is read from the earliest place that somebody needs', (t) => {
  const place = (shardId: string, sequenceNumber: string) => ({ shardId, sequenceNumber });
  const chains = new Map([[0, [zero, one]], [1, [zero, one]], [2, [zero, two]]]);
  t.same([...startPositions(chains, new Map([
    [0, place(zero, '100')], [1, place(zero, '20')], [2, place(two, '5')],
  ]))], [[zero, '20'], [two, '5']], 'what is behind a place is read from its horizon');
  t.same([...startPositions(chains, new Map([
    [0, place(one, '7')], [1, place(zero, 'SHARD_END')], [2, place(two, '5')],
  ]))], [[zero, 'SHARD_END'], [two, '5']], 'a parent that nobody needs is not read');
  t.same([...startPositions(chains, new Map([[0, place(one, '7')], [1, place(one, '6')]]))], [[one, '6']],
    'for a partition of which nothing is known all its shards are');
  t.same([...startPositions(new Map([[0, []]]), new Map())], []);
  t.end();
});
