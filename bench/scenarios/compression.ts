import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { CODECS, measureCodec } from '../compression/measure-codec.ts';
import type { Codec, Measured } from '../compression/measure-codec.ts';
import { writeSaleLog } from '../compression/sale-log.ts';
import { connectBare } from '../engine/connect-bare.ts';
import type { Lab } from '../open-lab.ts';
import type { Findings, Scenario } from '../scenario.ts';

/** What a record of the bus weighs and costs, by codec, level and number of events in it. */
const HOLDS = 4_000;
const BATCH_SIZES = [1, 10, 100, 500, 2_000];
/** As the relay writes them (platform/compression.ts): the headline is of these. */
const IN_USE = 'zstd 6, deep';
const BATCH_IN_USE = 500;
/** Kinesis: per shard, bytes counted with the partition key. */
const SHARD_BYTES_PER_SECOND = 1_000_000;
const SHARD_RECORDS_PER_SECOND = 1_000;
const PARTITION_KEY_BYTES = 3;

export const compression: Scenario = {
  name: 'compression',
  summary: 'bytes and microseconds per event on the bus, by codec, level and batch size',
  run: measureAll,
};

interface Row extends Measured {
  codec: string;
  batchSize: number;
  eventsPerSecondPerShard: number;
}

async function measureAll(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const redis = connectBare(await lab.bareRedis('own'));
  try {
    const ours = await writeSaleLog(redis, HOLDS, 'ours');
    const callers = await writeSaleLog(redis, HOLDS, 'of callers');
    const holds = textsOf(ours.filter(({ type }) => type === 'hold.placed'));
    const rows = BATCH_SIZES.flatMap((batchSize) => {
      say(`  batches of ${batchSize}`);
      return CODECS.map((codec) => measureRow(codec, holds, batchSize));
    });
    return report(rows, { holds, ours, callers });
  } finally {
    redis.disconnect();
  }
}

function textsOf(events: readonly SaleEvent[]): string[] {
  return events.map((event) => JSON.stringify(event));
}

function measureRow(codec: Codec, texts: readonly string[], batchSize: number): Row {
  const measured = measureCodec(codec, texts, batchSize);
  const bytes = measured.bytesPerEvent + PARTITION_KEY_BYTES / batchSize;
  const recordsPerSecond = Math.min(SHARD_BYTES_PER_SECOND / (bytes * batchSize), SHARD_RECORDS_PER_SECOND);
  return {
    codec: codec.name,
    batchSize,
    bytesPerEvent: round(measured.bytesPerEvent, 1),
    compressUsPerEvent: round(measured.compressUsPerEvent, 2),
    decompressUsPerEvent: round(measured.decompressUsPerEvent, 2),
    eventsPerSecondPerShard: Math.floor(recordsPerSecond * batchSize),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function report(
  rows: Row[],
  { holds, ours, callers }: { holds: string[]; ours: SaleEvent[]; callers: SaleEvent[] },
): Findings {
  const inUse = CODECS.find(({ name }) => name === IN_USE);
  if (inUse === undefined) throw new Error(`${IN_USE} is not measured`);
  const bytesOf = (texts: string[]) => measureRow(inUse, texts, BATCH_IN_USE).bytesPerEvent;
  const isHold = ({ type }: SaleEvent) => type === 'hold.placed';
  const chosen = measureRow(inUse, holds, BATCH_IN_USE);
  return {
    conditions: {
      events: `${holds.length} of hold.placed, two to four seats each, as the scripts and the API write them`,
      mixture: `${ours.length} events: of 32 holds 18 ordered, 4 released, 2 extended`,
      shard: `${SHARD_BYTES_PER_SECOND} bytes and ${SHARD_RECORDS_PER_SECOND} records a second`,
      inUse: `${IN_USE}, batches of ${BATCH_IN_USE}`,
      clock: 'CPU time of this process; bytes are exact, microseconds depend on what else runs',
    },
    results: {
      jsonBytesPerEvent: Math.round(holds.reduce((sum, { length }) => sum + length, 0) / holds.length),
      bytesPerEvent: chosen.bytesPerEvent,
      eventsPerSecondPerShard: chosen.eventsPerSecondPerShard,
      bytesPerEventOfCallers: bytesOf(textsOf(callers.filter(isHold))),
      bytesPerEventOfMixture: bytesOf(textsOf(ours)),
      bytesPerOrder: bytesOf(textsOf(ours.filter(({ type }) => type === 'order.confirmed'))),
      variants: rows,
    },
    table: [
      ['codec', 'batch', 'bytes', 'compress µs', 'decompress µs', 'events/s per shard'],
      ...rows.map((row) => [row.codec, row.batchSize, row.bytesPerEvent, row.compressUsPerEvent,
        row.decompressUsPerEvent, row.eventsPerSecondPerShard]),
    ],
    chart: {
      title: 'Holds per second that one shard takes',
      unit: 'events per second per shard',
      note: `records of ${BATCH_IN_USE} events; in use: ${IN_USE}, ${chosen.bytesPerEvent} bytes per event`,
      bars: rows.filter(({ batchSize }) => batchSize === BATCH_IN_USE)
        .map(({ codec, eventsPerSecondPerShard }) => ({ label: codec, value: eventsPerSecondPerShard })),
    },
  };
}
