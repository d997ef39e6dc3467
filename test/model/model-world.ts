import { Redis } from 'ioredis';
import { initialSale } from '../../services/shared/contracts/evolve.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { partitionKeys, saleKeyList, saleKeys } from '../../services/shared/contracts/keys.ts';
import { readOutboxEntry } from '../../services/shared/contracts/outbox.ts';
import type { PackedEvent } from '../../services/shared/contracts/outbox.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import { addCodes } from '../../services/selling/add-codes.ts';
import { Generations } from '../../services/selling/generations.ts';
import { putSale } from '../../services/selling/put-sale.ts';
import { SaleDirectory } from '../../services/selling/sale-directory.ts';
import { Stock } from '../../services/selling/stock.ts';
import { checkAgainstFold, foldEvent } from '../harness/check-against-fold.ts';
import type { Entries } from '../harness/check-against-fold.ts';
import { ID_SECRET } from './model-requests.ts';
import type { ReferenceSale } from './reference-claim.ts';

/** One sale of a world: the reference, and the events of it that nobody has explained yet. */
export interface ModelSale extends ReferenceSale {
  saleId: string;
  input: SaleInput;
  /** as some process still knows it */
  outdated: ReferenceSale['known'];
  unread: PackedEvent[];
  events: SaleEvent[];
  /** what providers took: amount and currency by order and payment */
  captured: Map<string, string>;
}

/** A script call with what is known of it when it has ended. Times by the clock that Redis has as well. */
export interface Called<T> {
  answer: T;
  /** the script ran not before and not after */
  fromMs: number;
  toMs: number;
  /** by the script itself: place-holds says it first in its answer */
  scriptMs: number | undefined;
}

const NO_LIMITS = { entriesMax: 1_000_000, bytesMax: 2 ** 40, ageMsMax: 24 * 3_600_000 };
const PARTITIONS = 64;
export const CONTEXT = 'buyer 0123456789abcdef0123456789abcdef';
export const OPERATOR = 'operator:ann 0';
/** The access codes that a sale has at first, with what they open (positions of channels). */
const ACCESS_CODES = [
  { code: 'x1', channels: [0], usesMax: 2, usesPerBuyerMax: 1 },
  { code: 'x2', channels: [1], usesMax: 0, usesPerBuyerMax: 0 },
  { code: 'x3', channels: [1, 0], usesMax: 1, usesPerBuyerMax: 0 },
];

/**
 * Two sales in one partition of a real Redis, driven through the classes of the selling service. Whoever acts
 * on them takes the events off `unread` and folds them while it explains the answers.
 */
export class ModelWorld {
  readonly redis: Redis;
  readonly stock: Stock;
  readonly partition: number;
  readonly directory: SaleDirectory;
  readonly sales: ModelSale[] = [];
  readonly entries: Entries = [];
  /** claims and other requests that were judged */
  judged = 0;
  /** how often each answer came up */
  readonly answers = new Map<string, number>();
  readonly openedAtMs = Date.now();
  #last: { args: unknown[]; answer: unknown } = { args: [], answer: undefined };

  constructor(redisUrl: string, partition: number) {
    this.redis = new Redis(redisUrl);
    this.partition = partition;
    this.directory = new SaleDirectory(this.redis, PARTITIONS);
    this.stock = new Stock(this.redis, new Generations(this.redis), NO_LIMITS);
    this.#listen();
  }

  /** Defines its sales, as drafts, and lets them know the access codes. */
  async open(inputs: SaleInput[]): Promise<void> {
    await this.redis.set(partitionKeys(this.partition).generation, 'g1');
    for (const input of inputs) {
      const saleId = this.#freshId();
      const sale = { saleId, input, fold: initialSale(), forgotten: new Set(), holdMs: 0, unread: [],
        events: [], captured: new Map() };
      this.sales.push(sale as unknown as ModelSale);
      const put = await this.define(sale as unknown as ModelSale, input);
      if (!('created' in put)) throw new Error(`a sale was refused: ${JSON.stringify(put)}`);
      await this.#addCodes(this.sales.at(-1) as ModelSale);
    }
  }

  /** PUT of a sale; folds the events it made. */
  async define(sale: ModelSale, input: SaleInput): Promise<Awaited<ReturnType<typeof putSale>>> {
    const put = await putSale(this, sale.saleId, input, OPERATOR);
    await this.read();
    this.foldAll(sale);
    if (!('created' in put)) return put;
    const before = sale.known?.definition.version;
    const { definition } = await this.readAgain(sale, input);
    if (before !== definition.version) sale.holdMs = definition.holdSeconds * 1000;
    return put;
  }

  /** Reads a sale that may be another now; `input` would define it as it is. */
  async readAgain(sale: ModelSale, input: SaleInput): Promise<ModelSale['known']> {
    const known = await this.directory.findCurrent(sale.saleId);
    if (known === undefined) throw new Error('the sale is not there');
    if (sale.known?.definition.version === known.definition.version) return known;
    sale.outdated = sale.known ?? known;
    sale.known = known;
    sale.input = input;
    return known;
  }

  /** Lets something happen and reads what it put into the outbox. */
  async during<T>(work: () => Promise<T>): Promise<Called<T>> {
    const fromMs = Date.now();
    const answer = await work();
    const toMs = Date.now();
    const { answer: reply } = this.#last;
    const scriptMs = Array.isArray(reply) && typeof reply[0] === 'number' ? reply[0] : undefined;
    await this.read();
    return { answer, fromMs, toMs, scriptMs };
  }

