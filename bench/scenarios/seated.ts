import type { Redis } from 'ioredis';
import { connectBare } from '../engine/connect-bare.ts';
import { drive } from '../engine/drive.ts';
import type { Driven } from '../engine/drive.ts';
import { arenaSale, floorSale, openEngineDesk } from '../engine/engine-sale.ts';
import type { ClaimPlan } from '../../services/selling/pack-claim.ts';
import type { EngineDesk, EngineSale } from '../engine/engine-sale.ts';
import { openRedisGauge } from '../engine/redis-gauge.ts';
import type { RedisWork } from '../engine/redis-gauge.ts';
import type { Lab, LabRedis } from '../open-lab.ts';
import { median } from '../report/percentile.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * The engine on the arena's 20,000 seats: best available 2, 3 and 4 together, in turns with claims of a
 * general area; then what one claim costs the script when a tenth is sold and when a hundredth is left, and
 * what a refusal costs then. States are made once and copied, so that every round finds the same one.
 */
const ROUNDS = 6;
const IN_FLIGHT = 1_024;
/** Claims per sale: 18,000 of its seats, so that none needs to be refused. */
const CLAIMS_PER_SALE = 6_000;
const SALES_PER_ROUND = 10;
const CLAIMS_PER_ROUND = CLAIMS_PER_SALE * SALES_PER_ROUND;
const GROUPS = [2, 3, 4];
/** Copies of a state, one after the other, each asked once per block: the state stays what it is called. */
const COPIES_PER_ROUND = 24;
const SOLD_SHARES = [0.1, 0.99];
const SEATS_PER_BLOCK = 500;
/** Rounds before those that count. */
const WARM_UP = 1;

export const seated: Scenario = {
  name: 'seated',
  summary: 'best available 2 to 4 together in an arena, against a general area; cost when nearly sold out',
  run: runSeated,
};

type Bench = { desk: EngineDesk; redis: Redis; server: LabRedis };

interface Round {
  seated: Driven & RedisWork;
  general: Driven & RedisWork;
}

/** µs of the script per claim in one state, and what became of the claims. */
interface Cost {
  us: number;
  accepted: number;
  refused: number;
}

interface CostRound {
  at10: Cost;
  at99: Cost;
  refusal: Cost;
}

async function runSeated(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const server = await lab.bareRedis('own');
  const redis = connectBare(server);
  try {
    const bench = { desk: await openEngineDesk(redis), redis, server };
    const rounds: Round[] = [];
    for (let i = 1; i <= ROUNDS + WARM_UP; i++) {
      const round = { general: await measureGeneral(bench), seated: await measureArena(bench) };
      if (i <= WARM_UP) continue;
      rounds.push(round);
      say(`  round ${i - WARM_UP} of ${ROUNDS}: ${Math.round(rateOf(round.seated))} holds/s of seats, `
        + `${Math.round(rateOf(round.general))} of a general area`);
    }
    const costs = await measureCosts(bench, say);
    return report(rounds, costs.slice(WARM_UP), lab.isPinned);
  } finally {
    redis.disconnect();
  }
}

async function measureGeneral(bench: Bench): Promise<Round['general']> {
  const sale = await bench.desk.open('general', floorSale(CLAIMS_PER_ROUND * 5));
  const packed = GROUPS.map((quantity) => sale.pack([{ areaId: 'floor', quantity }]));
  return measure(bench, CLAIMS_PER_ROUND, (n) => sale.place(nth(packed, n)));
}

/** Sale after sale; in each the blocks take turns. */
async function measureArena(bench: Bench): Promise<Round['seated']> {
  const first = await bench.desk.open('arena-0', arenaSale());
  const sales = [first];
  for (let i = 1; i < SALES_PER_ROUND; i++) sales.push(await bench.desk.copy(first, `arena-${i}`));
  const asks = GROUPS.map((group) => packPerBlock(first, group));
  return measure(bench, CLAIMS_PER_ROUND, (n) => {
    const ask = nth(asks, Math.floor(n / first.seatedAreaIds.length));
    return nth(sales, Math.floor(n / CLAIMS_PER_SALE)).place(nth(ask, n));
  });
}

