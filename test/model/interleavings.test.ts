import * as fc from 'fast-check';
import t from 'tap';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import { floorOf, hallOf, openDesk, redisUrlOf, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';

/**
 * Promises 1 and 2 under random interleavings: any commands of several buyers through two processes, with
 * repeats, resends, foreign and stale requests, and holds that lapse in real time. After every turn all that
 * Redis keeps must equal the fold of the outbox, and `evolve` throws on any oversell. A failure prints its
 * seed and path; `MODEL_SEED=… npm test -- test/model/interleavings.test.ts` runs it again.
 */

/** What one client does in a turn; numbers pick among ids, so that clients meet. */
type Command =
  | { do: 'place'; hold: number; items: ItemRequest[]; digest: string; lapses: boolean }
  | { do: 'release' | 'extend' | 'confirm'; hold: number; isOwner: boolean; key: number }
  | { do: 'expire' | 'lapse' | 'resend' | 'forget' }
  | { do: 'move'; verb: 'pause' | 'resume' }
  | { do: 'define'; price: number; limit: number };

const HOLDS = 10;
const BUYERS = 4;
const seats = ['A', 'B'].flatMap((row) => Array.from({ length: 7 }, (_, i) => `${row}${i + 1}`));

const item: fc.Arbitrary<ItemRequest> = fc.oneof(
  fc.record({ areaId: fc.constant('floor'), quantity: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ areaId: fc.constant('floor'), quantity: fc.constant(1), ticketType: fc.constant('child') }),
  fc.record({
    areaId: fc.constant('hall'),
    bestAvailable: fc.integer({ min: 1, max: 5 }),
    adjacent: fc.constantFrom('required' as const, 'preferred' as const, 'any' as const),
  }),
  fc.record({ seatIds: fc.uniqueArray(fc.constantFrom(...seats), { minLength: 1, maxLength: 4 }) }),
);
const hold = fc.nat(HOLDS - 1);
/** A seat is named once in a claim: whoever names it twice gets no plan. */
const items = fc.array(item, { minLength: 1, maxLength: 3 }).map((all) => {
  const named = new Set<string>();
  return all.flatMap((one): ItemRequest[] => {
    if (one.seatIds === undefined) return [one];
    const seatIds = [...new Set(one.seatIds)].filter((seatId) => !named.has(seatId));
    for (const seatId of seatIds) named.add(seatId);
    return seatIds.length === 0 ? [] : [{ ...one, seatIds }];
  });
});
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: fc.record({
    do: fc.constant('place' as const), hold, items,
    digest: fc.constantFrom('d', 'd', 'd', 'e'), lapses: fc.boolean(),
  }) },
  { weight: 9, arbitrary: fc.record({
    do: fc.constantFrom('release' as const, 'extend' as const, 'confirm' as const), hold,
    isOwner: fc.constantFrom(true, true, true, true, false), key: fc.nat(2),
  }) },
  { weight: 3, arbitrary: fc.record({
    do: fc.constantFrom('expire' as const, 'lapse' as const, 'resend' as const, 'forget' as const),
  }) },
  { weight: 1, arbitrary: fc.record({
    do: fc.constant('move' as const),
    verb: fc.constantFrom('pause' as const, 'resume' as const, 'resume' as const),
  }) },
  { weight: 1, arbitrary: fc.record({
    do: fc.constant('define' as const), price: fc.integer({ min: 0, max: 3 }),
    limit: fc.integer({ min: 4, max: 12 }),
  }) },
);
/** Commands of one turn run at once: they share script calls, and those of two processes cross. */
const turns = fc.array(fc.array(command, { minLength: 1, maxLength: 6 }), { minLength: 5, maxLength: 30 });

const saleWith = (price: number, limit: number) => saleOf(
  [hallOf([rowOf('A', 7, { aisleAfter: [3] }), rowOf('B', 7)]), floorOf(9)],
  { buyerLimit: limit, categories: [{ categoryId: 'C', prices: { adult: 1000 + price, child: price } }] },
);

