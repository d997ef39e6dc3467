import type { Redis } from 'ioredis';
import { connectBare } from '../engine/connect-bare.ts';
import { drive } from '../engine/drive.ts';
import type { Driven } from '../engine/drive.ts';
import { floorSale, openEngineDesk } from '../engine/engine-sale.ts';
import type { EngineDesk } from '../engine/engine-sale.ts';
import { measureFloor } from '../engine/measure-floor.ts';
import type { Floor } from '../engine/measure-floor.ts';
import { openRedisGauge, readMemoryBytes } from '../engine/redis-gauge.ts';
import type { RedisWork } from '../engine/redis-gauge.ts';
import type { Lab, LabRedis } from '../open-lab.ts';
import { median } from '../report/percentile.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * The claim engine without HTTP: claims of a general area through the batcher, everything on, against one
 * Redis; and in turns with it, the least that a script per claim could do (`bench/engine/measure-floor.ts`).
 * Once with a core each for Redis and for the process that claims, once with both on one core.
 */
const ROUNDS = 6;
const CLAIMS_PER_ROUND = 200_000;
const WARM_UP_CLAIMS = 100_000;
/** Under way at any time: four full calls in Redis, four to follow. */
const IN_FLIGHT = 1_024;
/** Which of these is best is found out before; the floor shall not be lower than it need be. */
const PIPELINES = [16, 32, 64];
const CAPACITY = 10 * CLAIMS_PER_ROUND;

export const engine: Scenario = {
  name: 'engine',
  summary: 'holds per second of one Redis without HTTP, against a minimal script per claim',
  run: (lab, say) => runEngine(lab, say, 'own'),
};

export const engineOneCore: Scenario = {
  name: 'engine-one-core',
  summary: 'the same with Redis and the process that claims on one core',
  run: (lab, say) => runEngine(lab, say, 'shared'),
};

interface Round extends Driven, RedisWork {
  bytesPerHold: number;
  floor: Floor;
}

async function runEngine(lab: Lab, say: (line: string) => void, core: 'own' | 'shared'): Promise<Findings> {
  const server = await lab.bareRedis(core);
  const redis = connectBare(server);
  try {
    const desk = await openEngineDesk(redis);
    await measureClaims({ desk, redis, server }, 'warm-up', WARM_UP_CLAIMS);
    const pipeline = await bestPipeline(redis, server);
    const rounds: Round[] = [];
    for (let i = 1; i <= ROUNDS; i++) {
      const floor = await measureFloor(redis, { server, count: CLAIMS_PER_ROUND, pipeline });
      await desk.clear();
      const round = await measureClaims({ desk, redis, server }, `round-${i}`, CLAIMS_PER_ROUND);
      rounds.push({ ...round, floor });
      say(`  round ${i} of ${ROUNDS}: ${Math.round(rateOf(round))} holds/s, `
        + `minimal script ${Math.round(floor.perSecond)}/s`);
    }
    return report(rounds, { core, pipeline, isPinned: lab.isPinned });
  } finally {
    redis.disconnect();
  }
}

async function bestPipeline(redis: Redis, server: LabRedis): Promise<number> {
  let best = { pipeline: 0, perSecond: 0 };
  for (const pipeline of PIPELINES) {
    const { perSecond } = await measureFloor(redis, { server, count: CLAIMS_PER_ROUND / 2, pipeline });
    if (perSecond > best.perSecond) best = { pipeline, perSecond };
  }
  return best.pipeline;
}

/** A round on a sale of its own, gone afterwards; memory is read before it and when its outbox is trimmed. */
async function measureClaims(
  { desk, redis, server }: { desk: EngineDesk; redis: Redis; server: LabRedis },
  saleId: string,
  count: number,
): Promise<Omit<Round, 'floor'>> {
  const sale = await desk.open(saleId, floorSale(CAPACITY));
  await desk.trimOutbox();
  const packed = sale.pack([{ areaId: 'floor', quantity: 1 }]);
  const bytesBefore = await readMemoryBytes(redis);
  const readWork = await openRedisGauge(redis, server.pid);
  const driven = await drive(() => sale.place(packed), { count, inFlight: IN_FLIGHT });
  const work = await readWork();
  await desk.trimOutbox();
  const bytesPerHold = (await readMemoryBytes(redis) - bytesBefore) / driven.accepted;
  await desk.clear();
  return { ...driven, ...work, bytesPerHold };
}

