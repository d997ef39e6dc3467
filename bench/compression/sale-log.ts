import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { partitionKeys, saleKeyList } from '../../services/shared/contracts/keys.ts';
import { readOutboxEntry, toSaleEvent } from '../../services/shared/contracts/outbox.ts';
import { sealContact } from '../../services/shared/platform/contact-seal.ts';
import { deriveId, digestOf } from '../../services/selling/derive-id.ts';
import { Generations } from '../../services/selling/generations.ts';
import { packClaim } from '../../services/selling/pack-claim.ts';
import { putSale } from '../../services/selling/put-sale.ts';
import { SaleDirectory } from '../../services/selling/sale-directory.ts';
import type { KnownSale } from '../../services/selling/sale-directory.ts';
import { Stock } from '../../services/selling/stock.ts';
import { arenaSale } from '../engine/engine-sale.ts';

/** How the traces of requests came: made by four API processes, or each from a caller of its own. */
export type Traces = 'ours' | 'of callers';

const PARTITION = 0;
const SALE_ID = 'arena-gala-2026-11-28';
const ID_SECRET = randomBytes(32).toString('base64url');
const CONTACT_KEY = randomBytes(32);
const NO_LIMITS = { entriesMax: 10_000_000, bytesMax: 2 ** 40, ageMsMax: 24 * 3_600_000 };
/** Requests of one turn of an API process under load. */
const PER_CALL = 32;
const PROCESSES = 4;
/** Of the holds of one wave; the rest live on. */
const CONFIRMED = 18;
const RELEASED = 4;
const EXTENDED = 2;

interface Held {
  holdId: string;
  buyerId: string;
}

/**
 * The log of a sale of the arena as the real scripts write it, with ids, digests and sealed contacts as the
 * API makes them: claims of two to four seats, of which 18 in 32 are ordered a few calls later, 4 released
 * and 2 extended.
 *
 * @param holdCount how many holds; 5,000 do not sell it out
 */
export async function writeSaleLog(redis: Redis, holdCount: number, traces: Traces): Promise<SaleEvent[]> {
  const { generation, outbox } = partitionKeys(PARTITION);
  await redis.flushdb('SYNC');
  await redis.set(generation, 'bench');
  const directory = new SaleDirectory(redis, 1);
  const stocks = Array.from({ length: PROCESSES }, () => new Stock(redis, new Generations(redis), NO_LIMITS));
  const contexts = Array.from({ length: PROCESSES }, () => contextsOf(traces));
  const [stock] = stocks;
  if (stock === undefined) throw new Error('no stock');
  const put = await putSale({ stock, directory }, SALE_ID, arenaSale(), 'operator:bench');
  if (!('created' in put)) throw new Error(`the bench sale was refused: ${JSON.stringify(put)}`);
  await stock.call(PARTITION, 'open-sale', saleKeyList(PARTITION, SALE_ID), ['operator:bench', SALE_ID]);
  const sale = await directory.find(SALE_ID);
  if (sale === undefined) throw new Error('the bench sale is not there');
  const waves: Held[][] = [];
  for (let n = 0; n * PER_CALL < holdCount; n++) {
    const context = contexts[n % PROCESSES] ?? (() => '');
    const parts = { stock: stocks[n % PROCESSES] ?? stock, sale, context };
    waves.push(await placeWave(parts, n));
    if (waves.length > PROCESSES) await endWave(parts, waves.shift() ?? []);
  }
  const entries = await redis.xrange(outbox, '-', '+');
  return entries.flatMap(([, fields]) => readOutboxEntry(fields))
    .filter(({ type }) => type.startsWith('hold.') || type.startsWith('order.'))
    .map((packed) => toSaleEvent(packed, PARTITION, sale.layout));
}

interface Parts {
  stock: Stock;
  sale: KnownSale;
  context: () => string;
}

async function placeWave({ stock, sale, context }: Parts, wave: number): Promise<Held[]> {
  const areaIds = sale.layout.areas.map(({ area }) => area.areaId);
  return Promise.all(Array.from({ length: PER_CALL }, async (_, i): Promise<Held> => {
    const buyerId = `b_${randomBytes(16).toString('base64url')}`;
    const areaId = areaIds[(wave * PER_CALL + i) % areaIds.length] ?? '';
    const items = [{ areaId, bestAvailable: 2 + (i % 3) }];
    const plan = packClaim({ items }, sale);
    if ('reason' in plan) throw new Error(`no such claim: ${plan.reason}`);
    const holdId = deriveId(ID_SECRET, 'h', { saleId: SALE_ID, buyerId, key: `k${i}` });
    const digest = digestOf(ID_SECRET, { buyerId, items });
    const answer = await stock.placeHold(PARTITION,
      { saleId: SALE_ID, plan, holdId, buyerId, digest, context: context() });
    if (!answer.ok) throw new Error(`a hold was refused: ${answer.reason}`);
    return { holdId, buyerId };
  }));
}

async function endWave({ stock, context }: Parts, held: Held[]): Promise<void> {
  await Promise.all(held.map(async ({ holdId, buyerId }, i) => {
    const ref = { saleId: SALE_ID, holdId, buyerId, context: context() };
    if (i < CONFIRMED) await confirm(stock, ref);
    else if (i < CONFIRMED + RELEASED) await stock.releaseHold(PARTITION, ref);
    else if (i < CONFIRMED + RELEASED + EXTENDED) {
      await stock.extendHold(PARTITION, { ...ref, key: digestOf(ID_SECRET, holdId) });
    }
  }));
}

async function confirm(stock: Stock, ref: Held & { saleId: string; context: string }): Promise<void> {
  const scope = { saleId: SALE_ID, buyerId: ref.buyerId, key: ref.holdId };
  const name = `Buyer ${ref.buyerId.slice(2, 10)}`;
  const digest = digestOf(ID_SECRET, name);
  const extras = {
    paymentMethod: 'free',
    contact: sealContact(CONTACT_KEY, { name, email: `${name.slice(6)}@example.org` }),
    ticketSeed: deriveId(ID_SECRET, 't', scope), digest,
  };
  await stock.confirmOrder(PARTITION,
    { ...ref, orderId: deriveId(ID_SECRET, 'o', scope), digest, extras: JSON.stringify(extras) });
}

/** As services/shared/platform/http-server.ts numbers requests; or as callers with a tracer do. */
function contextsOf(traces: Traces): () => string {
  const processPart = randomBytes(8).toString('hex');
  let count = randomBytes(3).readUIntBE(0, 3);
  if (traces === 'of callers') {
    return () => `buyer ${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
  }
  return () => `buyer ${processPart}${(count += 1).toString(16).padStart(16, '0')}`;
}
