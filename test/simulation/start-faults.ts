import { FAULTS } from './plan-history.ts';
import type { FaultName } from './plan-history.ts';
import type { Cast } from './run-history.ts';
import { SimRelay } from './sim-relay.ts';
import type { SimWorld } from './sim-world.ts';

const ISOLATED_MS_MAX = 8_000;
const FROZEN_MS_MAX = 15_000;
const JUMP_MS_MAX = 7_200_000;

/** Spreads what the plan foresees over the time of trouble: script calls, and faults of each kind. */
export function startFaults(world: SimWorld, cast: Cast): void {
  const { time, random, plan } = world;
  for (let i = 0; i < plan.orders; i++) {
    const api = random.pick(cast.apis);
    time.after(random.float() * plan.stormMs, () => void api.order());
  }
  const cause = causesOf(world, cast);
  for (const name of FAULTS) {
    const rate = plan.rates[name];
    const count = Math.floor(rate) + (random.chance(rate % 1) ? 1 : 0);
    for (let i = 0; i < count; i++) {
      time.after(random.float() * plan.stormMs, () => {
        world.trace(() => `fault: ${name}`);
        cause[name]();
      });
    }
  }
}

function causesOf(world: SimWorld, cast: Cast): Record<FaultName, () => void> {
  const { random, cluster, bus, eventStore, time, plan } = world;
  let relays = cast.relays.length;
  return {
    failOver: () => cluster.failOver(0),
    isolate: () => cluster.failOver(random.float() * ISOLATED_MS_MAX),
    flush: () => cluster.primary.flush(),
    breakConnection: () => cluster.breakOne(),
    killRelay: () => {
      const at = random.int(0, cast.relays.length - 1);
      cast.relays[at]?.kill();
      const relay = new SimRelay(world, `relay-${relays++}`);
      cast.relays[at] = relay;
      relay.start();
    },
    freezeRelay: () => random.pick(cast.relays).process.standStill(random.float() * FROZEN_MS_MAX),
    freezeReader: () => random.pick(cast.readers).process.standStill(random.float() * FROZEN_MS_MAX),
    restartReader: () => random.pick(cast.readers).restart(),
    replayReader: () => random.pick(cast.readers.filter((reader) => reader !== eventStore)).replay(),
    reshard: () => bus.reshard(),
    jumpClock: () => {
      const offsetMs = random.int(-JUMP_MS_MAX, JUMP_MS_MAX);
      if (random.chance(0.5)) random.pick(cast.relays).process.clockOffsetMs = offsetMs;
      else cluster.primary.clockOffsetMs = offsetMs;
    },
    // All that is under way stands still at once.
    stall: () => {
      const ms = random.float() * Math.min(FROZEN_MS_MAX, plan.stormMs - time.nowMs);
      for (const { process } of [...cast.relays, ...cast.readers]) process.standStill(ms);
    },
  };
}
