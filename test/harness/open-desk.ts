import { Redis } from 'ioredis';
import type { ItemRequest, ReleaseRequest } from '../../services/shared/contracts/http-schemas.ts';
import { partitionKeys, saleKeyList, saleKeys } from '../../services/shared/contracts/keys.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import { loadScripts, runScript } from '../../services/shared/platform/scripts.ts';
import type { ScriptArg } from '../../services/shared/platform/scripts.ts';
import { Generations } from '../../services/selling/generations.ts';
import { packClaim } from '../../services/selling/pack-claim.ts';
import type { ClaimPlan, ClaimRequest } from '../../services/selling/pack-claim.ts';
import type { OutboxLimits } from '../../services/selling/pack-outbox-limits.ts';
import { planChange, planRelease } from '../../services/selling/plan-change.ts';
import { putSale } from '../../services/selling/put-sale.ts';
import { SaleDirectory } from '../../services/selling/sale-directory.ts';
import type { KnownSale } from '../../services/selling/sale-directory.ts';
import { Stock } from '../../services/selling/stock.ts';
import type { Answer, PlaceAnswer } from '../../services/selling/stock.ts';
import { checkAgainstFold } from './check-against-fold.ts';
import type { CheckedSale } from './check-against-fold.ts';
import { openTestStack } from './open-test-stack.ts';
import type { Teardown } from './teardown.ts';

/**
 * The scripts of lua/ on a real Redis, called as the selling service calls them (Stock, packed arguments),
 * with short names for tests: a hold's id is its letter, its buyer is `buyer` unless said.
 */
export interface Desk {
  redis: Redis;
  stock: Stock;
  saleId: string;
  partition: number;
  directory: SaleDirectory;
  /** One claim; `items` as in the API, or as often as one likes what packClaim would make. */
  place(holdId: string, items: ItemRequest[], more?: PlaceMore): Promise<PlaceAnswer>;
  /** Seat ids of a hold that was placed. */
  seatsOf(answer: PlaceAnswer): Promise<string[]>;
  release(holdId: string, buyerId?: string): Promise<Answer>;
  extend(holdId: string, key: string, buyerId?: string): Promise<Answer>;
  confirm(holdId: string, orderId: string, more?: { buyerId?: string; digest?: string }): Promise<Answer>;
  /** Gives the hold other items, or `release`s some of them. */
  change(holdId: string, wish: DeskWish, more?: ChangeMore): Promise<Answer>;
  expire(most?: number): Promise<unknown>;
  forget(beforeMs: number, most?: number): Promise<unknown>;
  move(verb: 'open' | 'pause' | 'resume' | 'close' | 'reopen'): Promise<unknown>;
  define(input: SaleInput): ReturnType<typeof putSale>;
  sale(): Promise<KnownSale>;
  /** Holds placed from now on live so long, unless said with the usual cap; the API can only say seconds. */
  setHoldMs(holdMs: number, holdMaxMs?: number): Promise<void>;
  /** Waits until the holds that lapse soon (within 10 s) have lapsed, by Redis' clock. */
  awaitLapse(): Promise<void>;
  /** Runs the last script call once more with the very same keys and arguments: a resend by the client. */
  resend(): Promise<unknown>;
  /** Everything in the partition, byte by byte. */
  dump(): Promise<Record<string, string>>;
  /** Compares all of Redis with the fold of the outbox; throws on any difference. */
  check(): Promise<CheckedSale>;
}

/** By whom a claim is made, and what is shown with it. */
export interface PlaceMore extends Omit<ClaimRequest, 'items'> {
  buyerId?: string;
  digest?: string;
}

export type DeskWish = { items: ItemRequest[] } | { release: ReleaseRequest['items'] };

export interface ChangeMore extends PlaceMore {
  /** of the Idempotency-Key; another one for every change unless said */
  key?: string;
}

/** The URL of the database a desk works on, for a second desk. */
export function redisUrlOf({ redis }: Desk): string {
  const { host, port, db } = redis.options;
  return `redis://${host}:${port}/${db}`;
}

export interface DeskOptions {
  saleId?: string;
  /** nobody reads its outbox: unless said, no limit is reached */
  outboxLimits?: Partial<OutboxLimits>;
  isOpen?: boolean;
  /** another desk's, for two processes on one sale */
  redisUrl?: string;
}

/** Of an operator's request; see contracts/outbox.ts. */
export const OPERATOR = 'operator:ann 4bf92f3577b34da6a3ce929d0e0e4736';

const NO_LIMITS = { entriesMax: 1_000_000, bytesMax: 2 ** 40, ageMsMax: 24 * 3_600_000 };

