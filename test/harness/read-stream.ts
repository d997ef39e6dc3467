/**
 * Reads the whole stream as any reader could, and applies the rule to it: the log, as an independent
 * witness.
 */
import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from '@aws-sdk/client-kinesis';
import {
  decodeBatch, isPartitionHeads, RECORD_TEXT_BYTES_MAX,
} from '../../services/shared/contracts/bus-record.ts';
import type { BusEvent } from '../../services/shared/contracts/bus-record.ts';
import { GENESIS, judge } from '../../services/shared/contracts/log-rule.ts';
import type { Head } from '../../services/shared/contracts/log-rule.ts';
import { withoutKey } from '../../services/shared/contracts/sealed-contact.ts';
import { decompress } from '../../services/shared/platform/compression.ts';
import { connectTestKinesis } from './connect-test-kinesis.ts';

export interface StreamLog {
  /** accepted events by sale, in order */
  sales: Map<string, BusEvent[]>;
  records: number;
  /** records of a partition's heads */
  heads: number;
  duplicates: number;
  rejected: number;
}

/** Every record from the horizon on, by shard, parents before children. */
export async function readStream(stack: { kinesisEndpoint: string; streamName: string }): Promise<StreamLog> {
  const client = connectTestKinesis(stack.kinesisEndpoint);
  const log: StreamLog = { sales: new Map(), records: 0, heads: 0, duplicates: 0, rejected: 0 };
  const heads = new Map<string, Head>();
  const seen = new Set<string>();
  try {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stack.streamName }));
    const ids = Shards.map(({ ShardId }) => ShardId ?? '').toSorted();
    for (const shardId of ids) {
      const first = await client.send(new GetShardIteratorCommand({
        StreamName: stack.streamName, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON',
      }));
      for (let iterator = first.ShardIterator; iterator !== undefined;) {
        const reply = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 1_000 }));
        const records = reply.Records ?? [];
        for (const { Data = new Uint8Array() } of records) {
          log.records += 1;
          for (const event of decodeBatch(withoutKey(decompress(Data, RECORD_TEXT_BYTES_MAX)))) {
            if (isPartitionHeads(event)) log.heads += 1;
            else take(event);
          }
        }
        iterator = records.length === 0 ? undefined : reply.NextShardIterator;
      }
    }
    return log;
  } finally {
    client.destroy();
  }

  function take(event: BusEvent): void {
    const key = `${event.subject} ${event.id}`;
    const known = { seq: Number(event.sequence), id: event.id, prev: event.prev };
    const { verdict } = judge(heads.get(event.subject) ?? GENESIS, known, seen.has(key));
    if (verdict === 'duplicate') log.duplicates += 1;
    if (verdict === 'rejected') log.rejected += 1;
    if (verdict !== 'accepted') return;
    seen.add(key);
    heads.set(event.subject, known);
    const events = log.sales.get(event.subject) ?? [];
    events.push(event);
    log.sales.set(event.subject, events);
  }
}
