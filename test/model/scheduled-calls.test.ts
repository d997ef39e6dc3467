import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import t from 'tap';
import { readOutboxEntry } from '../../services/shared/contracts/outbox.ts';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import { Generations } from '../../services/selling/generations.ts';
import { Stock } from '../../services/selling/stock.ts';
import { openTestStack } from '../harness/open-test-stack.ts';
import { move, refs } from './model-commands.ts';
import { claimPicks } from './model-requests.ts';
import { confirm, extend, judgePlaces, judgeRefs, packClaims, refsOf, release,
  toHoldClaim } from './model-steps.ts';
import { ModelWorld } from './model-world.ts';
import type { Called } from './model-world.ts';
import { seedOf } from './run-model.ts';
import { inputOf, saleShapes } from './sale-shapes.ts';

/**
 * Several processes at once: calls wait before they are sent and before their answers arrive, and fast-check
 * decides whose turn it is. Whatever came of it must be explained by the order of the log: each call's
 * answers are those of the model at the place where its events stand, and for a call that made none there is
 * such a place between what was over when it was sent and what was begun when it was answered.
 */

/** A call of one process; `judge` folds the events that are in the sales' `unread`, or throws. */
interface Flight {
  nonce: string;
  sentAt: number;
  doneAt: number;
  judge: () => void;
}

const VERBS = { release, extend, confirm };
/** So few that the processes meet. */
const HOLDS = 9;
const meeting = <T extends { hold: number }>(picks: T[]): T[] =>
  picks.map((pick) => ({ ...pick, hold: pick.hold % HOLDS }));
const works = fc.array(fc.oneof(
  { weight: 3, arbitrary: fc.record({
    verb: fc.constant('place' as const),
      claims: fc.array(claimPicks, { minLength: 1, maxLength: 5 }).map(meeting) }) },
  { weight: 2, arbitrary: fc.record({
    verb: fc.constantFrom('release' as const, 'extend' as const, 'confirm' as const),
      refs: refs.map(meeting) }) },
), { minLength: 2, maxLength: 8, size: 'max' });
type Work = (typeof works extends fc.Arbitrary<infer T> ? T : never)[number];

const PROCESSES = 3;

t.test('every answer has its place in the log', async (t) => {
  const { redisUrl } = await openTestStack(t);
  const seed = seedOf(process.env['MODEL_SEED']);
  t.comment(`MODEL_SEED=${seed}`);
  const done = { calls: 0, silent: 0 };
  const all = fc.tuple(...Array.from({ length: PROCESSES }, () => works));
  const property = fc.asyncProperty(fc.scheduler(), saleShapes, all, async (scheduler, shape, works) => {
    const world = new ModelWorld(redisUrl, 0);
    const clients = Array.from({ length: PROCESSES }, () => new Redis(redisUrl));
    try {
      await world.open([inputOf(shape, world.openedAtMs), inputOf(shape, world.openedAtMs)]);
      for (const at of [0, 1]) await move(world, at, 'open');
      const flights: Flight[] = [];
      const processes = clients.map(
        (redis, i) => runProcess(world, { redis, scheduler, flights }, works[i] ?? []));
      await scheduler.waitFor(Promise.all(processes));
      done.calls += flights.length;
      done.silent += await explainAll(world, flights);
      await world.check();
    } finally {
      for (const redis of clients) redis.disconnect();
      await world.close();
    }
  });
  await fc.assert(property, { seed, numRuns: 60, includeErrorInReport: true, endOnFailure: true,
    ...(process.env['MODEL_PATH'] && { path: process.env['MODEL_PATH'] }) });
  t.comment(`${done.calls} calls, of which ${done.silent} made no event`);
  t.ok(done.calls > 300);
  t.ok(done.silent < done.calls * 0.9);
});

