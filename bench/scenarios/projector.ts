import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Client } from 'pg';
import { connectKinesis } from '../../services/shared/platform/kinesis.ts';
import { awaitReady, busEnv } from '../load/bus-services.ts';
import { awaitProjected, connectWatcher, createDatabase, prepareStream } from '../load/projected-database.ts';
import { makeSaleLogs, retellSale, splitAtOpening } from '../load/sale-logs.ts';
import type { SaleLog } from '../load/sale-logs.ts';
import { createSecrets } from '../open-lab.ts';
import type { Lab, LabServer } from '../open-lab.ts';
import { median } from '../report/percentile.ts';
import { readCpuMs } from '../report/read-cpu.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * How fast one projector brings events from the stream into the event store, the legacy rows and all read
 * models of one PostgreSQL, and whether that depends on how much is stored already. Two databases of one
 * server: one stays small, one is filled first (`BENCH_STORED_EVENTS`, default a million); then the same
 * logs, retold as those of other sales, go to the one and to the other in turns.
 */
const ROUNDS = 5;
const PARTITIONS = 64;
const SHARDS = 4;
const STORED_EVENTS = Number(process.env['BENCH_STORED_EVENTS'] ?? 1_000_000);
const HOLDS_PER_SALE = 4_000;
const SALES = ['one', 'two', 'three', 'four'];

interface Side {
  streamName: string;
  server: LabServer;
  database: Client;
  stored: number;
}

interface Timed {
  perSecond: number;
  cpuUsPerEvent: number;
  /** of one core */
  cpuShare: number;
}

export const projector: Scenario = {
  name: 'projector',
  summary: 'events per second from the stream into event store, legacy rows and read models',
  run: runProjector,
};

async function runProjector(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const endpoint = await lab.kinesisUrl();
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const kinesis = connectKinesis({ region: 'eu-west-1', endpoint, credentials });
  const { CONTACT_KEY } = createSecrets();
  const sides: Side[] = [];
  try {
    const logs = await makeSaleLogs(lab, {
      saleIds: SALES, holdsPerSale: HOLDS_PER_SALE, contactKey: Buffer.from(CONTACT_KEY, 'base64url'),
    });
    say(`  ${count(logs)} events in ${logs.length} sales, again and again as other sales`);
    for (const streamName of ['small', 'large']) {
      sides.push(await openSide(lab, { streamName, endpoint, contactKey: CONTACT_KEY }));
    }
    return await measure(new Teller(kinesis, logs), sides, lab.isPinned, say);
  } finally {
    for (const { database } of sides) await database.end();
    kinesis.destroy();
  }
}

async function openSide(
  lab: Lab,
  { streamName, endpoint, contactKey }: { streamName: string; endpoint: string; contactKey: string },
): Promise<Side> {
  const url = await createDatabase(lab, streamName);
  const { REDIS_URL: _none, ...env } = busEnv(
    { redisUrl: '', endpoint, streamName, shards: SHARDS, partitions: PARTITIONS });
  const server = await lab.startServer('projector', { ...env, DATABASE_URL: url, CONTACT_KEY: contactKey });
  await awaitReady(server.url);
  return { streamName, server, database: await connectWatcher(url), stored: 0 };
}

/** Tells sales to a side, every time as other ones. */
class Teller {
  readonly #kinesis: KinesisClient;
  readonly #logs: readonly SaleLog[];
  #copies = 0;

  constructor(kinesis: KinesisClient, logs: readonly SaleLog[]) {
    this.#kinesis = kinesis;
    this.#logs = logs;
  }

  /** What is timed begins with the first claim: the sales' plans are there already. */
  async tell(side: Side, salesMax = this.#logs.length): Promise<Timed> {
    const copies = this.#logs.slice(0, salesMax).map((log) => retellSale(log, this.#copies += 1));
    const parts = copies.map(splitAtOpening);
    const selling = parts.map((part) => part.selling);
    await this.#put(side, parts.map(({ opening }) => opening))();
    await awaitProjected(side.database, parts.map(({ opening }) => opening));
    const put = this.#put(side, selling);
    const cpuBeforeMs = readCpuMs(side.server.pid) ?? NaN;
    const startedAtMs = performance.now();
    await put();
    await awaitProjected(side.database, selling);
    const ms = performance.now() - startedAtMs;
    const cpuMs = (readCpuMs(side.server.pid) ?? NaN) - cpuBeforeMs;
    const events = count(selling);
    side.stored += count(copies);
    return { perSecond: events / ms * 1_000, cpuUsPerEvent: cpuMs * 1_000 / events, cpuShare: cpuMs / ms };
  }

