import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { saleKeys, partitionKeys } from '../shared/contracts/keys.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import { loadScripts, runScript } from '../shared/platform/scripts.ts';
import type { Script, ScriptArg } from '../shared/platform/scripts.ts';
import type { Generations } from './generations.ts';
import type { PackedClaim } from './pack-claim.ts';
import { ScriptBatcher } from './script-batcher.ts';

/**
 * The verbs on the stock: each is one script of lua/, called in batches. What a script refuses comes back as
 * a value with its reason; an error means that Redis did not answer, and that nobody knows whether the
 * script ran, so that the caller repeats it under the same id.
 */

/** An answer of a script: what it returned after `ok`, or the reason and its detail. */
export type Answer = { ok: true; text: string } | { ok: false; reason: ReasonCode | 'stale'; detail: string };

export interface HoldClaim extends PackedClaim {
  saleId: string;
  version: number;
  holdId: string;
  buyerId: string;
  digest: string;
  context: string;
}

export interface HoldRef {
  saleId: string;
  holdId: string;
  buyerId: string;
  context: string;
}

export interface OrderClaim extends HoldRef {
  orderId: string;
  digest: string;
  extras: string;
}

/** Extensions one hold may have. */
export const EXTENDS_COUNT_MAX = 32;
/** Of any verb, at most; a claim of a hold has its items in addition. */
const ARGS_PER_CLAIM = 7;

