import t from 'tap';
import { adjustStock } from '../../services/selling/adjust-stock.ts';
import type { InventoryRequest } from '../../services/shared/contracts/inventory-schemas.ts';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { readStock } from '../harness/read-stock.ts';

/** Claims and changes of the stock in random order, several at a time: Redis and the fold agree. */
const STEPS = Number(process.env['STEPS'] ?? 800);
const AT_ONCE = 8;

function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5 | 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

function input() {
  const rows = ['A', 'B', 'C'].map((row) => rowOf(row, 9, { aisleAfter: [4] }));
  Object.assign(rows[2]?.seats[0] ?? {}, { accessible: true });
  Object.assign(rows[2]?.seats[1] ?? {}, { companion: true });
  return saleOf([hallOf(rows), hallOf([rowOf('K', 5)], 'box'), floorOf(12)], {
    allowStrandedSeats: false,
    capacity: 30,
    groups: [{ groupId: 'house', capacity: 25, areaIds: ['hall', 'floor'] }],
    channels: [
      { channelId: 'partner',
        allocations: [{ areaId: 'floor', quantity: 3 }, { seatIds: ['A1', 'A2', 'K1'] }] },
      { channelId: 'office', allocations: [{ seatIds: ['B5', 'B6'] }] },
    ],
  });
}

const POLICIES = ['required', 'preferred', 'any'] as const;

function claimOf(random: (below: number) => number, seatIds: string[]): ItemRequest[] {
  switch (random(4)) {
    case 0: return [{ areaId: 'floor', quantity: 1 + random(3) }];
    case 1: return [{ seatIds: [...new Set([0, 0].map(() => seatIds[random(seatIds.length)] ?? ''))],
      accessible: random(2) === 0 }];
    case 2: return [{ bestAvailable: 1 + random(4), adjacent: POLICIES[random(3)] ?? 'any' }];
    default: return [{ areaId: 'hall', bestAvailable: 1 + random(2) }, { areaId: 'floor', quantity: 1 }];
  }
}

function changeOf(random: (below: number) => number, seatIds: string[]): InventoryRequest {
  const one = () => seatIds[random(seatIds.length)] ?? '';
  const some = () => [...new Set(Array.from({ length: 1 + random(4) }, one))];
  const channelId = random(2) === 0 ? 'partner' : 'office';
  switch (random(10)) {
    case 0: return { block: { seatIds: some() }, reason: 'r' };
    case 1: case 2: return { unblock: { seatIds: some() }, reason: 'r' };
    case 3: return { block: { areaId: 'floor', quantity: random(6) }, reason: 'r' };
    case 4: return { allocate: { channelId: random(2) === 0 ? null : channelId, seatIds: some() } };
    case 5: return { allocate: { channelId, areaId: 'floor', quantity: random(6) } };
    case 6: return { capacity: 8 + random(10), areaId: 'floor' };
    case 7: return { capacity: 15 + random(20), ...random(2) === 0 && { groupId: 'house' } };
    case 8: return random(4) === 0 ? { release: { seatIds: ['C1'] } }
      : { price: random(2000), categoryId: 'C', ticketType: 'adult' };
    default: return { returnAllocation: channelId };
  }
}

interface Play {
  desk: Desk;
  random: (below: number) => number;
  seatIds: string[];
  /** ids of holds that were placed; some have ended since */
  placed: string[];
}

async function step({ desk, random, seatIds, placed }: Play, n: number): Promise<string> {
  const other = placed[random(placed.length + 1)] ?? 'nobody';
  switch (random(6)) {
    case 0: case 1: {
      const opened = ['', '', 'A', 'B', 'AB'][random(5)] ?? '';
      const answer = await desk.place(`h${n}`, claimOf(random, seatIds), { opened });
      if (answer.ok) placed.push(`h${n}`);
      return answer.ok ? 'placed' : answer.reason;
    }
    case 2: case 3: {
      if (placed.includes(other)) placed.splice(placed.indexOf(other), 1);
      if (random(12) === 0) return (await desk.confirm(other, `o${n}`)).ok ? 'sold' : 'not sold';
      return (await desk.release(other)).ok ? 'released' : 'not released';
    }
    default: {
      const answer = await adjustStock(desk, desk.saleId, changeOf(random, seatIds), 'operator:ann 0');
      return 'ok' in answer ? 'changed' : 'refusal' in answer ? answer.refusal.reason : answer.reason;
    }
  }
}

t.test('claims and changes in random order', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  t.comment(`seed ${seed}`);
  const random = randomOf(seed);
  const desk = await openDesk(t, input());
  const play = { desk, random, seatIds: [...(await desk.sale()).layout.offsetBySeatId.keys()], placed: [] };
  const seen = new Map<string, number>();
  for (let first = 0; first < STEPS; first += AT_ONCE) {
    const outcomes = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) =>
      step(play, first + i)));
    for (const outcome of outcomes) seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    await readStock(desk);
    await desk.check().catch((error: unknown) => { throw new Error(`seed ${seed}: ${String(error)}`); });
  }
  for (const outcome of ['placed', 'released', 'sold', 'changed', 'stock_in_use', 'sold_out']) {
    t.ok(seen.has(outcome), `${outcome}: ${JSON.stringify([...seen])}`);
  }
  t.notOk(seen.has('internal_error'));
});
