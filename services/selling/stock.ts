import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { readHoldRecord, readItems } from '../shared/contracts/hold-record.ts';
import type { HoldRecord } from '../shared/contracts/hold-record.ts';
import { partitionKeys, saleKeys } from '../shared/contracts/keys.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import type { SuspendReason } from '../shared/contracts/suspend-reasons.ts';
import { loadScripts, runScript } from '../shared/platform/scripts.ts';
import type { Script, ScriptArg } from '../shared/platform/scripts.ts';
import type { Generations } from './generations.ts';
import { isScriptFault } from './is-script-fault.ts';
import { NumberedSales } from './numbered-sales.ts';
import type { ClaimPlan } from './pack-claim.ts';
import { packOutboxLimits } from './pack-outbox-limits.ts';
import type { OutboxLimits } from './pack-outbox-limits.ts';
import { ScriptBatcher } from './script-batcher.ts';
import { SoldOutAnswers } from './sold-out-answers.ts';

/**
 * The verbs on the stock: each is one script of lua/, called in batches. What a script refuses comes back as
 * a value with its reason; an error means that Redis did not answer, and that nobody knows whether the
 * script ran, so that the caller repeats it under the same id.
 */

/** An answer of a script: what it returned after `ok`, or the reason and its detail. */
export type Answer = { ok: true; text: string } | Refusal;

export interface Refusal {
  ok: false;
  reason: ReasonCode | 'stale';
  detail: string;
}

/** What a claim came to. */
export type PlaceAnswer = { ok: true; hold: HoldRecord } | Refusal;