/** Opens a desk with its sale defined and open. */
export async function openDesk(t: Teardown, input: SaleInput, options: DeskOptions = {}): Promise<Desk> {
  const { saleId = 'hamlet', outboxLimits, isOpen = true } = options;
  const redis = new Redis(options.redisUrl ?? (await openTestStack(t)).redisUrl);
  t.teardown(() => redis.disconnect());
  const directory = new SaleDirectory(redis, 64);
  const partition = directory.partitionOf(saleId);
  await redis.set(partitionKeys(partition).generation, 'g1', 'NX');
  const stock = new Stock(redis, new Generations(redis), { ...NO_LIMITS, ...outboxLimits });
  const desk = { redis, stock, saleId, partition, directory };
  const more = { ...verbsOf(desk), ...toolsOf(desk) };
  const put = await more.define(input);
  if (!('created' in put)) throw new Error(`the sale was refused: ${JSON.stringify(put)}`);
  if (isOpen && put.created) await more.move('open');
  return { ...desk, ...more };
}

type Base = Pick<Desk, 'redis' | 'stock' | 'saleId' | 'partition' | 'directory'>;

function verbsOf({ redis, stock, saleId, partition, directory }: Base): Omit<Desk, keyof Base | keyof Tools> {
  const k = saleKeys(partition, saleId);
  const context = 'buyer 0123456789abcdef0123456789abcdef';
  let changeCount = 0;
  const nextKey = () => `k${changeCount += 1}`;
  const sale = async () => {
    const known = await directory.find(saleId);
    if (known === undefined) throw new Error('the sale is not there');
    return known;
  };
  return {
    sale,
    async place(holdId, items, { buyerId = 'buyer', digest = 'd', ...shown } = {}) {
      const attempt = async () => {
        const plan = packClaim({ items, ...shown }, await sale());
        if ('reason' in plan) throw new Error(`no such claim: ${plan.reason}`);
        return stock.placeHold(partition, { saleId, plan, holdId, buyerId, digest, context });
      };
      const answer = await attempt();
      if (answer.ok || answer.reason !== 'stale') return answer;
      await directory.reload(saleId);
      return attempt();
    },
    release: (holdId, buyerId = 'buyer') =>
      stock.releaseHold(partition, { saleId, holdId, buyerId, context }),
    extend: (holdId, key, buyerId = 'buyer') =>
      stock.extendHold(partition, { saleId, holdId, buyerId, context, key }),
    confirm(holdId, orderId, { buyerId = 'buyer', digest = 'd' } = {}) {
      const ticketSeed = `t_${orderId}`;
      const extras = JSON.stringify({ paymentMethod: 'free', contact: 'sealed', ticketSeed, digest });
      return stock.confirmOrder(partition, { saleId, holdId, buyerId, orderId, digest, context, extras });
    },
    async change(holdId, wish, { buyerId = 'buyer', digest = 'd', key = nextKey(), ...shown } = {}) {
      const record = await redis.hget(k.holds, holdId) ?? '';
      const held = { items: record.split('\t')[6] ?? '', codes: (record.split('\t')[8] ?? '').split(' ') };
      held.codes = held.codes.filter(Boolean);
      const plan = 'release' in wish ? planRelease(wish.release, held, await sale())
        : planChange({ ...wish, ...shown }, held, await sale());
      if ('reason' in plan) throw new Error(`no such change: ${plan.reason}`);
      return stock.changeHold(partition,
        { ...plan, saleId, holdId, buyerId, digest, context, key });
    },
    async expire(most = 200) {
      const answer = await stock.call(partition, 'expire-holds',
        [partitionKeys(partition).due, ...saleKeyList(partition, saleId)], [saleId, most]);
      return Array.isArray(answer) ? answer[0] : answer;
    },
    forget: (beforeMs, most = 500) => stock.callPlain('forget-holds',
      [k.holds, k.ended, k.buyers, k.sale], [beforeMs, most]),
    move: (verb) => stock.call(partition, `${verb}-sale`, saleKeyList(partition, saleId), [context, saleId]),
    define: (input) => putSale({ stock, directory }, saleId, input, OPERATOR),
  };
}

type Tools = Pick<Desk, 'seatsOf' | 'setHoldMs' | 'awaitLapse' | 'resend' | 'dump' | 'check'>;