async function run(desk: Desk, one: Command): Promise<unknown> {
  switch (one.do) {
    case 'place':
      // The ids derive from buyer and key in the service, so a hold's id belongs to one buyer.
      await desk.setHoldMs(one.lapses ? 15 : 60_000, 120_000);
      return desk.place(`h${one.hold}`, one.items, { buyerId: `b${one.hold % BUYERS}`, digest: one.digest });
    case 'release': return desk.release(`h${one.hold}`, callerOf(one));
    case 'extend': return desk.extend(`h${one.hold}`, `k${one.key}`, callerOf(one));
    case 'confirm':
      return desk.confirm(`h${one.hold}`, `o${one.hold}-${one.key}`, { buyerId: callerOf(one) });
    case 'expire': return desk.expire(2);
    case 'lapse': return desk.awaitLapse();
    case 'resend': return desk.resend();
    case 'forget': return desk.forget(8e15, 3);
    case 'move': return desk.move(one.verb);
    case 'define': return desk.define(saleWith(one.price, one.limit));
    default: throw new Error(`no such command: ${JSON.stringify(one satisfies never)}`);
  }
}

function callerOf({ hold, isOwner }: { hold: number; isOwner: boolean }): string {
  return `b${(isOwner ? hold : hold + 1) % BUYERS}`;
}

t.test('whatever the order, Redis equals the fold of its outbox', async (t) => {
  const first = await openDesk(t, saleWith(0, 12), { saleId: 'unused' });
  const redisUrl = redisUrlOf(first);
  const seed = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31);
  const runs = Number(process.env['MODEL_RUNS'] ?? 90);
  t.comment(`MODEL_SEED=${seed} MODEL_RUNS=${runs}`);
  const done = { commands: 0, events: 0, ok: 0, refused: new Map<string, number>() };

  await fc.assert(fc.asyncProperty(turns, async (plan) => {
    const saleId = 'model';
    const cleanups: (() => unknown)[] = [];
    const hook = { teardown: (work: () => unknown) => cleanups.push(work) };
    const desks = [
      await openDesk(hook, saleWith(0, 12), { saleId, redisUrl }),
      await openDesk(hook, saleWith(0, 12), { saleId, redisUrl }),
    ];
    try {
      for (const turn of plan) {
        // All of them end before the next turn, also when one throws.
        const answers = await Promise.allSettled(turn.map((one, i) => run(desks[i % 2] as Desk, one)));
        for (const answer of answers) {
          if (answer.status === 'rejected') throw answer.reason;
          note(done, answer.value);
        }
        done.commands += turn.length;
        await (desks[0] as Desk).check();
      }
      done.events += (await (desks[0] as Desk).check()).events.length;
    } finally {
      await removeSale(desks[0] as Desk);
      for (const cleanup of cleanups) await cleanup();
    }
  }), { seed, numRuns: runs, ...(process.env['MODEL_PATH'] && { path: process.env['MODEL_PATH'] }) });

  t.comment(`${done.commands} commands, ${done.ok} accepted, ${done.events} events, refused: `
    + [...done.refused].map(([reason, n]) => `${reason} ${n}`).join(', '));
  t.ok(done.commands > 2_000);
  t.ok(done.ok > done.commands / 10, 'enough is accepted to mean something');
  for (const reason of ['sold_out', 'seats_taken', 'no_adjacent_seats', 'buyer_limit', 'hold_unknown',
    'hold_released', 'hold_expired', 'hold_ordered', 'idempotency_key_reused', 'sale_paused']) {
    t.ok((done.refused.get(reason) ?? 0) > 0, `${reason} came up`);
  }
});

function note(done: { ok: number; refused: Map<string, number> }, answer: unknown): void {
  if (typeof answer !== 'object' || answer === null || !('ok' in answer)) return;
  if (answer.ok === true) done.ok += 1;
  else if ('reason' in answer) {
    const reason = String(answer.reason);
    done.refused.set(reason, (done.refused.get(reason) ?? 0) + 1);
  }
}

async function removeSale(desk: Desk): Promise<void> {
  const keys = Object.keys(await desk.dump()).filter((key) => !key.endsWith(':generation'));
  if (keys.length > 0) await desk.redis.del(...keys);
}
