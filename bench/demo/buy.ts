import { setTimeout as sleep } from 'node:timers/promises';
import type { Shop } from './crowd.ts';
import type { ShopAnswer, ShopRequest } from './shop-client.ts';

/**
 * One buyer, as people are: looks, claims, hesitates, buys; or changes what is held, walks away from it, or
 * gives it back.
 * Who is refused waits until something is free again and asks for one place then. When no reply comes, the
 * same request goes out again under the same key. What a buyer does follows from the buyer's number.
 */
const TRIES_MAX = 12;
const RETRY_MS = 400;
const POLL_MS = 200;
const POLLS_MAX = 60;

export async function buy(shop: Shop, n: number): Promise<void> {
  const buyer = { id: `demo-${n}`, roll: dice(n) };
  for (let attempt = 0; !shop.isOver(); attempt++) {
    const { id, roll } = buyer;
    const isFirst = attempt === 0;
    const answer = await ask(shop, roll, {
      method: 'POST',
      path: `/v1/sales/${shop.saleId}/holds`,
      token: shop.checkoutKey,
      key: `hold-${n}-${attempt}`,
      body: { buyerId: id, items: [isFirst ? firstWish(shop, roll) : lastChance(shop, roll)] },
    });
    if (answer.status === 201) {
      const holdId = String(answer.body['holdId']);
      if (await decide(shop, { n, holdId, id, roll, mayLeave: isFirst })) return;
    } else if (answer.status === 409) shop.tally.refused += 1;
    else throw new Error(`a hold was answered with ${answer.status} ${JSON.stringify(answer.body)}`);
    await shop.freeAgain();
  }
}

interface Holder {
  n: number;
  holdId: string;
  id: string;
  roll: () => number;
  /** walks away or gives back now and then; who had to wait does not */
  mayLeave: boolean;
}

/** What becomes of a hold; false if it ran out on the way, so that the buyer begins again. */
async function decide(shop: Shop, { n, holdId, id: buyerId, roll, mayLeave }: Holder): Promise<boolean> {
  const { saleId, checkoutKey: token, tally } = shop;
  const path = `/v1/sales/${saleId}/holds/${holdId}`;
  await sleep(100 + roll() * 900);
  const mood = mayLeave ? roll() : 1;
  if (mood < 0.12) {
    tally.abandoned += 1;
    return true;
  }
  if (mood < 0.17) {
    const { status } = await ask(shop, roll, { method: 'DELETE', path, token, key: `release-${n}` });
    if (status !== 204 && status !== 409) throw new Error(`a release was answered with ${status}`);
    tally.released += 1;
    return true;
  }
  if (mood < 0.25) {
    // In one step: who is refused keeps what there was.
    const items = [firstWish(shop, roll)];
    const body = { buyerId, items };
    const { status } = await ask(shop, roll,
      { method: 'POST', path: `${path}/change`, token, key: `change-${n}`, body });
    if (status === 200) tally.changed += 1;
    else if (status === 409) tally.refused += 1;
    else throw new Error(`a change was answered with ${status}`);
  }
  const contact = { name: `Buyer ${n}`, email: `buyer-${n}@demo.example` };
  const answer = await ask(shop, roll, {
    method: 'POST',
    path: `/v1/sales/${saleId}/orders`,
    token,
    key: `order-${holdId}`,
    body: { buyerId, holdId, contact, payment: { method: 'free' } },
  });
  if (answer.status === 409) {
    tally.refused += 1;
    return false;
  }
  await keepTickets(shop, answer);
  return true;
}

/** Remembers what the buyer was told; an order that is still being written down is asked for until it is. */
async function keepTickets(shop: Shop, first: ShopAnswer): Promise<void> {
  const { client, saleId, checkoutKey: token, tally } = shop;
  const path = `/v1/sales/${saleId}/orders/${String(first.body['orderId'])}`;
  let answer = first;
  for (let poll = 0; poll < POLLS_MAX && answer.body['status'] === 'pending'; poll++) {
    await sleep(POLL_MS);
    answer = await client.send({ method: 'GET', path, token });
  }
  const { orderId, status, tickets } = answer.body as unknown as OrderBody;
  if (status !== 'confirmed') throw new Error(`order ${orderId} was not confirmed: ${answer.status}`);
  tally.acknowledged.push({ orderId, ticketIds: tickets.map(({ ticketId }) => ticketId) });
}

interface OrderBody {
  orderId: string;
  status: string;
  tickets: { ticketId: string }[];
}

/** Sends until there is an answer other than 503; loses a reply on purpose now and then. */
async function ask(shop: Shop, roll: () => number, wish: ShopRequest): Promise<ShopAnswer> {
  let last = 'no reply';
  for (let i = 0; i < TRIES_MAX; i++) {
    try {
      const answer = await shop.client.send({ ...wish, losesReply: i === 0 && roll() < 0.04 });
      if (answer.status !== 503) return answer;
      last = JSON.stringify(answer.body);
      await sleep(RETRY_MS);
    } catch (error) {
      last = (error as Error).message;
      shop.tally.repeated += 1;
    }
  }
  throw new Error(`${wish.method} ${wish.path} came to nothing: ${last}`);
}

function firstWish(shop: Shop, roll: () => number): Record<string, unknown> {
  const seated = shop.areas.find(({ kind }) => kind === 'seated')?.areaId ?? '';
  const general = shop.areas.find(({ kind }) => kind === 'general')?.areaId ?? '';
  const kind = roll();
  const n = 1 + Math.floor(roll() * 4);
  if (kind < 0.25) return { areaId: general, quantity: n };
  const adjacent = roll() < 0.5 ? 'required' : 'preferred';
  if (kind < 0.4) return { areaId: seated, bestAvailable: n, adjacent };
  if (kind < 0.5) return { bestAvailable: n, adjacent };
  if (kind < 0.6) return { categoryId: shop.categoryId, bestAvailable: n, adjacent };
  return chosenSeats(shop, roll) ?? { areaId: seated, bestAvailable: n, adjacent: 'any' };
}

/** One place, wherever the page says that there is one. */
function lastChance(shop: Shop, roll: () => number): Record<string, unknown> {
  const free = shop.areas.filter(({ areaId }) => (shop.free.get(areaId) ?? 0) > 0);
  const area = free[Math.floor(roll() * free.length)] ?? shop.areas[0];
  const areaId = area?.areaId;
  return area?.kind === 'general' ? { areaId, quantity: 1 } : { areaId, bestAvailable: 1 };
}

/** Two neighbours that the page shows as free. */
function chosenSeats(shop: Shop, roll: () => number): Record<string, unknown> | undefined {
  const row = Math.floor(roll() * shop.rows.length);
  const seats = shop.rows[row] ?? [];
  const before = shop.rows.slice(0, row).reduce((sum, { length }) => sum + length, 0);
  const free = seats.filter((_, i) => shop.seats === '' || shop.seats[before + i] === '0');
  const at = Math.floor(roll() * Math.max(1, free.length - 1));
  const seatIds = free.slice(at, at + 2);
  return seatIds.length === 0 ? undefined : { seatIds };
}

/** Random numbers from 0 to 1 that are the same for the same buyer in every run (mulberry32). */
function dice(seed: number): () => number {
  let state = seed + 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