/** The n-th of a list that goes round. */
function nth<Entry>(list: Entry[], n: number): Entry {
  return list[n % list.length] as Entry;
}

async function measure(
  { desk, redis, server }: Bench,
  count: number,
  place: Parameters<typeof drive>[0],
): Promise<Driven & RedisWork> {
  await desk.trimOutbox();
  const readWork = await openRedisGauge(redis, server.pid);
  const driven = await drive(place, { count, inFlight: IN_FLIGHT });
  const work = await readWork();
  await desk.clear();
  return { ...driven, ...work };
}

/** One claim per block of the arena: `group` of its best seats, together unless `adjacent` says otherwise. */
function packPerBlock(
  sale: EngineSale, group: number, adjacent: 'required' | 'any' = 'required',
): ClaimPlan[] {
  return sale.seatedAreaIds.map((areaId) => sale.pack([{ areaId, bestAvailable: group, adjacent }]));
}

/** Rounds over three states; the cost is per claim, in calls of one sale with a claim for every block. */
async function measureCosts(bench: Bench, say: (line: string) => void): Promise<CostRound[]> {
  const empty = await bench.desk.open('arena', arenaSale());
  const [tenth, rest] = await Promise.all(SOLD_SHARES.map(async (share) => {
    const sale = await bench.desk.copy(empty, `sold-${share * 100}`);
    await sell(sale, share);
    return sale;
  }));
  if (tenth === undefined || rest === undefined) throw new Error('no state was made');
  const pairs = packPerBlock(empty, 2);
  const fours = packPerBlock(empty, 4);
  const rounds: CostRound[] = [];
  for (let i = 1; i <= ROUNDS + WARM_UP; i++) {
    const costs = {
      at10: await measureCost(bench, tenth, pairs),
      at99: await measureCost(bench, rest, pairs),
      refusal: await measureCost(bench, rest, fours),
    };
    rounds.push(costs);
    if (i > WARM_UP) say(`  round ${i - WARM_UP} of ${ROUNDS}: ${describe(costs)}`);
  }
  await bench.desk.clear();
  return rounds;
}

function describe({ at10, at99, refusal }: CostRound): string {
  return `${at10.us.toFixed(1)} µs at 10 %, ${at99.us.toFixed(1)} at 99 % `
    + `(${at99.accepted} of ${at99.accepted + at99.refused}), refused ${refusal.us.toFixed(1)}`;
}

/** Sells so much of every block, in groups as buyers come, and the last few wherever they are. */
async function sell(sale: EngineSale, share: number): Promise<void> {
  for (let left = Math.round(SEATS_PER_BLOCK * share); left > 0;) {
    const group = Math.min(left, GROUPS[left % GROUPS.length] ?? 1);
    const answers = await Promise.all(packPerBlock(sale, group, 'any').map((packed) => sale.place(packed)));
    const refused = answers.find((answer) => !answer.ok);
    if (refused !== undefined) throw new Error(`the arena cannot be sold: ${JSON.stringify(refused)}`);
    left -= group;
  }
}

/** Each copy is one call; the median of the calls leaves out those that another process interrupted. */
async function measureCost(
  { desk, redis, server }: Bench, state: EngineSale, asks: ClaimPlan[],
): Promise<Cost> {
  const copies: EngineSale[] = [];
  for (let i = 0; i < COPIES_PER_ROUND; i++) copies.push(await desk.copy(state, `copy-${i}`));
  await desk.trimOutbox();
  const costsUs: number[] = [];
  let accepted = 0;
  for (const copy of copies) {
    const readWork = await openRedisGauge(redis, server.pid);
    const answers = await Promise.all(asks.map((packed) => copy.place(packed)));
    costsUs.push((await readWork()).scriptUs / asks.length);
    accepted += answers.filter(({ ok }) => ok).length;
  }
  return { us: median(costsUs), accepted, refused: copies.length * asks.length - accepted };
}

