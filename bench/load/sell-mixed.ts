import { hash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { deriveId, digestOf } from '../../services/selling/derive-id.ts';
import { Generations } from '../../services/selling/generations.ts';
import { packClaim } from '../../services/selling/pack-claim.ts';
import { putSale } from '../../services/selling/put-sale.ts';
import { SaleDirectory } from '../../services/selling/sale-directory.ts';
import type { KnownSale } from '../../services/selling/sale-directory.ts';
import { Stock } from '../../services/selling/stock.ts';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import { partitionKeys, saleKeyList } from '../../services/shared/contracts/keys.ts';
import { sealContact } from '../../services/shared/platform/contact-seal.ts';
import { arenaSale } from '../engine/engine-sale.ts';

/**
 * Real events of a mixed sale, by the selling service's own `Stock`, without HTTP: best available 2 to 4 in
 * an arena, and one to four tickets of a floor; of ten holds six are ordered, one is given back, and three
 * lapse. Ids, digests, contexts and sealed contacts are made as the routes make them.
 */
export interface MixedLoad {
  redis: Redis;
  partitions: number;
  saleIds: readonly string[];
  /** in each sale; the arena has room for a quarter of 28,000 */
  holdsPerSale: number;
  /** seals the orders' contacts; default: one that nobody knows */
  contactKey?: Uint8Array;
}

/** Longer than one step of a sale takes. */
const HOLD_SECONDS = 3;
const HOLDS_PER_STEP = 500;
const LAPSED_PER_CALL = 200;
const NO_LIMITS = { entriesMax: 10_000_000, bytesMax: 2 ** 40, ageMsMax: 24 * 3_600_000 };

/** Sells until the last hold has lapsed. The partitions must have been started, and nobody relays. */
export async function sellMixed(
  { redis, partitions, saleIds, holdsPerSale, contactKey = randomBytes(32) }: MixedLoad,
): Promise<void> {
  const stock = new Stock(redis, new Generations(redis), NO_LIMITS);
  const directory = new SaleDirectory(redis, partitions);
  for (const saleId of saleIds) {
    const sale = await open(stock, directory, saleId);
    for (let at = 0; at < holdsPerSale; at += HOLDS_PER_STEP) {
      const ns = Array.from({ length: Math.min(HOLDS_PER_STEP, holdsPerSale - at) }, (_, i) => at + i);
      await Promise.all(ns.map((n) => buy({ stock, contactKey }, sale, n)));
    }
  }
  await sleep((HOLD_SECONDS + 1) * 1_000);
  for (const saleId of saleIds) await expire(stock, directory, saleId);
}

async function open(stock: Stock, directory: SaleDirectory, saleId: string): Promise<KnownSale> {
  const arena = arenaSale();
  const put = await putSale({ stock, directory }, saleId, {
    ...arena,
    holdSeconds: HOLD_SECONDS,
    holdSecondsMax: HOLD_SECONDS,
    categories: [...arena.categories, { categoryId: 'Pit', prices: { adult: 4_500, child: 2_000 } }],
    areas: [{ areaId: 'floor', name: 'Floor', kind: 'general', capacity: 500_000, categoryId: 'Pit' }],
  }, 'operator:bench ');
  if (!('created' in put)) throw new Error(`the bench sale was refused: ${JSON.stringify(put)}`);
  const sale = await directory.find(saleId);
  if (sale === undefined) throw new Error('the bench sale is not there');
  const keys = saleKeyList(sale.partition, saleId);
  await stock.call(sale.partition, 'open-sale', keys, ['operator:bench ', saleId]);
  return sale;
}

const secret = randomBytes(32).toString('base64url');
/** As services/shared/platform/http-server.ts numbers the requests of a process. */
const processPart = randomBytes(8).toString('hex');
let requests = randomBytes(3).readUIntBE(0, 3);

async function buy(
  { stock, contactKey }: { stock: Stock; contactKey: Uint8Array }, sale: KnownSale, n: number,
): Promise<void> {
  const { saleId, partition } = sale;
  const buyerId = `b_${random(`buyer ${saleId} ${n}`, 22)}`;
  const scope = { saleId, buyerId, key: random(`key ${n}`, 22) };
  const holdId = deriveId(secret, 'h', scope);
  const context = `buyer ${processPart}${(requests += 1).toString(16).padStart(16, '0')}`;
  const items: ItemRequest[] = n % 4 === 3 ? [{ bestAvailable: 2 + (n % 3) }]
    : [{ areaId: 'floor', quantity: 1 + (n % 3), ticketType: n % 5 === 0 ? 'child' : 'adult' }];
  const plan = packClaim({ items }, sale);
  if ('reason' in plan) throw new Error(`no such claim: ${plan.reason}`);
  const digest = digestOf(secret, items);
  const placed = await stock.placeHold(partition, { saleId, plan, holdId, buyerId, digest, context });
  if (!placed.ok || n % 10 >= 7) return;
  if (n % 10 === 6) {
    await stock.releaseHold(partition, { saleId, holdId, buyerId, context });
    return;
  }
  const contact = { name: `Ana Buyer ${n}`, email: `ana.buyer.${n}@example.org` };
  const extras = {
    paymentMethod: 'free', contact: sealContact(contactKey, contact),
    ticketSeed: deriveId(secret, 't', scope), digest: digestOf(secret, { holdId, contact }),
  };
  await stock.confirmOrder(partition, {
    saleId, orderId: deriveId(secret, 'o', scope), holdId, buyerId, digest: extras.digest, context,
    extras: JSON.stringify(extras),
  });
}

async function expire(stock: Stock, directory: SaleDirectory, saleId: string): Promise<void> {
  const { partition } = await directory.find(saleId) ?? { partition: 0 };
  const keys = [partitionKeys(partition).due, ...saleKeyList(partition, saleId)];
  for (let isMore = true; isMore;) {
    const answer = await stock.call(partition, 'expire-holds', keys, [saleId, LAPSED_PER_CALL]);
    isMore = Array.isArray(answer) && answer[1] === 1;
  }
}

function random(of: string, length: number): string {
  return hash('sha256', of, 'base64url').slice(0, length);
}
