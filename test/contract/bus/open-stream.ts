/**
 * A stream of one emulator, reached through the fault proxy by senders and readers, and past it by the test
 * itself where it changes the stream or looks at what is really in it.
 */
import { randomBytes } from 'node:crypto';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { GENESIS } from '../../../services/shared/contracts/log-rule.ts';
import type { Head } from '../../../services/shared/contracts/log-rule.ts';
import { ensureStream, putRecord } from '../../../services/shared/platform/kinesis.ts';
import { connectTestKinesis } from '../../harness/connect-test-kinesis.ts';
import { listShards } from '../../harness/reshard-stream.ts';
import { shuffleFaults } from '../../harness/shuffle-faults.ts';
import type { FaultDecks } from '../../harness/shuffle-faults.ts';
import { startKinesisProxy } from '../../harness/start-kinesis-proxy.ts';
import type { KinesisProxy } from '../../harness/start-kinesis-proxy.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { deleteStream } from '../../harness/test-stream.ts';
import { findIterator, numbersOf, readFrom, TRIM_HORIZON } from './iterate-shard.ts';
import { startReading } from './start-reading.ts';
import type { ReadWay, Reading } from './start-reading.ts';
import { untilTaken } from './until-taken.ts';

/** What the suite is run over. */
export interface Bus {
  /** of the emulator */
  endpoint: string;
  read: ReadWay;
  /** the actions it is read with */
  calls: readonly string[];
  /** Whether it knows UpdateShardCount. */
  scales: boolean;
  /** with faults: from this seed, else undefined */
  seed?: number;
}

/** What one event of these tests is: enough for the rule. */
export interface Note {
  sale: string;
  seq: number;
  id: string;
  prev: string;
}

export interface OpenStream {
  streamName: string;
  /** through the proxy */
  client: KinesisClient;
  /** past it */
  direct: KinesisClient;
  proxy: KinesisProxy;
  /** ids by sale, in the order in which they were sent */
  sent: Map<string, string[]>;
  /** Sends the next note of every sale as the relay does: one record each, again until it is taken. */
  put(times?: number): Promise<void>;
  /** Sends the next note of every sale in one PutRecords; what failed is sent again. */
  putTogether(): Promise<void>;
  /** Reads from the horizon, or on from where another reading of this stream has stopped. */
  read(after?: Reading): Reading;
  /** Sequence numbers by shard, as they are in the stream. */
  contents(): Promise<Map<string, string[]>>;
}

/** Their hash keys lie in all eighths of the key space. */
export const SALES = ['p02', 'p07', 'p11', 'p04', 'p14', 'p05', 'p12', 'p01'];

const refused = ['throttle', 'limit', 'fail', 'unavailable', 'cut-before'] as const;
const uncertain = ['lose-reply', 'truncate', 'delay'] as const;
const calm = (count: number) => Array.from({ length: count }, () => 'none' as const);
/** Half of the calls go well; each of the faults comes once per deck. */
export const FAULT_DECKS: FaultDecks = {
  PutRecord: [...refused, ...uncertain, ...calm(8)],
  PutRecords: [...refused, ...uncertain, 'fail-records', 'fail-records', ...calm(3)],
  GetRecords: [...refused, ...uncertain, 'expire', 'expire', ...calm(9)],
  GetShardIterator: [...refused, ...uncertain, ...calm(8)],
  // One that goes well lasts for minutes: every card but those is another call.
  SubscribeToShard: ['throttle', 'cut-before', 'lose-reply', 'truncate', ...calm(4)],
  ListShards: ['throttle', 'limit', 'cut-before', 'truncate', ...calm(8)],
  CreateStream: ['limit', 'lose-reply', ...calm(2)],
  DescribeStreamSummary: ['limit', 'fail', 'cut-before', ...calm(2)],
};

/** Makes a stream of its own; with a seed its faults begin when it is there. */
export async function openStream(t: Teardown, bus: Bus, shards: number): Promise<OpenStream> {
  const streamName = `bus-${randomBytes(6).toString('hex')}`;
  const proxy = await startKinesisProxy(t, bus.endpoint);
  const [client, direct] = [connectTestKinesis(proxy.url), connectTestKinesis(bus.endpoint)];
  t.teardown(async () => {
    client.destroy();
    direct.destroy();
    await deleteStream(bus.endpoint, streamName);
  });
  await ensureStream(direct, { streamName, shards });
  if (bus.seed !== undefined) proxy.decide(shuffleFaults(bus.seed, FAULT_DECKS));
  const sent = new Map<string, string[]>();
  const heads = new Map<string, Head>();

  function next(sale: string): Note {
    const head = heads.get(sale) ?? GENESIS;
    const note = { sale, seq: head.seq + 1, id: `${sale}-${head.seq + 1}`, prev: head.id };
    heads.set(sale, note);
    sent.set(sale, [...sent.get(sale) ?? [], note.id]);
    return note;
  }

  return {
    streamName, client, direct, proxy, sent,
    async put(times = 1) {
      await Promise.all(SALES.map(async (sale) => {
        for (let i = 0; i < times; i++) {
          const data = encode(next(sale));
          await untilTaken(() => putRecord(client, { streamName, partitionKey: sale, data }));
        }
      }));
    },
    async putTogether() {
      let left = SALES.map((sale) => ({ PartitionKey: sale, Data: encode(next(sale)) }));
      while (left.length > 0) {
        const records = left;
        const { Records = [] } = await untilTaken(() =>
          client.send(new PutRecordsCommand({ StreamName: streamName, Records: records })));
        left = records.filter((_, i) => Records[i]?.ErrorCode !== undefined);
      }
    },
    read: (after) => startReading(t, { client, direct, streamName, way: bus.read, after }),
    contents: () => contentsOf(direct, streamName),
  };
}

function encode(note: Note): Uint8Array {
  return Buffer.from(JSON.stringify(note));
}

async function contentsOf(client: KinesisClient, streamName: string): Promise<Map<string, string[]>> {
  const contents = new Map<string, string[]>();
  for (const { ShardId: shardId = '' } of await listShards(client, streamName)) {
    const iterator = await findIterator(client, { streamName, shardId }, TRIM_HORIZON);
    const numbers = numbersOf(await readFrom(client, iterator));
    if (numbers.length > 0) contents.set(shardId, numbers);
  }
  return contents;
}