/** What one process does, one call after the other. */
async function runProcess(
  world: ModelWorld,
  { redis, scheduler, flights }: { redis: Redis; scheduler: fc.Scheduler; flights: Flight[] },
  works: Work[],
): Promise<void> {
  const limits = { entriesMax: 1_000_000, bytesMax: 2 ** 40, ageMsMax: 24 * 3_600_000 };
  const stock = new Stock(redis, new Generations(redis), limits);
  let nonce = '';
  let scriptMs: number | undefined;
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  redis.evalsha = async (...args: unknown[]) => {
    await scheduler.schedule(Promise.resolve(), 'send');
    const [, keyCount, values] = args as [string, number, string[]];
    nonce = values[keyCount + 1] ?? '';
    const answer = await evalsha(...args);
    scriptMs = Array.isArray(answer) && typeof answer[0] === 'number' ? answer[0] : undefined;
    await scheduler.schedule(Promise.resolve(), 'answer');
    return answer;
  };
  for (const work of works) {
    const sentAt = clock++;
    const fromMs = Date.now();
    const calledWith = <T>(answer: T): Called<T> => ({ answer, fromMs, toMs: Date.now(), scriptMs });
    let judge: () => void;
    if (work.verb === 'place') {
      const claims = packClaims(world, work.claims);
      if (claims.length === 0) continue;
      const called = calledWith(await Promise.all(claims.map((claim) =>
        stock.placeHold(world.partition, toHoldClaim(claim)))));
      called.toMs = Date.now();
      called.scriptMs = scriptMs;
      judge = () => judgePlaces(world, called, claims.map(({ sale, asked }, i) =>
        ({ sale, ref: asked, answer: called.answer[i] as (typeof called.answer)[number] })));
    } else {
      const verb = VERBS[work.verb];
      // Nothing is folded while all are under way, so any id may be meant.
      const sent = refsOf(world, work.refs);
      const called = calledWith(await Promise.all(sent.map(({ ref, pick }) =>
        verb.send(stock, world.partition, ref, pick))));
      called.toMs = Date.now();
      judge = () => judgeRefs(world, verb, sent, called);
    }
    flights.push({ nonce, sentAt, doneAt: clock++, judge });
  }
}

let clock = 0;

/** Goes through the log and gives every call its place; returns how many made no event. */
async function explainAll(world: ModelWorld, flights: Flight[]): Promise<number> {
  const entries = await world.redis.xrange(partitionKeys(world.partition).outbox, '-', '+');
  const isNew = new Set(entries.slice(world.entries.length).map(([id]) => id));
  const loud = entries.filter(([id]) => isNew.has(id)).map((entry) => {
    const events = readOutboxEntry(entry[1]);
    const flight = flights.find(({ nonce }) => events[0]?.id.startsWith(`${nonce}-`));
    if (flight === undefined) throw new Error(`nobody made ${events[0]?.id ?? ''}`);
    return { entry, events, flight };
  });
  const silent = new Set(flights.filter((flight) => !loud.some((one) => one.flight === flight)));
  const count = silent.size;
  const failures = new Map<Flight, unknown>();
  const explainSilent = (at: number): void => {
    for (const flight of silent) {
      const isTooEarly = loud.slice(at).some((one) => one.flight.doneAt < flight.sentAt);
      const isTooLate = loud.slice(0, at).some((one) => one.flight.sentAt > flight.doneAt);
      if (isTooEarly || isTooLate) continue;
      try {
        flight.judge();
        silent.delete(flight);
      } catch (error) {
        failures.set(flight, error);
      }
    }
  };
  explainSilent(0);
  for (const [i, { entry, events, flight }] of loud.entries()) {
    world.entries.push(entry);
    for (const event of events) world.sales.find(({ saleId }) => saleId === event.saleId)?.unread.push(event);
    flight.judge();
    explainSilent(i + 1);
  }
  for (const flight of silent) throw new Error('no place in the log explains a call',
    { cause: failures.get(flight) });
  return count;
}
