import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { buildRecord } from '../../services/relay/build-record.ts';
import { decodeBatch, RECORD_TEXT_BYTES_MAX } from '../../services/shared/contracts/bus-record.ts';
import { decompress } from '../../services/shared/platform/compression.ts';

/** What the records of a stream weigh by Kinesis' count: the data and the partition key. */
export interface Weight {
  records: number;
  events: number;
  bytes: number;
  /** share of each type among the events */
  shares: Record<string, number>;
  /** the same events in records of so many: bytes per event */
  bytesPerEventAt: Record<number, number>;
  /** those of one type by themselves, in records of 500 */
  bytesPerEventOf: Record<string, number>;
}

/** Of one shard and second (Kinesis' limits). */
const SHARD_BYTES_MAX = 1_000_000;
const SHARD_RECORDS_MAX = 1_000;
const COUNTS = [20, 100, 500, 2_000];

/** Reads a stream from its horizon, without the records that have a definition in them. */
export async function weighRecords(client: KinesisClient, streamName: string): Promise<Weight> {
  const weight: Weight = {
    records: 0, events: 0, bytes: 0, shares: {}, bytesPerEventAt: {}, bytesPerEventOf: {},
  };
  const textsByType = new Map<string, string[]>();
  const textsByKey = new Map<string, string[]>();
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
  for (const { ShardId } of Shards) {
    const at = { StreamName: streamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
    let iterator = (await client.send(new GetShardIteratorCommand(at))).ShardIterator;
    while (iterator !== undefined) {
      const reply = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 1_000 }));
      const records = reply.Records ?? [];
      for (const { Data = new Uint8Array(), PartitionKey = '' } of records) {
        const events = decodeBatch(decompress(Data, RECORD_TEXT_BYTES_MAX));
        // One of the arena's weighs as much as a thousand others, and there is one per sale.
        if (events.some(({ type }) => type === 'sale.defined')) continue;
        weight.records += 1;
        weight.events += events.length;
        weight.bytes += Data.length + Buffer.byteLength(PartitionKey);
        const texts = textsByKey.get(PartitionKey) ?? [];
        textsByKey.set(PartitionKey, texts);
        for (const event of events) {
          const text = JSON.stringify(event);
          const alike = textsByType.get(event.type) ?? [];
          textsByType.set(event.type, alike);
          alike.push(text);
          texts.push(text);
        }
      }
      iterator = records.length === 0 ? undefined : reply.NextShardIterator;
    }
  }
  for (const [type, texts] of textsByType) {
    weight.shares[type] = Number((texts.length / weight.events).toFixed(3));
    weight.bytesPerEventOf[type] = bytesPerEventIn([texts], 500);
  }
  const texts = [...textsByKey.values()];
  for (const count of COUNTS) weight.bytesPerEventAt[count] = bytesPerEventIn(texts, count);
  return weight;
}

/** Events a shard takes in a second: by the first of Kinesis' two limits that is reached. */
export function eventsPerShard({ records, events, bytes }: Weight): number {
  return Math.floor(Math.min(SHARD_BYTES_MAX / (bytes / events), SHARD_RECORDS_MAX * events / records));
}

function bytesPerEventIn(textsOfPartitions: string[][], count: number): number {
  let bytes = 0;
  let events = 0;
  for (const texts of textsOfPartitions) {
    for (let at = 0; at < texts.length; at += count) {
      const part = texts.slice(at, at + count);
      bytes += buildRecord(part).data.length;
      events += part.length;
    }
  }
  return Number((bytes / events).toFixed(1));
}