function rateOf({ accepted, seconds }: Driven): number {
  return accepted / seconds;
}

function report(rounds: Round[], costs: CostRound[], isPinned: boolean): Findings {
  const middle = (value: (round: Round) => number, digits = 0): number =>
    Number(median(rounds.map(value)).toFixed(digits));
  const middleCost = (value: (round: CostRound) => number): number =>
    Number(median(costs.map(value)).toFixed(2));
  const shareAccepted = (state: keyof CostRound): number =>
    middleCost(({ [state]: cost }) => cost.accepted / (cost.accepted + cost.refused));
  const results = {
    acceptedPerSecond: middle((round) => rateOf(round.seated)),
    generalPerSecond: middle((round) => rateOf(round.general)),
    ratioToGeneral: middle((round) => rateOf(round.seated) / rateOf(round.general), 3),
    cpuRatioToGeneral: middle((round) => round.general.cpuUs / round.seated.cpuUs, 3),
    accepted: rounds.reduce((sum, round) => sum + round.seated.accepted, 0),
    refused: rounds.reduce((sum, round) => sum + CLAIMS_PER_ROUND - round.seated.accepted, 0),
    scriptUsPerClaim: middle((round) => round.seated.scriptUs / CLAIMS_PER_ROUND, 2),
    redisCpuUsPerClaim: middle((round) => round.seated.cpuUs / CLAIMS_PER_ROUND, 2),
    generalRedisCpuUsPerClaim: middle((round) => round.general.cpuUs / CLAIMS_PER_ROUND, 2),
    costUsAt10: middleCost(({ at10 }) => at10.us),
    costUsAt99: middleCost(({ at99 }) => at99.us),
    costRatioAt99: middleCost(({ at10, at99 }) => at99.us / at10.us),
    costUsOfRefusal: middleCost(({ refusal }) => refusal.us),
    refusalCostRatio: middleCost(({ at99, refusal }) => refusal.us / at99.us),
    acceptedShareAt10: shareAccepted('at10'),
    acceptedShareAt99: shareAccepted('at99'),
    acceptedShareOfRefusal: shareAccepted('refusal'),
  };
  return {
    conditions: {
      rounds: ROUNDS,
      claimsPerRound: CLAIMS_PER_ROUND,
      inFlight: IN_FLIGHT,
      load: 'closed loop in the process of the batcher; every claim another buyer and hold',
      hold: 'best available 2, 3 and 4 together in a block; general: as many of one area',
      arena: `20,000 seats in 40 blocks, ${SALES_PER_ROUND} sales one after the other, each to nine tenths`,
      cost: 'µs inside EVALSHA per claim, by INFO commandstats; a call has a claim for each block',
      costAsks: 'two together at 10 % and at 99 % sold; refused: four together at 99 %',
      pinned: isPinned ? 'Redis on core 0; claims on core 1' : 'no',
      redis: 'nothing on disk; nobody reads the outbox during a round',
    },
    results,
    table: [
      ['', 'per second', 'Redis µs', 'cost µs'],
      ['seated', results.acceptedPerSecond, results.redisCpuUsPerClaim, ''],
      ['general area', results.generalPerSecond, results.generalRedisCpuUsPerClaim, ''],
      ['ratio', results.ratioToGeneral, results.cpuRatioToGeneral, ''],
      ['two at 10 % sold', '', '', results.costUsAt10],
      ['two at 99 % sold', '', '', results.costUsAt99],
      ['refused at 99 % sold', '', '', results.costUsOfRefusal],
    ],
    chart: {
      title: 'Best available 2 to 4 together in an arena',
      unit: 'accepted per second',
      note: `at 99 % sold a claim costs ${results.costRatioAt99} times as much as at 10 %, `
        + `a refusal ${results.refusalCostRatio} times an acceptance`,
      bars: [
        { label: 'seated', value: results.acceptedPerSecond },
        { label: 'general area', value: results.generalPerSecond },
      ],
    },
  };
}
