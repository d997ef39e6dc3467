import { createLogFold } from '../../services/shared/contracts/log-fold.ts';
import { faultsOf, verdictOf } from './judge-history.ts';
import { planHistory } from './plan-history.ts';
import type { HistoryPlan } from './plan-history.ts';
import { seededRandom } from './seeded-random.ts';
import { saleIdOf, SimApi } from './sim-api.ts';
import { SimBus } from './sim-bus.ts';
import { SimCluster } from './sim-cluster.ts';
import { SimReader } from './sim-reader.ts';
import { SimRecovery } from './sim-recovery.ts';
import { emptyPartition, newSale } from './sim-redis.ts';
import type { HotPartition } from './sim-redis.ts';
import { SimRelay } from './sim-relay.ts';
import type { SimParts, SimWorld } from './sim-world.ts';
import { startFaults } from './start-faults.ts';
import { VirtualTime } from './virtual-time.ts';

export interface HistoryOptions {
  seed: number;
  /** parts broken on purpose, instead of the real ones */
  parts?: Partial<SimParts>;
  plan?: Partial<HistoryPlan>;
  /** told what happens, with the time */
  trace?(line: string): void;
}

export interface History {
  seed: number;
  plan: HistoryPlan;
  /** the promises that were broken, a sentence each */
  faults: string[];
  steps: number;
  /** events in the log */
  logged: number;
  acknowledged: number;
  /** how often a sale went on in a new epoch */
  recoveries: number;
  /** from the end of all trouble to the end of all work, ms */
  drainMs: number;
}

/** All actors of a history. */
export interface Cast {
  relays: SimRelay[];
  readers: SimReader[];
  apis: SimApi[];
  recoveries: SimRecovery[];
}

/** How long it may take until all is done once nothing goes wrong any more. */
const DRAIN_MS_MAX = 300_000;
const LOOK_MS = 500;

/** Runs one history to its end and judges it. The same seed and parts give the same history. */
export async function runHistory({ seed, parts = {}, plan, trace }: HistoryOptions): Promise<History> {
  const random = seededRandom(seed);
  const time = new VirtualTime();
  const faults: string[] = [];
  const drawn = { ...planHistory(random), ...plan };
  const world = createWorld({
    seed, random, time, plan: drawn, parts,
    trace: (text) => trace?.(`${(time.nowMs / 1_000).toFixed(3).padStart(8)} ${text()}`),
    fail: (sentence) => faults.push(sentence),
  });
  const cast = openCast(world);
  startFaults(world, cast);
  let steps = await time.run(drawn.stormMs, () => faults.length > 0);
  makeCalm(world, cast);
  const calmAtMs = time.nowMs;
  let unfinished = ['it has not been looked at'];
  while (faults.length === 0 && unfinished.length > 0 && time.nowMs < calmAtMs + DRAIN_MS_MAX) {
    steps += await time.run(time.nowMs + LOOK_MS, () => faults.length > 0);
    unfinished = faultsOf(world, cast);
  }
  if (faults.length === 0 && unfinished.length > 0) {
    faults.push(...unfinished.map((what) => `after ${DRAIN_MS_MAX / 1_000} s without trouble: ${what}`));
  }
  if (faults.length === 0) faults.push(...verdictOf(world, cast));
  for (const process of processesOf(cast)) process.kill();
  const logs = world.bus.log.saleIds().map((saleId) => world.bus.log.of(saleId));
  return {
    seed, plan: drawn, faults, steps, drainMs: time.nowMs - calmAtMs,
    logged: logs.reduce((sum, events) => sum + events.length, 0),
    acknowledged: world.acknowledged.size,
    recoveries: logs.reduce((sum, events) => sum + (events.at(-1)?.epoch ?? 0), 0),
  };
}

function createWorld(
  { random, plan, parts, trace, fail, time }:
  Pick<SimWorld, 'random' | 'plan' | 'trace' | 'time'> & {
    seed: number; parts: Partial<SimParts>; fail(sentence: string): void;
  },
): SimWorld {
  const world = {
    plan, time, random, trace, fail, acknowledged: new Set<string>(), stops: 0,
    parts: {
      createRelayFold: () => createLogFold(),
      createReaderFold: () => createLogFold(plan.remembered),
      announcesOnSend: false, readsChildrenFirst: false, trimsPastOpen: false,
      acknowledgesByPosition: false, losesBatches: false, suspendsNobody: false,
      ...parts,
    },
    isCalm: () => time.nowMs >= plan.stormMs,
    bus: new SimBus(random, (text) => trace(() => text), plan),
  } as unknown as SimWorld;
  const partitions = Array.from({ length: plan.partitions }, (_, p) => freshPartition(p, plan));
  world.cluster = new SimCluster(world, partitions);
  world.eventStore = new SimReader(world, 'event-store');
  return world;
}

function freshPartition(partition: number, { salesPerPartition }: HistoryPlan): HotPartition {
  const hot = emptyPartition();
  hot.generation = 'g-first';
  for (let number = 0; number < salesPerPartition; number++) {
    hot.sales.set(saleIdOf(partition, number), newSale());
  }
  return hot;
}

function openCast(world: SimWorld): Cast {
  const { plan, eventStore } = world;
  const some = <T>(count: number, make: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i));
  const cast = {
    relays: some(plan.relays, (i) => new SimRelay(world, `relay-${i}`)),
    readers: [eventStore, ...some(plan.readers, (i) => new SimReader(world, `reader-${i}`))],
    apis: some(2, (i) => new SimApi(world, `api-${i}`)),
    recoveries: some(2, (i) => new SimRecovery(world, `recovery-${i}`)),
  };
  for (const relay of cast.relays) relay.start();
  for (const reader of cast.readers) reader.start();
  return cast;
}

function makeCalm(world: SimWorld, cast: Cast): void {
  world.trace(() => 'nothing goes wrong any more');
  world.cluster.heal();
  for (const process of processesOf(cast)) process.wake();
}

function processesOf({ relays, readers, apis, recoveries }: Cast) {
  return [...relays, ...readers, ...apis, ...recoveries].map(({ process }) => process);
}

