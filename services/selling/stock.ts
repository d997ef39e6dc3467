import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { partitionKeys } from '../shared/contracts/keys.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import { loadScripts, runScript } from '../shared/platform/scripts.ts';
import type { Script, ScriptArg } from '../shared/platform/scripts.ts';
import type { Generations } from './generations.ts';
import { NumberedSales } from './numbered-sales.ts';
import type { PackedClaim } from './pack-claim.ts';
import { packOutboxLimits } from './pack-outbox-limits.ts';
import type { OutboxLimits } from './pack-outbox-limits.ts';
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
  #limits: string;
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

  constructor(redis: Redis, generations: Generations, limits: OutboxLimits) {
    this.#redis = redis;
    this.#generations = generations;
    this.#limits = packOutboxLimits(limits);
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
   * Calls one script that changes sales: its KEYS begin with generation, outbox and standing, its ARGV with
   * generation and nonce; `keys` and `args` are what follows. When the script refuses because of the
   * generation, it is called once more with the one in force.
   */
  async call(partition: number, name: string, keys: string[], args: ScriptArg[]): Promise<unknown> {
    const { outbox, standing } = partitionKeys(partition);
    return this.#underGeneration(partition, name, [outbox, standing, ...keys],
      (generation) => [generation, this.#nonce(), ...args]);
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
    const sales = new NumberedSales(partition);
    const args: ScriptArg[] = [];
    for (const claim of claims) {
      const { saleId, version, holdId, buyerId, digest, context, itemCount } = claim;
      args.push(sales.numberOf(saleId), version, holdId, buyerId, digest, context, itemCount, ...claim.args);
    }
    return this.#batch(partition, 'place-holds', [partitionKeys(partition).due, ...sales.keys],
      [this.#limits, sales.ids.length, claims.length, ...sales.ids, ...args]);
  }

  #sendReleases(partition: number, refs: HoldRef[]): Promise<string[] | string> {
    const sales = new NumberedSales(partition);
    const args = refs.flatMap(({ saleId, holdId, buyerId, context }) =>
      [sales.numberOf(saleId), holdId, buyerId, context]);
    return this.#batch(partition, 'release-hold', sales.keys, [sales.ids.length, ...sales.ids, ...args]);
  }

  #sendExtends(partition: number, refs: (HoldRef & { key: string })[]): Promise<string[] | string> {
    const sales = new NumberedSales(partition);
    const args = refs.flatMap(({ saleId, holdId, buyerId, key, context }) =>
      [sales.numberOf(saleId), holdId, buyerId, key, context]);
    return this.#batch(partition, 'extend-hold', sales.keys,
      [this.#limits, EXTENDS_COUNT_MAX, sales.ids.length, ...sales.ids, ...args]);
  }

  #sendOrders(partition: number, orders: OrderClaim[]): Promise<string[] | string> {
    const sales = new NumberedSales(partition);
    const args = orders.flatMap(({ saleId, orderId, holdId, buyerId, digest, context, extras }) =>
      [sales.numberOf(saleId), orderId, holdId, buyerId, digest, context, extras]);
    return this.#batch(partition, 'confirm-order', [partitionKeys(partition).unconfirmed, ...sales.keys],
      [this.#limits, sales.ids.length, ...sales.ids, ...args]);
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
