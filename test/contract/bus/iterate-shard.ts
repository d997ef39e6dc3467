/** One shard by its iterators, as a reader begins: every call is repeated until the bus has answered it. */
import { GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-kinesis';
import type {
  GetShardIteratorInput, KinesisClient, _Record as KinesisRecord,
} from '@aws-sdk/client-kinesis';
import { untilTaken } from './until-taken.ts';

export const TRIM_HORIZON = { ShardIteratorType: 'TRIM_HORIZON' } as const;

type Beginning = Pick<GetShardIteratorInput, 'ShardIteratorType' | 'Timestamp'>;

/** The iterator of a shard for that beginning. */
export async function findIterator(
  client: KinesisClient,
  { streamName, shardId }: { streamName: string; shardId: string },
  beginning: Beginning,
): Promise<string> {
  const { ShardIterator: iterator } = await untilTaken(() => client.send(
    new GetShardIteratorCommand({ StreamName: streamName, ShardId: shardId, ...beginning })));
  if (iterator === undefined) throw new Error(`${shardId} gives no iterator`);
  return iterator;
}

/** The records from the iterator on, to the first empty answer. */
export async function readFrom(client: KinesisClient, iterator: string): Promise<KinesisRecord[]> {
  const found: KinesisRecord[] = [];
  for (let next: string | undefined = iterator; next !== undefined;) {
    const at: string = next;
    const { Records: records = [], NextShardIterator } = await untilTaken(() =>
      client.send(new GetRecordsCommand({ ShardIterator: at })));
    found.push(...records);
    next = records.length === 0 ? undefined : NextShardIterator;
  }
  return found;
}

/** Sequence numbers, in order. */
export function numbersOf(records: readonly KinesisRecord[]): string[] {
  return records.map(({ SequenceNumber = '' }) => SequenceNumber);
}

/** When the stream says that the record came. */
export function arrivalMs(record: KinesisRecord | undefined): number {
  return record?.ApproximateArrivalTimestamp?.getTime() ?? Number.NaN;
}