export interface HoldClaim {
  saleId: string;
  plan: ClaimPlan;
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

/** What a hold gives back and takes in one step; items as the hold's record has them. */
export interface HoldChange extends HoldRef {
  /** of what is added; it may have no steps */
  plan: ClaimPlan;
  /** digest of the Idempotency-Key */
  key: string;
  digest: string;
  /** all items of the hold as the caller read them: those removed and those kept */
  expected: string;
  removed: string;
  kept: string;
}

/** A script that failed in the middle. */
export interface ScriptFault {
  sales: string[];
  script: string;
  error: Error;
}

/** Extensions one hold may have. */
export const EXTENDS_COUNT_MAX = 32;
/** Changes one hold may have. */
export const CHANGES_COUNT_MAX = 64;
/** Of any verb, at most. */
const ARGS_PER_CLAIM = 10;
/** How an answer begins that says so. */
const SOLD_OUT = 'sold_out\t';

export class Stock {
  /** claims that need not be judged again for a moment */
  readonly soldOut = new SoldOutAnswers();
  /** of the outbox, as scripts take them */
  readonly limits: string;
  #redis: Redis;
  #generations: Generations;
  #onFault: (fault: ScriptFault) => void;
  #scripts = loadScripts();
  #nonceBase = randomBytes(6).toString('base64url');
  #callCount = 0;
  #places = new ScriptBatcher<HoldClaim>((partition, claims) => this.sendPlaces(partition, claims),
    () => ARGS_PER_CLAIM, (claim) => bytesOf(claim) + claim.plan.head.length + claim.plan.steps.length);
  #releases = new ScriptBatcher<HoldRef>((partition, refs) => this.#sendReleases(partition, refs),
    () => ARGS_PER_CLAIM, bytesOf);
  #extends = new ScriptBatcher<HoldRef & { key: string }>((partition, refs) =>
    this.#sendExtends(partition, refs), () => ARGS_PER_CLAIM, bytesOf);
  #changes = new ScriptBatcher<HoldChange>((partition, changes) => this.#sendChanges(partition, changes),
    () => ARGS_PER_CLAIM, (change) => bytesOf(change) + change.plan.head.length + change.plan.steps.length
      + 2 * change.expected.length);
  #orders = new ScriptBatcher<OrderClaim>((partition, orders) => this.#sendOrders(partition, orders),
    () => ARGS_PER_CLAIM, bytesOf);

  /** @param onFault told when a script has failed in the middle, before its sales are suspended */
  constructor(
    redis: Redis,
    generations: Generations,
    limits: OutboxLimits,
    onFault: (fault: ScriptFault) => void = () => undefined,
  ) {
    this.#redis = redis;
    this.#onFault = onFault;
    this.#generations = generations;
    this.limits = packOutboxLimits(limits);
  }

  /** lua/place-holds.lua. `stale`: the plan was made for another version of the sale. */
  async placeHold(partition: number, claim: HoldClaim): Promise<PlaceAnswer> {
    return readPlaced(await this.#places.add(partition, claim), claim);
  }

  /** lua/release-hold.lua */
  async releaseHold(partition: number, ref: HoldRef): Promise<Answer> {
    const answer = readAnswer(await this.#releases.add(partition, ref));
    if (answer.ok) this.soldOut.drop(ref.saleId);
    return answer;
  }

  /**
   * lua/change-hold.lua; `text` is the record after the change. `stale`: the hold has other items than
   * expected, or the plan was made for another version of the sale.
   */
  async changeHold(partition: number, change: HoldChange): Promise<Answer> {
    const answer = readAnswer(await this.#changes.add(partition, change));
    if (answer.ok && change.removed !== '') this.soldOut.drop(change.saleId);
    return answer;
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
    return this.callSilent(partition, name, keys, args);
  }

  /** Calls a script that makes no event: its KEYS and its ARGV begin with the generation. */
  async callSilent(partition: number, name: string, keys: string[], args: ScriptArg[]): Promise<unknown> {
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
    let generation = await this.#generations.of(partition);
    try {
      const answer = await run(generation);
      if (answer !== 'recovering') return answer;
      const inForce = await this.#generations.refresh(partition);
      if (inForce === generation) return answer;
      generation = inForce;
      return await run(inForce);
    } catch (error) {
      const sales = saleIdsIn(keys);
      if (sales.length === 0 || !isScriptFault(error as Error)) throw error;
      return this.#suspendAll(partition, generation, { sales, name, error: error as Error });
    }
  }

  /**
   * Bars a sale until the relay has rebuilt it from the log.
   *
   * @returns `suspended`, `already`, or `recovering` when the partition has no generation
   */
  async suspend(partition: number, saleId: string, reason: SuspendReason): Promise<string> {
    const generation = await this.#generations.of(partition);
    return generation === '' ? 'recovering' : this.#suspend(partition, generation, saleId, reason);
  }

  async #suspend(
    partition: number, generation: string, saleId: string, reason: SuspendReason,
  ): Promise<string> {
    const keys = partitionKeys(partition);
    return String(await runScript(this.#redis, this.#script('suspend-sale'),
      [keys.generation, keys.suspended, saleKeys(partition, saleId).sale],
      [generation, saleId, reason, '', '']));
  }

  /** A script that failed in the middle has left nobody knows what: its sales are rebuilt from the log. */
  async #suspendAll(
    partition: number,
    generation: string,
    { sales, name, error }: { sales: string[]; name: string; error: Error },
  ): Promise<string> {
    this.#onFault({ sales, script: name, error });
    for (const saleId of sales) await this.#suspend(partition, generation, saleId, 'script_error');
    return 'recovering';
  }

  /** Judges claims in one call of lua/place-holds.lua; `readPlaced` reads the answers. */
  async sendPlaces(partition: number, claims: HoldClaim[]): Promise<string[] | string> {
    const sales = new NumberedSales(partition);
    const numbers = new Map<string, number>();
    const plans: string[] = [];
    const args: ScriptArg[] = [];
    for (const { saleId, plan, holdId, buyerId, digest, context } of claims) {
      const head = `${sales.numberOf(saleId)}\t${plan.head}`;
      const text = `${head}\n${plan.steps}`;
      let number = numbers.get(text);
      if (number === undefined) {
        number = numbers.size + 1;
        numbers.set(text, number);
        plans.push(head, plan.steps);
      }
      args.push(number, holdId, buyerId, digest, context);
    }
    const sentAtMs = this.soldOut.nowMs();
    const answers = await this.call(partition, 'place-holds', [partitionKeys(partition).due, ...sales.keys],
      [this.limits, sales.ids.length, numbers.size, ...sales.ids, ...plans, ...args]);
    if (typeof answers === 'string') return answers;
    const [nowMs, ...texts] = answers as [number, ...string[]];
    return texts.map((text, i) => {
      if (text.startsWith('+')) return `+${nowMs},${text.slice(1)}`;
      if (text.startsWith(SOLD_OUT)) this.#noteSoldOut(claims[i], text, sentAtMs);
      return text;
    });
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
      [this.limits, EXTENDS_COUNT_MAX, sales.ids.length, ...sales.ids, ...args]);
  }

  #noteSoldOut(claim: HoldClaim | undefined, answer: string, sentAtMs: number): void {
    if (claim === undefined || claim.plan.hasCodes) return;
    this.soldOut.note(claim.saleId, claim.plan, { detail: answer.slice(SOLD_OUT.length), sentAtMs });
  }

  #sendChanges(partition: number, changes: HoldChange[]): Promise<string[] | string> {
    const sales = new NumberedSales(partition);
    const args = changes.flatMap((change) => {
      const { saleId, plan, holdId, buyerId, key, digest, context, expected, removed, kept } = change;
      const head = `${sales.numberOf(saleId)}\t${plan.head}`;
      return [head, plan.steps, holdId, buyerId, key, digest, context, expected, removed, kept];
    });
    return this.#batch(partition, 'change-hold', sales.keys,
      [this.limits, CHANGES_COUNT_MAX, sales.ids.length, ...sales.ids, ...args]);
  }

  #sendOrders(partition: number, orders: OrderClaim[]): Promise<string[] | string> {
    const sales = new NumberedSales(partition);
    const args = orders.flatMap(({ saleId, orderId, holdId, buyerId, digest, context, extras }) =>
      [sales.numberOf(saleId), orderId, holdId, buyerId, digest, context, extras]);
    return this.#batch(partition, 'confirm-order', [partitionKeys(partition).unconfirmed, ...sales.keys],
      [this.limits, sales.ids.length, ...sales.ids, ...args]);
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