function toolsOf({ redis, saleId, partition, directory }: Base): Tools {
  const k = saleKeys(partition, saleId);
  const lastCall = recordCalls(redis);
  return {
    async seatsOf(answer) {
      const layout = (await directory.find(saleId))?.layout;
      if (!answer.ok || layout === undefined) throw new Error(`no hold: ${JSON.stringify(answer)}`);
      const offsets = answer.hold.items.flatMap((item) => item.offsets);
      return offsets.map((offset) => layout.seats[offset]?.seat.seatId ?? '?');
    },
    async setHoldMs(holdMs, holdMaxMs = 1_800_000) {
      await redis.hset(k.sale, { holdMs, holdMaxMs });
    },
    async awaitLapse() {
      const soonMs = await nowMsOf(redis) + 10_000;
      const latest = await redis.zrevrangebyscore(k.expiry, soonMs, 0, 'WITHSCORES', 'LIMIT', 0, 1);
      const [, latestMs = '0'] = latest.flat();
      for (;;) {
        const leftMs = Number(latestMs) - await nowMsOf(redis);
        if (leftMs <= 0) return;
        await new Promise((resolve) => setTimeout(resolve, Math.max(1, leftMs)));
      }
    },
    resend: () => lastCall(),
    async dump() {
      const keys = await redis.keys(`{${k.sale.slice(1, 4)}}:*`);
      return Object.fromEntries(await Promise.all(
        keys.toSorted().map(async (key) => [key, await dumpOf(redis, key)] as const)));
    },
    check: () => checkAgainstFold(redis, partition, saleId),
  };
}

/** A large hash comes in an order that reading it may change, so hashes are sorted. */
async function dumpOf(redis: Redis, key: string): Promise<string> {
  if (await redis.type(key) !== 'hash') return (await redis.dumpBuffer(key))?.toString('base64') ?? '';
  return JSON.stringify(Object.entries(await redis.hgetall(key)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function nowMsOf(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Number(micros) / 1000;
}

/** Listens to what goes to Redis; changes nothing of it. */
function recordCalls(redis: Redis): () => Promise<unknown> {
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  let last: unknown[] = [];
  redis.evalsha = (...args: unknown[]) => {
    last = args;
    return evalsha(...args);
  };
  return async () => (last.length === 0 ? undefined : evalsha(...last));
}

/** A script by its name with keys and arguments given freely, generation and nonce as well. */
export async function runRaw(
  redis: Redis,
  name: string,
  keys: string[],
  args: ScriptArg[],
): Promise<unknown> {
  const script = loadScripts().get(name);
  if (script === undefined) throw new Error(`there is no script ${name}`);
  return runScript(redis, script, keys, args);
}

/** The plan of a claim that is well formed. */
export function planOf(items: ItemRequest[], sale: KnownSale): ClaimPlan {
  const plan = packClaim({ items }, sale);
  if ('reason' in plan) throw new Error(`no such claim: ${plan.reason}`);
  return plan;
}

/** A row of seats `A1` … at distance 1; `aisleAfter` are numbers of seats behind which an aisle follows. */
export function rowOf(
  rowId: string,
  seatCount: number,
  { aisleAfter = [], categoryIds = [] }: { aisleAfter?: number[]; categoryIds?: string[] } = {},
): { rowId: string; seats: { seatId: string; label: string; x: number; y: number; categoryId?: string }[] } {
  let x = 0;
  const seats = Array.from({ length: seatCount }, (_, i) => {
    x += i > 0 && aisleAfter.includes(i) ? 2 : 1;
    const categoryId = categoryIds[i];
    return { seatId: `${rowId}${i + 1}`, label: String(i + 1), x, y: 0, ...(categoryId && { categoryId }) };
  });
  return { rowId, seats };
}

/**
 * A sale with the areas given; category `C` costs 1000 as adult and 500 as child. Single seats may be left,
 * so that a test takes the seats it likes.
 */
export function saleOf(areas: NonNullable<SaleInput['areas']>, more: Partial<SaleInput> = {}): SaleInput {
  return {
    name: 'Hamlet',
    currency: 'EUR',
    buyerLimit: 1000,
    allowStrandedSeats: true,
    categories: [{ categoryId: 'C', prices: { adult: 1000, child: 500 } }],
    areas,
    ...more,
  };
}

/** A general area. */
export function floorOf(capacity: number, areaId = 'floor'): NonNullable<SaleInput['areas']>[number] {
  return { areaId, kind: 'general', capacity, categoryId: 'C' };
}

/** A seated area. */
export function hallOf(
  rows: ReturnType<typeof rowOf>[],
  areaId = 'hall',
): NonNullable<SaleInput['areas']>[number] {
  return { areaId, kind: 'seated', categoryId: 'C', rows };
}