  #put({ streamName }: Side, logs: readonly SaleLog[]): () => Promise<void> {
    return prepareStream(this.#kinesis, streamName, logs);
  }
}

async function measure(
  teller: Teller, sides: Side[], isPinned: boolean, say: (line: string) => void,
): Promise<Findings> {
  const [small, large] = sides;
  if (small === undefined || large === undefined) throw new Error('there are no two databases');
  // Connections, plans, compiled code: as they are in a process that has run for a while.
  await teller.tell(small, 1);
  const fill: Timed[] = [];
  while (large.stored < STORED_EVENTS) {
    fill.push(await teller.tell(large));
    say(`  ${large.stored} stored: ${Math.round(fill.at(-1)?.perSecond ?? NaN)} events/s`);
  }
  const storedBefore = { small: small.stored, large: large.stored };
  const rounds: { small: Timed; large: Timed; oneSale: Timed }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const timed = {
      small: await teller.tell(small), large: await teller.tell(large), oneSale: await teller.tell(small, 1),
    };
    rounds.push(timed);
    say(`  round ${round + 1} of ${ROUNDS}: ${Math.round(timed.small.perSecond)} events/s beside `
      + `${small.stored}, ${Math.round(timed.large.perSecond)} beside ${large.stored} stored, `
      + `${Math.round(timed.oneSale.perSecond)} of one sale`);
  }
  return report(rounds, storedBefore, isPinned);
}

function report(
  rounds: { small: Timed; large: Timed; oneSale: Timed }[], storedBefore: { small: number; large: number },
  isPinned: boolean,
): Findings {
  const sumUp = (which: 'small' | 'large' | 'oneSale') => {
    const middle = (field: keyof Timed): number => median(rounds.map((round) => round[which][field]));
    return {
      eventsPerSecond: Math.round(middle('perSecond')),
      projectorCpuUsPerEvent: Number(middle('cpuUsPerEvent').toFixed(1)),
      projectorCpuShare: Number(middle('cpuShare').toFixed(2)),
    };
  };
  const [small, large, oneSale] = [sumUp('small'), sumUp('large'), sumUp('oneSale')];
  const slopes = rounds.map((round) => round.small.perSecond / round.large.perSecond);
  const slope = Number(median(slopes).toFixed(2));
  return {
    conditions: {
      rounds: ROUNDS, sales: SALES.length, shards: SHARDS,
      storedBefore: `${storedBefore.small} and ${storedBefore.large}`,
      until: 'every projection of every sale has its last event',
      pinned: isPinned ? 'projector on core 0; PostgreSQL, kinesalite and load on core 1' : 'no',
    },
    results: { eventsPerSecond: small.eventsPerSecond, slope, small, large, oneSale },
    table: [
      ['', 'events/s', 'projector µs per event', 'of a core'],
      ...Object.entries({ 'few stored': small, 'many stored': large, 'one sale, few stored': oneSale })
        .map(([label, side]) =>
          [label, side.eventsPerSecond, side.projectorCpuUsPerEvent, side.projectorCpuShare]),
    ],
    chart: {
      title: 'One projector: from the stream into event store, legacy rows and read models',
      unit: 'events per second',
      note: `time per event with ${storedBefore.large} stored by that with few: ${slope}; `
        + `medians of ${ROUNDS} rounds`,
      bars: [
        { label: 'few stored', value: small.eventsPerSecond },
        { label: 'many stored', value: large.eventsPerSecond },
        { label: 'one sale', value: oneSale.eventsPerSecond },
      ],
    },
  };
}

function count(logs: readonly SaleLog[]): number {
  return logs.reduce((sum, { events }) => sum + events.length, 0);
}