  /** The very same script call once more, as a client does whose connection broke. */
  async resend(): Promise<unknown> {
    const [sha, count, values] = this.#last.args as [string, number, string[]];
    return this.redis.evalsha(sha, count, values);
  }

  /**
   * The claims of the last call of place-holds in the order of its arguments, as positions in a list of
   * them.
   */
  lastOrder(texts: string[], saleIds: string[]): number[] {
    const [, keyCount, values] = this.#last.args as [string, number, (string | number)[]];
    const [saleCount = 0, planCount = 0, ...rest] = values.slice(keyCount + 3);
    const ids = rest.slice(0, Number(saleCount));
    const claims = rest.slice(-5 * texts.length);
    const plans = rest.slice(Number(saleCount), -5 * texts.length);
    const textsPerPlan = plans.length / Number(planCount);
    const order: number[] = [];
    for (let i = 0; i < claims.length; i += 5) {
      const [plan, holdId, , digest] = claims.slice(i, i + 5);
      const saleId = ids[Number.parseInt(String(plans[(Number(plan) - 1) * textsPerPlan]), 10)];
      order.push(texts.findIndex((text, at) =>
        text === `${holdId} ${digest}` && saleIds[at] === saleId && !order.includes(at)));
    }
    return order;
  }

  /** Counts an answer. */
  note(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
  }

  /** Reads what is new in the outbox. */
  async read(): Promise<void> {
    const after = this.entries.at(-1)?.[0];
    const entries = await this.redis.xrange(partitionKeys(this.partition).outbox, after ? `(${after}` : '-',
      '+');
    for (const [id, fields] of entries) {
      this.entries.push([id, fields]);
      for (const event of readOutboxEntry(fields)) {
        const sale = this.sales.find(({ saleId }) => saleId === event.saleId);
        if (sale === undefined) throw new Error(`an event of an unknown sale ${event.saleId}`);
        sale.unread.push(event);
      }
    }
  }

  /** Folds the next event of a sale; throws unless it is of that type, and of that hold if one is given. */
  fold(sale: ModelSale, type: SaleEvent['type'], holdId?: string): SaleEvent {
    const packed = sale.unread.shift();
    if (packed?.type !== type) throw new Error(
      `${type} ${holdId ?? ''} was to come, not ${packed?.type ?? 'nothing'}`);
    const event = foldEvent(sale.fold, packed, this.partition, sale.known?.layout);
    sale.events.push(event);
    if (holdId !== undefined && (!('holdId' in event.data) || event.data.holdId !== holdId)) {
      throw new Error(`${type} of ${holdId} was to come, not of ${JSON.stringify(event.data)}`);
    }
    return event;
  }

  /** Folds whatever has happened to a sale. */
  foldAll(sale: ModelSale): void {
    for (let [next] = sale.unread; next !== undefined; [next] = sale.unread) this.fold(sale, next.type);
  }

  /** Throws if anything happened that nobody has explained. */
  expectNoMore(): void {
    for (const { unread, saleId } of this.sales) {
      if (unread[0] !== undefined) throw new Error(`${saleId}: ${unread[0].type} came unexpectedly`);
    }
  }

  /** Compares all that Redis keeps of the sales with the folds. */
  async check(): Promise<void> {
    for (const { saleId, fold, events } of this.sales) {
      const folded = { fold, events, entries: this.entries };
      await checkAgainstFold(this.redis, this.partition, saleId, { folded });
    }
  }

  /** KEYS of a script that changes one sale, behind the first three. */
  keysOf({ saleId }: ModelSale): string[] {
    return saleKeyList(this.partition, saleId);
  }

  /** What holds get that are placed from now on. */
  async setHoldMs(sale: ModelSale, holdMs: number): Promise<void> {
    if (sale.holdMs === holdMs) return;
    sale.holdMs = holdMs;
    await this.redis.hset(saleKeys(this.partition, sale.saleId).sale, 'holdMs', holdMs);
  }

  /** Removes everything and hangs up. */
  async close(): Promise<void> {
    const keys = this.sales.flatMap((sale) => this.keysOf(sale));
    await this.redis.del(...Object.values(partitionKeys(this.partition)), ...keys);
    this.redis.disconnect();
  }

  async #addCodes(sale: ModelSale): Promise<void> {
    const { channelIds } = sale.known.layout;
    const known = ACCESS_CODES.filter(({ channels }) => channels.every((at) => channelIds[at] !== undefined));
    for (const { code, channels, ...limits } of known) {
      const answer = await addCodes({ ...this, idSecret: ID_SECRET }, sale.saleId,
        { channelIds: channels.map((at) => channelIds[at] ?? ''), codes: [code], ...limits }, OPERATOR);
      if (!('added' in answer)) throw new Error(`a code was refused: ${JSON.stringify(answer)}`);
    }
    await this.read();
    this.foldAll(sale);
  }

  /** Listens to what goes to Redis and comes back; changes nothing of it. */
  #listen(): void {
    const evalsha = this.redis.evalsha.bind(this.redis) as (...args: unknown[]) => Promise<unknown>;
    this.redis.evalsha = async (...args: unknown[]) => {
      const answer = await evalsha(...args);
      this.#last = { args, answer };
      return answer;
    };
  }

  /** A new id that falls into the partition. */
  #freshId(): string {
    for (let i = this.sales.length * 1000; ; i++) {
      if (this.directory.partitionOf(`m${i}`) === this.partition) return `m${i}`;
    }
  }
}
