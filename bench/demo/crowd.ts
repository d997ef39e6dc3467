import { setTimeout as sleep } from 'node:timers/promises';
import { buy } from './buy.ts';
import type { DemoArea } from './demo-sale.ts';
import type { ShopClient } from './shop-client.ts';
import type { Evidence } from './verdict.ts';

/** What all buyers know: the shop's page, which refreshes itself, and the tally of what happened to them. */
export interface Shop {
  client: ShopClient;
  saleId: string;
  /** names any buyer */
  checkoutKey: string;
  areas: DemoArea[];
  rows: string[][];
  /** of seats */
  categoryId: string;
  free: Map<string, number>;
  /** one character per seat, as GET seats gives them */
  seats: string;
  tally: Tally;
  /** true once every place is sold, or when time is up */
  isOver(): boolean;
  /** resolves when there is something to be had again, or the sale is over */
  freeAgain(): Promise<void>;
}

export interface Tally {
  arrived: number;
  holding: number;
  sold: number;
  /** answers that said no */
  refused: number;
  /** holds left to lapse, given back, changed; requests repeated after a lost reply */
  abandoned: number;
  released: number;
  changed: number;
  repeated: number;
  /** answers that make no sense, one sentence each */
  faults: string[];
  acknowledged: Evidence['acknowledged'];
}

export interface CrowdOptions {
  client: ShopClient;
  saleId: string;
  checkoutKey: string;
  areas: DemoArea[];
  rows: string[][];
  categoryId: string;
  buyers: number;
  /** arrivals are spread over this time, most of them early */
  arrivalMs: number;
  /** after this the sale is over for the buyers, sold out or not */
  lastMs: number;
}

const REFRESH_MS = 150;
/** How many of those who wait try their luck per free place. */
const WAKE_PER_PLACE = 4;

/** Lets the crowd in; `done` resolves when everybody has gone home. */
export function openDoors(options: CrowdOptions): { tally: Tally; done: Promise<void> } {
  const capacity = options.areas.reduce((sum, area) => sum + area.capacity, 0);
  const endsAtMs = performance.now() + options.lastMs;
  const tally: Tally = {
    arrived: 0, holding: 0, sold: 0, refused: 0, abandoned: 0, released: 0, changed: 0, repeated: 0,
    faults: [],
    acknowledged: [],
  };
  let waiting: (() => void)[] = [];
  const isOver = (): boolean => tally.sold >= capacity || performance.now() >= endsAtMs;
  const shop: Shop = {
    ...options,
    free: new Map(options.areas.map(({ areaId, capacity: all }) => [areaId, all])),
    seats: '',
    tally,
    isOver,
    freeAgain: () => (isOver() ? Promise.resolve() : new Promise((resolve) => { waiting.push(resolve); })),
  };
  let isEmpty = false;
  const everybody = Array.from({ length: options.buyers }, async (_, n) => {
    await sleep(arrivalOf(n, options));
    tally.arrived += 1;
    try {
      await buy(shop, n);
    } catch (error) {
      tally.faults.push(`buyer ${n}: ${(error as Error).message}`);
    }
  });
  const home = Promise.all(everybody).then(() => { isEmpty = true; });
  return { tally, done: Promise.all([home, refresh()]).then(() => undefined) };

  async function refresh(): Promise<void> {
    while (!isEmpty) {
      await readShop(shop, tally);
      const free = [...shop.free.values()].reduce((sum, places) => sum + places, 0);
      const woken = isOver() ? waiting : waiting.slice(0, free * WAKE_PER_PLACE);
      waiting = waiting.slice(woken.length);
      for (const wake of woken) wake();
      await sleep(REFRESH_MS);
    }
    await readShop(shop, tally);
  }
}

/** The square makes most come early; nobody is random, so that a run can be repeated. */
function arrivalOf(n: number, { buyers, arrivalMs }: CrowdOptions): number {
  return ((n + 1) / buyers) ** 2 * arrivalMs;
}

async function readShop(shop: Shop, tally: Tally): Promise<void> {
  const { client, saleId, checkoutKey: token } = shop;
  try {
    const [stock, seats] = await Promise.all([
      client.send({ method: 'GET', path: `/v1/sales/${saleId}/availability`, token }),
      client.send({ method: 'GET', path: `/v1/sales/${saleId}/seats`, token }),
    ]);
    if (stock.status !== 200 || seats.status !== 200) return;
    const areas = stock.body['areas'] as { areaId: string; free: number; held: number; sold: number }[];
    tally.holding = areas.reduce((sum, { held }) => sum + held, 0);
    tally.sold = areas.reduce((sum, { sold }) => sum + sold, 0);
    for (const { areaId, free } of areas) shop.free.set(areaId, free);
    shop.seats = (seats.body['areas'] as { states: string }[]).map(({ states }) => states).join('');
  } catch {
    // The page did not load: the buyers go by the one before.
  }
}