function rateOf({ accepted, seconds }: Driven): number {
  return accepted / seconds;
}

function report(
  rounds: Round[],
  { core, pipeline, isPinned }: { core: 'own' | 'shared'; pipeline: number; isPinned: boolean },
): Findings {
  const middle = (value: (round: Round) => number, digits = 0): number =>
    Number(median(rounds.map(value)).toFixed(digits));
  const acceptedPerSecond = middle(rateOf);
  const floorPerSecond = middle(({ floor }) => floor.perSecond);
  const ratio = middle((round) => rateOf(round) / round.floor.perSecond, 3);
  const accepted = rounds.reduce((sum, round) => sum + round.accepted, 0);
  const results = {
    acceptedPerSecond,
    floorPerSecond,
    ratio,
    cpuRatio: middle((round) => round.floor.redisCpuUs / (round.cpuUs / CLAIMS_PER_ROUND), 3),
    bytesPerHold: middle((round) => round.bytesPerHold),
    accepted,
    refused: rounds.length * CLAIMS_PER_ROUND - accepted,
    claimsPerCall: middle((round) => CLAIMS_PER_ROUND / round.scriptCalls, 1),
    scriptUsPerClaim: middle((round) => round.scriptUs / CLAIMS_PER_ROUND, 2),
    commandUsPerClaim: middle((round) => round.commandUs / CLAIMS_PER_ROUND, 2),
    redisCpuUsPerClaim: middle((round) => round.cpuUs / CLAIMS_PER_ROUND, 2),
    clientCpuUsPerClaim: middle((round) => round.clientCpuUs / CLAIMS_PER_ROUND, 2),
    redisCpuShare: middle((round) => round.cpuUs / 1e6 / round.seconds, 2),
    clientCpuShare: middle((round) => round.clientCpuUs / 1e6 / round.seconds, 2),
  };
  const where = core === 'own' ? 'Redis on core 0; claims and redis-benchmark on core 1'
    : 'Redis, claims and redis-benchmark all on core 1';
  return {
    conditions: {
      rounds: ROUNDS,
      claimsPerRound: CLAIMS_PER_ROUND,
      inFlight: IN_FLIGHT,
      load: 'closed loop in the process of the batcher; every claim another buyer and hold',
      packing: 'the items of a request are put into the form of the script once, before',
      hold: 'one ticket of a general area; buyer limit, expiry, event, idempotency record',
      floor: `redis-benchmark, GET DECRBY HSET XADD in one script per claim, 50 clients, -P ${pipeline}`,
      memory: 'growth of used_memory by one round, after its outbox was trimmed to its end',
      pinned: isPinned ? where : 'no',
      redis: 'nothing on disk; nobody reads the outbox during a round',
    },
    results,
    table: [
      ['', 'per second', 'script µs', 'of it commands', 'Redis µs', 'client µs', 'Redis core', 'client core'],
      ['hold', acceptedPerSecond, results.scriptUsPerClaim, results.commandUsPerClaim,
        results.redisCpuUsPerClaim, results.clientCpuUsPerClaim, results.redisCpuShare,
        results.clientCpuShare],
      ['minimal script', floorPerSecond, '', '', middle(({ floor }) => floor.redisCpuUs, 2), '', '', ''],
      ['ratio', ratio, '', '', results.cpuRatio, '', '', ''],
      ['bytes per hold', results.bytesPerHold, '', '', '', '', '', ''],
    ],
    chart: {
      title: core === 'own' ? 'The claim engine on one Redis' : 'The claim engine and Redis on one core',
      unit: 'accepted per second',
      note: `ratio ${ratio} (medians of ${ROUNDS} rounds); ${results.bytesPerHold} bytes of Redis per hold`,
      bars: [
        { label: 'holds', value: acceptedPerSecond },
        { label: 'minimal script', value: floorPerSecond },
      ],
    },
  };
}
