import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { SEED_SHOWS } from '../../services/legacy/seed-shows.ts';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import { partitionKeys, saleKeyList } from '../../services/shared/contracts/keys.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import type { SeatingPlan } from '../../services/shared/contracts/seating-plan.ts';
import { Generations } from '../../services/selling/generations.ts';
import { packClaim } from '../../services/selling/pack-claim.ts';
import type { ClaimPlan } from '../../services/selling/pack-claim.ts';
import { putSale } from '../../services/selling/put-sale.ts';
import { SaleDirectory } from '../../services/selling/sale-directory.ts';
import type { KnownSale } from '../../services/selling/sale-directory.ts';
import { Stock } from '../../services/selling/stock.ts';
import type { PlaceAnswer } from '../../services/selling/stock.ts';

/**
 * The engine without HTTP: `Stock`, as the selling service uses it, on one partition of a Redis of its own.
 * Everything that depends on the form of a claim or of a sale in Redis is in this file.
 */
export interface EngineDesk {
  /** Defines and opens a sale. */
  open(saleId: string, input: SaleInput): Promise<EngineSale>;
  /** A sale in the very state that another one has now: a copy of all its keys. */
  copy(from: EngineSale, saleId: string): Promise<EngineSale>;
  /** Empties Redis, and starts the partition anew. */
  clear(): Promise<void>;
  /** What is left of an outbox when all of it was accepted (lua/accept-events.lua): an empty stream. */
  trimOutbox(): Promise<void>;
}

export interface EngineSale {
  saleId: string;
  /** its seated areas */
  seatedAreaIds: string[];
  /** One hold, every time of another buyer under another id. */
  place(plan: ClaimPlan): Promise<PlaceAnswer>;
  /** A request's items in the form the script takes, made once: what is measured begins behind it. */
  pack(items: ItemRequest[]): ClaimPlan;
}

const PARTITIONS = 1;
const PARTITION = 0;
/** Nobody reads the outbox during a round: no limit may be reached. */
const NO_LIMITS = { entriesMax: 10_000_000, bytesMax: 2 ** 40, ageMsMax: 24 * 3_600_000 };
/** As long as the ids in service: `h_` and `b_` with 22 characters, 16 of digest, a trace id. */
const ID_CHARS = 22;
const DIGEST = randomBytes(12).toString('base64url');
const CONTEXT = `buyer ${randomBytes(16).toString('hex')}`;

/** Starts the partition, as the relay does at its first start. */
export async function openEngineDesk(redis: Redis): Promise<EngineDesk> {
  const keys = partitionKeys(PARTITION);
  const generation = randomBytes(8).toString('hex');
  await redis.set(keys.generation, generation);
  const stock = new Stock(redis, new Generations(redis), NO_LIMITS);
  const directory = new SaleDirectory(redis, PARTITIONS);
  const tag = keys.outbox.slice(0, keys.outbox.indexOf('}') + 1);
  return {
    async open(saleId, input) {
      const put = await putSale({ stock, directory }, saleId, input, CONTEXT);
      if (!('created' in put)) throw new Error(`the bench sale was refused: ${JSON.stringify(put)}`);
      const opened = await stock.call(PARTITION, 'open-sale',
        saleKeyList(PARTITION, saleId), [CONTEXT, saleId]);
      if (opened !== 'ok') throw new Error(`the bench sale did not open: ${String(opened)}`);
      return saleOf(stock, await known(directory, saleId));
    },
    async copy(from, saleId) {
      const prefix = `${tag}:${from.saleId}:`;
      for (const key of await redis.keys(`${prefix}*`)) {
        await redis.call('COPY', key, `${tag}:${saleId}:${key.slice(prefix.length)}`, 'REPLACE');
      }
      return saleOf(stock, { ...await known(directory, from.saleId), saleId });
    },
    async clear() {
      await redis.flushdb('SYNC');
      await redis.set(keys.generation, generation);
    },
    async trimOutbox() {
      await redis.xtrim(keys.outbox, 'MAXLEN', 0);
      await redis.del(keys.standing);
    },
  };
}

async function known(directory: SaleDirectory, saleId: string): Promise<KnownSale> {
  const sale = await directory.find(saleId);
  if (sale === undefined) throw new Error(`the bench sale ${saleId} is not there`);
  return sale;
}

function saleOf(stock: Stock, sale: KnownSale): EngineSale {
  const { saleId, layout } = sale;
  const idStart = randomBytes(9).toString('base64url');
  let count = 0;
  return {
    saleId,
    seatedAreaIds: layout.areas.filter(({ area }) => area.kind === 'seated').map(({ area }) => area.areaId),
    place(plan) {
      count += 1;
      const id = idStart + count.toString(36).padStart(ID_CHARS - idStart.length, '0');
      return stock.placeHold(PARTITION, {
        saleId, plan, holdId: `h_${id}`, buyerId: `b_${id}`, digest: DIGEST, context: CONTEXT,
      });
    },
    pack(items) {
      const packed = packClaim({ items }, sale);
      if ('reason' in packed) throw new Error(`no such claim: ${packed.reason}`);
      return packed;
    },
  };
}

/** One general area with room for everybody. */
export function floorSale(capacity: number): SaleInput {
  return {
    name: 'Bench',
    currency: 'EUR',
    buyerLimit: 8,
    holdSeconds: 1_800,
    categories: [{ categoryId: 'Standing', prices: { adult: 4_500 } }],
    areas: [{ areaId: 'floor', kind: 'general', capacity, categoryId: 'Standing' }],
  };
}

/** The arena of the demo's gala: 20,000 seats in 40 blocks. */
export function arenaSale(): SaleInput {
  const show = SEED_SHOWS.find(({ slug }) => slug === 'arena-gala');
  if (show?.planFile === undefined) throw new Error('there is no plan of the arena');
  const url = new URL(`../../services/legacy/venues/${show.planFile}`, import.meta.url);
  return {
    name: show.name,
    currency: show.currency,
    buyerLimit: 8,
    holdSeconds: 1_800,
    categories: Object.entries(show.prices).map(([categoryId, prices]) => ({ categoryId, prices })),
    layout: JSON.parse(readFileSync(url, 'utf8')) as SeatingPlan,
  };
}
