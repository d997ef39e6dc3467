import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { pino } from 'pino';
import { GENESIS, judge } from '../../../services/shared/contracts/log-rule.ts';
import type { Head } from '../../../services/shared/contracts/log-rule.ts';
import type { ShardBatch, StreamRecord } from '../../../services/shared/platform/shard-reader.ts';
import { createStreamReader } from '../../../services/shared/platform/stream-reader.ts';
import { awaitThat } from '../../harness/await-that.ts';
import type { Teardown } from '../../harness/teardown.ts';
import type { Note } from './open-stream.ts';

/** A reader at work. */
export interface RunningReader {
  stop(): Promise<void>;
}

export interface ReadOptions {
  /** through the fault proxy */
  client: KinesisClient;
  /** past it, for what is prepared once */
  direct: KinesisClient;
  streamName: string;
  /** by shard; the reader's own memory of them is not asked for */
  positions: ReadonlyMap<string, string>;
  onBatch(batch: ShardBatch): Promise<void>;
}

/** One way to read a stream; every one of them promises the same. */
export type ReadWay = (options: ReadOptions) => Promise<RunningReader>;

/** What was read, judged by the rule as every reader of ours does. */
export interface Reading {
  /** accepted ids by sale, in order */
  log: Map<string, string[]>;
  heads: Map<string, Head>;
  duplicates: number;
  rejected: number;
  positions: Map<string, string>;
  /** records that are no notes, as they came */
  foreign: StreamRecord[];
  /** sequence numbers by shard, as they were handed over */
  handed: Map<string, string[]>;
  /** Waits until every id of `sent` was accepted. */
  caughtUp(sent: ReadonlyMap<string, string[]>): Promise<void>;
  stop(): Promise<void>;
}

/** Behind eight other processes on two cores a reader of sixteen shards takes its time. */
const CAUGHT_UP_MS_MAX = 100_000;

/** By GetRecords: services/shared/platform/stream-reader.ts. */
export const readByPolling: ReadWay = async ({ client, streamName, positions, onBatch }) => {
  const reader = createStreamReader({
    client, streamName, positions, log: pino({ level: 'silent' }), pollMsMin: 5, pollMsMax: 40,
    async onBatch(batch) {
      await onBatch(batch);
      return undefined;
    },
  });
  reader.start();
  return { stop: reader.stop };
};

/** Reads on a copy of what was read before; stopped in the teardown. */
export function startReading(
  t: Teardown,
  { way, after, ...options }: Pick<ReadOptions, 'client' | 'direct' | 'streamName'> & {
    way: ReadWay;
    after: Reading | undefined;
  },
): Reading {
  const reading: Reading = {
    log: copyOf(after?.log),
    heads: new Map(after?.heads),
    duplicates: after?.duplicates ?? 0,
    rejected: after?.rejected ?? 0,
    positions: new Map(after?.positions),
    foreign: [],
    handed: copyOf(after?.handed),
    async caughtUp(sent) {
      await awaitThat('everything that was sent is read', () => [...sent].every(([sale, ids]) =>
        (reading.log.get(sale)?.length ?? 0) >= ids.length), CAUGHT_UP_MS_MAX);
    },
    stop: async () => await (await running).stop(),
  };
  const running = way({
    ...options,
    positions: new Map(reading.positions),
    async onBatch({ shardId, records, position }) {
      for (const record of records) {
        add(reading.handed, shardId, record.sequenceNumber);
        const note = decodeNote(record.data);
        if (note === undefined) reading.foreign.push(record);
        else take(reading, note);
      }
      reading.positions.set(shardId, position);
    },
  });
  t.teardown(reading.stop);
  return reading;
}

function take(reading: Reading, { sale, seq, id, prev }: Note): void {
  const isKnown = reading.log.get(sale)?.includes(id) === true;
  const { verdict } = judge(reading.heads.get(sale) ?? GENESIS, { seq, id, prev }, isKnown);
  if (verdict === 'duplicate') reading.duplicates += 1;
  if (verdict === 'rejected') reading.rejected += 1;
  if (verdict !== 'accepted') return;
  reading.heads.set(sale, { seq, id });
  add(reading.log, sale, id);
}

function decodeNote(data: Uint8Array): Note | undefined {
  return data[0] === '{'.charCodeAt(0) ? JSON.parse(Buffer.from(data).toString()) as Note : undefined;
}

function add(lists: Map<string, string[]>, key: string, one: string): void {
  lists.set(key, [...lists.get(key) ?? [], one]);
}

function copyOf(lists: ReadonlyMap<string, string[]> = new Map()): Map<string, string[]> {
  return new Map([...lists].map(([key, list]) => [key, [...list]]));
}
