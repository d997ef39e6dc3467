import type { SeededRandom } from './seeded-random.ts';

/** What happens in a history, and how often. Times in ms; a rate is how many there are in the whole of it. */
export interface HistoryPlan {
  partitions: number;
  salesPerPartition: number;
  shards: number;
  relays: number;
  /** besides the event store's */
  readers: number;
  /** how long things go wrong */
  stormMs: number;
  /** script calls of all APIs */
  orders: number;
  /** ids of a sale that a reader remembers */
  remembered: number;
  replicaLagMs: number;
  /** how wrong clocks are at most, both ways; 0: all are right */
  wrongClocks: number;
  /** of calls to Redis: which part fails or loses its reply */
  redisTrouble: number;
  /** of puts: which part fails, is late, loses its reply or comes twice */
  busTrouble: number;
  readDelayMs: number;
  eventStoreIsAway: boolean;
  rates: Record<FaultName, number>;
}

export const FAULTS = [
  'failOver', 'isolate', 'flush', 'breakConnection', 'killRelay', 'freezeRelay', 'restartReader',
  'replayReader', 'reshard', 'jumpClock', 'freezeReader', 'stall',
] as const;
export type FaultName = (typeof FAULTS)[number];

/** Of faults that can happen, on average, in one history. */
const RATE_MAX: Record<FaultName, number> = {
  failOver: 2, isolate: 2, flush: 1, breakConnection: 3, killRelay: 3, freezeRelay: 3, restartReader: 3,
  replayReader: 1, reshard: 3, jumpClock: 4, freezeReader: 2, stall: 2,
};

/**
 * Draws a history. Each kind of fault is left out of half of them, so that what only shows where another
 * fault is missing is found as well.
 */
export function planHistory(random: SeededRandom): HistoryPlan {
  const some = (max: number): number => (random.chance(0.5) ? 0 : random.float() * max);
  return {
    partitions: random.int(1, 2),
    salesPerPartition: random.int(1, 2),
    shards: random.int(1, 2),
    relays: random.chance(0.4) ? 1 : random.int(2, 3),
    readers: random.int(1, 2),
    stormMs: random.int(2_000, 15_000),
    orders: random.int(4, 30),
    remembered: random.pick([1, 2, 8, 4_096]),
    replicaLagMs: random.pick([1, 20, 500, 3_000]),
    wrongClocks: random.pick([0, 0, 1_000, 3_600_000]),
    redisTrouble: some(0.2),
    busTrouble: some(0.4),
    readDelayMs: random.pick([20, 200, 2_000]),
    eventStoreIsAway: random.chance(0.2),
    rates: Object.fromEntries(
      FAULTS.map((name) => [name, some(RATE_MAX[name])]),
    ) as Record<FaultName, number>,
  };
}
