import { Redis } from 'ioredis';
import { connectKinesis } from '../../services/shared/platform/kinesis.ts';
import { awaitReady, busEnv } from '../load/bus-services.ts';
import { startGenerations } from '../load/open-bench-sale.ts';
import { sellMixed } from '../load/sell-mixed.ts';
import { stageOutboxes } from '../load/staged-outboxes.ts';
import type { StagedOutboxes } from '../load/staged-outboxes.ts';
import type { Lab } from '../open-lab.ts';
import { median } from '../report/percentile.ts';
import { readCpuMs } from '../report/read-cpu.ts';
import { eventsPerShard, weighRecords } from '../report/weigh-records.ts';
import type { Weight } from '../report/weigh-records.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * How fast one relay process brings full outboxes into the stream, reads them back and trims behind them, and
 * what the events weigh there. The events are those of a mixed sale, made by the selling service; the same
 * outboxes are relayed in each round, to a new stream. Once with all of them in one sale and so in one
 * partition, with one record in flight, and once spread over eight.
 */
const ROUNDS = 5;
const HOLDS = 24_000;
const PARTITIONS = 64;
const SHARDS = 4;
const SALES = { oneSale: ['hot'], eightSales: Array.from({ length: 8 }, (_, i) => `mixed-${i}`) };

interface Relayed {
  events: number;
  perSecond: number[];
  cpuUsPerEvent: number[];
  weight: Weight;
}

export const relay: Scenario = {
  name: 'relay',
  summary: 'events per second from outbox to stream of one relay, and what they weigh there',
  run: runRelay,
};

async function runRelay(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const oneSale = await measure(lab, SALES.oneSale, say);
  const eightSales = await measure(lab, SALES.eightSales, say);
  return report(oneSale, eightSales, lab.isPinned);
}

async function measure(lab: Lab, saleIds: string[], say: (line: string) => void): Promise<Relayed> {
  const { url: redisUrl } = await lab.bareRedis('shared');
  const redis = new Redis(redisUrl);
  const endpoint = await lab.kinesisUrl();
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const kinesis = connectKinesis({ region: 'eu-west-1', endpoint, credentials });
  try {
    const staged = await makeEvents(redis, redisUrl, saleIds);
    say(`  ${staged.events} events in ${saleIds.length} sales`);
    const perSecond: number[] = [];
    const cpuUsPerEvent: number[] = [];
    let streamName = '';
    for (let round = 0; round < ROUNDS; round++) {
      streamName = `bench-${saleIds.length}-${round}`;
      const env = { ...busEnv({ redisUrl, endpoint, streamName, shards: SHARDS, partitions: PARTITIONS }) };
      const server = await lab.startServer('relay', env);
      await awaitReady(server.url);
      await staged.warmUp();
      const cpuBeforeMs = readCpuMs(server.pid) ?? NaN;
      const seconds = await staged.relay();
      cpuUsPerEvent.push(((readCpuMs(server.pid) ?? NaN) - cpuBeforeMs) * 1_000 / staged.events);
      perSecond.push(staged.events / seconds);
      await server.stop();
      say(`  round ${round + 1} of ${ROUNDS}: ${Math.round(perSecond.at(-1) ?? NaN)} events/s, `
        + `${(cpuUsPerEvent.at(-1) ?? NaN).toFixed(1)} µs of the relay each`);
    }
    const weight = await weighRecords(kinesis, streamName);
    // Those that went with a definition are not weighed.
    const lacking = staged.events - weight.events;
    if (lacking > staged.events / 10) throw new Error(`${lacking} events are not in the stream`);
    return { events: staged.events, perSecond, cpuUsPerEvent, weight };
  } finally {
    redis.disconnect();
    kinesis.destroy();
  }
}

async function makeEvents(redis: Redis, redisUrl: string, saleIds: string[]): Promise<StagedOutboxes> {
  await startGenerations(redisUrl, PARTITIONS);
  await sellMixed({ redis, partitions: PARTITIONS, saleIds, holdsPerSale: HOLDS / saleIds.length });
  return stageOutboxes(redis, PARTITIONS);
}

function report(oneSale: Relayed, eightSales: Relayed, isPinned: boolean): Findings {
  const one = sumUp(oneSale);
  const eight = sumUp(eightSales);
  return {
    conditions: {
      rounds: ROUNDS,
      partitions: PARTITIONS,
      shards: SHARDS,
      events: `${oneSale.events} of one sale, ${eightSales.events} of eight, in full outboxes`,
      shares: JSON.stringify(oneSale.weight.shares),
      pinned: isPinned ? 'relay on core 0; Redis and kinesalite on core 1' : 'no',
      weight: 'data and partition key of the records, without the sale\'s definition (100 KB, once)',
      until: 'read back, accepted, announced, and trimmed from the outbox',
    },
    results: {
      eventsPerSecond: one.eventsPerSecond,
      eventsPerSecondPerShard: one.eventsPerSecondPerShard,
      oneSale: one,
      eightSales: eight,
    },
    table: [
      ['', 'events/s', 'relay µs per event', 'bytes per event', 'events per record', 'events/s per shard'],
      row('one sale', one),
      row('eight sales', eight),
    ],
    chart: {
      title: 'One relay process: from outbox to stream, read back and trimmed',
      unit: 'events per second',
      note: `medians of ${ROUNDS} rounds; per shard: by Kinesis' limits from the measured bytes`,
      bars: [
        { label: 'one sale', value: one.eventsPerSecond },
        { label: 'eight sales', value: eight.eventsPerSecond },
        { label: 'one shard takes', value: one.eventsPerSecondPerShard },
      ],
    },
  };
}

function sumUp({ events, perSecond, cpuUsPerEvent, weight }: Relayed) {
  return {
    events,
    eventsPerSecond: Math.round(median(perSecond)),
    relayCpuUsPerEvent: Number(median(cpuUsPerEvent).toFixed(1)),
    eventsPerSecondPerShard: eventsPerShard(weight),
    bytesPerEvent: Number((weight.bytes / weight.events).toFixed(1)),
    eventsPerRecord: Math.round(weight.events / weight.records),
    bytesPerEventAt: weight.bytesPerEventAt,
    bytesPerEventOf: weight.bytesPerEventOf,
  };
}

function row(label: string, result: ReturnType<typeof sumUp>): (string | number)[] {
  const { eventsPerSecond, relayCpuUsPerEvent, bytesPerEvent, eventsPerRecord } = result;
  return [label, eventsPerSecond, relayCpuUsPerEvent, bytesPerEvent, eventsPerRecord,
    result.eventsPerSecondPerShard];
}