export class Stock {
  #redis: Redis;
  #generations: Generations;
  #outboxEntriesMax: number;
  #scripts = loadScripts();
  #nonceBase = randomBytes(6).toString('base64url');
  #callCount = 0;
  #places = new ScriptBatcher<HoldClaim>((partition, claims) => this.#sendPlaces(partition, claims),
    ({ args }) => ARGS_PER_CLAIM + args.length, (claim) => bytesOf(claim) + bytesOfItems(claim.args));
  #releases = new ScriptBatcher<HoldRef>((partition, refs) => this.#sendReleases(partition, refs),
    () => ARGS_PER_CLAIM, bytesOf);
  #extends = new ScriptBatcher<HoldRef & { key: string }>((partition, refs) =>
    this.#sendExtends(partition, refs), () => ARGS_PER_CLAIM, bytesOf);
  #orders = new ScriptBatcher<OrderClaim>((partition, orders) => this.#sendOrders(partition, orders),
    () => ARGS_PER_CLAIM, bytesOf);

  constructor(redis: Redis, generations: Generations, outboxEntriesMax: number) {
    this.#redis = redis;
    this.#generations = generations;
    this.#outboxEntriesMax = outboxEntriesMax;
  }

  /**
   * lua/place-holds.lua; `text` is the hold record. `stale`: the caller's layout is not the sale's any more.
   */
  async placeHold(partition: number, claim: HoldClaim): Promise<Answer> {
    return readAnswer(await this.#places.add(partition, claim));
  }

  /** lua/release-hold.lua */
  async releaseHold(partition: number, ref: HoldRef): Promise<Answer> {
    return readAnswer(await this.#releases.add(partition, ref));
  }

  /** lua/extend-hold.lua; `text` is expiresAtMs, tab, hold record */
  async extendHold(partition: number, ref: HoldRef & { key: string }): Promise<Answer> {
    return readAnswer(await this.#extends.add(partition, ref));
  }

  /** lua/confirm-order.lua; `text` is the order record */
  async confirmOrder(partition: number, order: OrderClaim): Promise<Answer> {
    return readAnswer(await this.#orders.add(partition, order));
  }

  /**
   * Calls one script whose KEYS[1] and ARGV[1] are the generation and which needs a nonce; `keys` and `args`
   * are what follows. When the script refuses because of the generation, it is called once more with the one
   * in force.
   */
  async call(partition: number, name: string, keys: string[], args: ScriptArg[]): Promise<unknown> {
    return this.#underGeneration(partition, name, keys, (generation) => [generation, this.#nonce(), ...args]);
  }

  /** Calls a script that only reads, but only from a Redis of the generation in force. */
  async callRead(partition: number, name: string, keys: string[], args: ScriptArg[]): Promise<unknown> {
    return this.#underGeneration(partition, name, keys, (generation) => [generation, ...args]);
  }

  /** True once the relay has started the partition: before that nothing can be sold in it. */
  async isGenerationKnown(partition: number): Promise<boolean> {
    return await this.#generations.of(partition) !== '';
  }

  /** Calls a script that only reads, or that needs no generation. */
  async callPlain(name: string, keys: string[], args: ScriptArg[]): Promise<unknown> {
    return runScript(this.#redis, this.#script(name), keys, args);
  }

  async #underGeneration(
    partition: number,
    name: string,
    keys: string[],
    argsOf: (generation: string) => ScriptArg[],
  ): Promise<unknown> {
    const script = this.#script(name);
    const run = (generation: string) => generation === '' ? 'recovering'
      : runScript(this.#redis, script, [partitionKeys(partition).generation, ...keys], argsOf(generation));
    const generation = await this.#generations.of(partition);
    const answer = await run(generation);
    if (answer !== 'recovering') return answer;
    const inForce = await this.#generations.refresh(partition);
    return inForce === generation ? answer : run(inForce);
  }

  #sendPlaces(partition: number, claims: HoldClaim[]): Promise<string[] | string> {
    const { outbox, due } = partitionKeys(partition);
    const keys = [outbox, due];
    const sales: ScriptArg[] = [];
    const args: ScriptArg[] = [];
    const indexes = new Map<string, number>();
    for (const claim of claims) {
      let index = indexes.get(claim.saleId);
      if (index === undefined) {
        index = indexes.size;
        indexes.set(claim.saleId, index);
        const k = saleKeys(partition, claim.saleId);
        keys.push(k.sale, k.areas, k.seats, k.runs, k.segments, k.categories,
          k.holds, k.expiry, k.ended, k.buyers);
        sales.push(claim.saleId);
      }
      const { version, holdId, buyerId, digest, context, itemCount } = claim;
      args.push(index, version, holdId, buyerId, digest, context, itemCount, ...claim.args);
    }
    return this.#batch(partition, 'place-holds', keys,
      [this.#outboxEntriesMax, indexes.size, claims.length, ...sales, ...args]);
  }

  #sendReleases(partition: number, refs: HoldRef[]): Promise<string[] | string> {
    const keys = [partitionKeys(partition).outbox];
    const args: ScriptArg[] = [];
    for (const ref of refs) {
      const k = saleKeys(partition, ref.saleId);
      keys.push(k.sale, k.areas, k.seats, k.runs, k.segments, k.holds, k.expiry, k.ended, k.buyers);
      args.push(ref.saleId, ref.holdId, ref.buyerId, ref.context);
    }
    return this.#batch(partition, 'release-hold', keys, args);
  }

  #sendExtends(partition: number, refs: (HoldRef & { key: string })[]): Promise<string[] | string> {
    const keys = [partitionKeys(partition).outbox];
    const args: ScriptArg[] = [EXTENDS_COUNT_MAX];
    for (const ref of refs) {
      const k = saleKeys(partition, ref.saleId);
      keys.push(k.sale, k.holds, k.expiry);
      args.push(ref.saleId, ref.holdId, ref.buyerId, ref.key, ref.context);
    }
    return this.#batch(partition, 'extend-hold', keys, args);
  }

  #sendOrders(partition: number, orders: OrderClaim[]): Promise<string[] | string> {
    const { outbox, unconfirmed } = partitionKeys(partition);
    const keys = [outbox, unconfirmed];
    const args: ScriptArg[] = [];
    for (const order of orders) {
      const k = saleKeys(partition, order.saleId);
      keys.push(k.sale, k.areas, k.seats, k.holds, k.expiry, k.ended, k.orders);
      const { saleId, orderId, holdId, buyerId, digest, context, extras } = order;
      args.push(saleId, orderId, holdId, buyerId, digest, context, extras);
    }
    return this.#batch(partition, 'confirm-order', keys, args);
  }

  async #batch(
    partition: number,
    name: string,
    keys: string[],
    args: ScriptArg[],
  ): Promise<string[] | string> {
    return await this.call(partition, name, keys, args) as string[] | string;
  }

  #script(name: string): Script {
    const script = this.#scripts.get(name);
    if (script === undefined) throw new Error(`there is no script ${name}`);
    return script;
  }

  #nonce(): string {
    this.#callCount += 1;
    return `${this.#nonceBase}${this.#callCount.toString(36)}`;
  }
}

/** What a claim adds to the arguments of a call, about: their texts are nearly all ASCII. */
function bytesOf(claim: HoldRef & { digest?: string; extras?: string }): number {
  return claim.holdId.length + claim.buyerId.length + claim.context.length + (claim.digest?.length ?? 0)
    + (claim.extras?.length ?? 0);
}

function bytesOfItems(args: (string | number)[]): number {
  let bytes = 0;
  for (const arg of args) bytes += typeof arg === 'string' ? arg.length : 4;
  return bytes;
}

function readAnswer(answer: string): Answer {
  const at = answer.indexOf('\t');
  const head = at < 0 ? answer : answer.slice(0, at);
  const text = at < 0 ? '' : answer.slice(at + 1);
  if (head === 'ok') return { ok: true, text };
  return { ok: false, reason: head as ReasonCode | 'stale', detail: text };
}
