import {
  GetRecordsCommand, GetShardIteratorCommand, InvalidArgumentException,
} from '@aws-sdk/client-kinesis';
import type { KinesisClient, Shard } from '@aws-sdk/client-kinesis';
import { partitionName } from '../../services/shared/contracts/partition-of.ts';
import type { LogPosition } from '../../services/shared/contracts/partition-heads.ts';
import { chainOf } from '../../services/relay/shard-chain.ts';
import type { SeededRandom } from './seeded-random.ts';

const HASH_END = 2n ** 128n;

export interface StreamShard {
  id: string;
  from: bigint;
  /** not in it */
  to: bigint;
  records: { sequenceNumber: string; partitionKey: string; data: Uint8Array }[];
  isClosed: boolean;
  /** records before this one are past their retention */
  horizon: number;
  /** closed for longer than the retention: not listed any more */
  isGone: boolean;
}

/**
 * A stream as Kinesis would have it, in memory and without a clock: ranges of MD5 hashes, shards that are
 * split, merged and trimmed, and the two calls by which a single record is read.
 */
export class SimStream {
  readonly shards: StreamShard[] = [];
  readonly #random: SeededRandom;
  #sequence = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#open(0n, HASH_END / 2n);
    this.#open(HASH_END / 2n, HASH_END);
  }

  /** A record lands; says where. */
  put(partition: number, data: Uint8Array): LogPosition {
    const chain = chainOf(partition, this.list());
    const shard = this.shards.find(({ id, isClosed }) => !isClosed && chain.includes(id));
    if (shard === undefined) throw new Error('no shard takes the record');
    const sequenceNumber = String(this.#sequence += 1);
    shard.records.push({ sequenceNumber, partitionKey: partitionName(partition), data });
    return { shardId: shard.id, sequenceNumber };
  }

  list(): Shard[] {
    return this.shards.filter(({ isGone }) => !isGone).map(({ id, from, to }) => ({
      ShardId: id, SequenceNumberRange: { StartingSequenceNumber: '0' },
      HashKeyRange: { StartingHashKey: String(from), EndingHashKey: String(to - 1n) },
    }));
  }

  reshard(): void {
    const open = this.shards.filter(({ isClosed }) => !isClosed)
      .toSorted((a, b) => (a.from < b.from ? -1 : 1));
    const at = this.#random.int(0, open.length - 1);
    const [shard, next] = [open[at], open[at + 1]];
    if (shard === undefined) return;
    shard.isClosed = true;
    if (next !== undefined && this.#random.chance(0.5)) {
      next.isClosed = true;
      this.#open(shard.from, next.to);
    } else {
      const middle = (shard.from + shard.to) / 2n;
      this.#open(shard.from, middle);
      this.#open(middle, shard.to);
    }
  }

  /** Forgets some of the oldest records; a child none before its parents are gone. */
  trim(): void {
    for (const shard of this.shards) {
      shard.horizon += this.#random.int(0, shard.records.length - shard.horizon);
      if (shard.horizon < shard.records.length || !shard.isClosed || this.#random.chance(0.5)) return;
      shard.isGone = true;
    }
  }

  /** What a client of Kinesis answers to those who look for one record. */
  client(): KinesisClient {
    const send = async (command: unknown): Promise<object> => {
      if (command instanceof GetShardIteratorCommand) {
        const { ShardId = '', StartingSequenceNumber = '' } = command.input;
        const shard = this.#shard(ShardId);
        const at = shard.records.findIndex(({ sequenceNumber }) => sequenceNumber === StartingSequenceNumber);
        // One that is past its retention is refused, or read from the horizon.
        if (at < shard.horizon && this.#random.chance(0.5)) {
          throw new InvalidArgumentException({ message: 'too old', $metadata: {} });
        }
        return { ShardIterator: `${ShardId} ${Math.max(at, shard.horizon)}` };
      }
      if (!(command instanceof GetRecordsCommand)) throw new Error('nobody else calls this');
      const [id = '', index = ''] = (command.input.ShardIterator ?? '').split(' ');
      // Kinesis answers nothing now and then although there is something.
      if (this.#random.chance(0.2)) return { Records: [], NextShardIterator: `${id} ${index}` };
      const record = this.#shard(id).records[Number(index)];
      return { Records: record === undefined ? []
        : [{ SequenceNumber: record.sequenceNumber, PartitionKey: record.partitionKey, Data: record.data }] };
    };
    return { send } as unknown as KinesisClient;
  }

  #shard(id: string): StreamShard {
    const shard = this.shards.find((one) => one.id === id && !one.isGone);
    if (shard === undefined) throw new InvalidArgumentException({ message: 'no such shard', $metadata: {} });
    return shard;
  }

  #open(from: bigint, to: bigint): void {
    const id = `shardId-${String(this.shards.length).padStart(12, '0')}`;
    this.shards.push({ id, from, to, records: [], isClosed: false, horizon: 0, isGone: false });
  }
}