/** `+`, placedAtMs, ',', holdMs, ',', maxMs, and items and codes unless the plan says them; `=`, record. */
export function readPlaced(answer: string, { plan, buyerId, digest }: HoldClaim): PlaceAnswer {
  if (answer.startsWith('=')) return { ok: true, hold: readHoldRecord(answer.slice(1)) };
  if (!answer.startsWith('+')) return readRefusal(answer);
  const [times = '', items = plan.items, codes = ''] = answer.slice(1).split('\t');
  const [placedAtMs = 0, holdMs = 0, maxMs = 0] = times.split(',').map(Number);
  const expiresAtMs = placedAtMs + holdMs;
  return {
    ok: true,
    hold: {
      status: 'live', digest, buyerId, placedAtMs, firstExpiresAtMs: expiresAtMs, expiresAtMs,
      expiresAtMaxMs: placedAtMs + maxMs, items: readItems(items), terms: plan.terms,
      codes: codes === '' ? [] : codes.split(' '), trail: [], orderId: '',
    },
  };
}

/** The sales that a call may change: those whose hash is among its keys. */
function saleIdsIn(keys: string[]): string[] {
  return keys.flatMap((key) => /^\{p\d+\}:(.+):sale$/.exec(key)?.[1] ?? []);
}

/** An answer that is `ok`, tab, text, or reason, tab, detail. */
export function readAnswer(answer: string): Answer {
  return answer.startsWith('ok') ? { ok: true, text: answer.slice(3) } : readRefusal(answer);
}

function readRefusal(answer: string): Refusal {
  const [reason = '', detail = ''] = answer.split('\t');
  return { ok: false, reason: reason as ReasonCode | 'stale', detail };
}
