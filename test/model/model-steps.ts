import { saleKeys, partitionKeys } from '../../services/shared/contracts/keys.ts';
import { readHoldRecord } from '../../services/shared/contracts/hold-record.ts';
import { isPending, readOrderRecord } from '../../services/shared/contracts/order-record.ts';
import { packSale } from '../../services/shared/contracts/pack-sale.ts';
import { packClaim } from '../../services/selling/pack-claim.ts';
import type { ClaimFault, ClaimPlan } from '../../services/selling/pack-claim.ts';
import { EXTENDS_COUNT_MAX, readPlaced } from '../../services/selling/stock.ts';
import type { Answer, HoldClaim, HoldRef, PlaceAnswer, Stock } from '../../services/selling/stock.ts';
import { askFor, buyerOf, faultOf } from './model-requests.ts';
import type { ClaimPick } from './model-requests.ts';
import { CONTEXT } from './model-world.ts';
import type { Called, ModelSale, ModelWorld } from './model-world.ts';
import { judgePlace } from './reference-sale.ts';
import type { Asked } from './reference-limits.ts';

/**
 * What the verbs on holds do to a world: each sends one script call, folds the events that came of it, and
 * throws unless every answer is the one that the fold called for at that moment.
 */

/** One hold as somebody names it: one that was placed, or any id. */
export interface RefPick {
  sale: number;
  hold: number;
  isPlaced: boolean;
  isOwner: boolean;
  key: number;
}

export interface Judged<Ref, T> {
  sale: ModelSale;
  ref: Ref;
  answer: T;
}

/** A claim that was packed without a fault. */
export interface PackedClaim {
  sale: ModelSale;
  asked: Asked;
  plan: ClaimPlan;
}

/** Packs claims; throws unless the faults found in them are those that the definition calls for. */
export function packClaims(world: ModelWorld, picks: ClaimPick[]): PackedClaim[] {
  return picks.flatMap((pick) => {
    const sale = world.sales[pick.sale] as ModelSale;
    const known = pick.isOutdated ? sale.outdated : sale.known;
    const asked = askFor(pick, known);
    const plan = packClaim({
      items: asked.items, accessDigest: asked.accessDigest, promotionCode: asked.promotionCode,
      opened: asked.opened.map((id) => String.fromCharCode(65 + known.layout.channelIds.indexOf(id))).join(
        ''),
    }, known);
    world.judged += 1;
    return isClaim(plan, faultOf(asked, known)) ? [{ sale, asked, plan }] : [];
  });
}

/** As the service sends it. */
export function toHoldClaim({ sale, asked: { holdId, buyerId, digest }, plan }: PackedClaim): HoldClaim {
  return { saleId: sale.saleId, plan, holdId, buyerId, digest, context: CONTEXT };
}

/** Places holds, all in one call; `holdMs` is what they get. */
export async function place(world: ModelWorld, picks: ClaimPick[], holdMs: number,
  isResent: boolean): Promise<void> {
  const claims = packClaims(world, picks);
  if (claims.length === 0) return;
  await Promise.all(world.sales.map((sale) => world.setHoldMs(sale, holdMs)));
  const sent = claims.map(toHoldClaim);
  const called = await world.during(() =>
    Promise.all(sent.map((claim) => world.stock.placeHold(world.partition, claim))));
  const judged = (answers: PlaceAnswer[]) => claims.map(({ sale, asked }, i) =>
    ({ sale, ref: asked, answer: answers[i] as PlaceAnswer }));
  judgePlaces(world, called, judged(called.answer));
  if (!isResent) return;
  // What is sent again is judged by sale: that is how the first call put it.
  const again = await world.during(() => world.resend());
  const [nowMs, ...texts] = again.answer as [number, ...string[]];
  const order = world.lastOrder(sent.map(({ holdId, digest }) => `${holdId} ${digest}`),
    sent.map((one) => one.saleId));
  const answers = new Map(order.map((at, i) => {
    const text = texts[i] ?? '';
    return [at, readPlaced(text.startsWith('+') ? `+${nowMs},${text.slice(1)}` : text,
      sent[at] as HoldClaim)];
  }));
  judgePlaces(world, { ...again, scriptMs: nowMs },
    judged(sent.map((_, at) => answers.get(at) as PlaceAnswer)));
}

function isClaim(plan: ClaimPlan | ClaimFault, fault: string | undefined): plan is ClaimPlan {
  const reason = 'reason' in plan ? plan.reason : undefined;
  if (reason !== fault) throw new Error(`packing says ${reason ?? 'nothing'}, not ${fault ?? 'nothing'}`);
  return reason === undefined;
}

/** Folds what one call of place-holds did, and throws unless its answers are the right ones. */
export function judgePlaces(world: ModelWorld, called: Called<unknown>, judged: Judged<Asked,
  PlaceAnswer>[]): void {
  const nowMs = called.scriptMs;
  if (nowMs === undefined) throw new Error('the script did not say its time');
  for (const sale of new Set(judged.map((one) => one.sale))) {
    foldLapsed(world, sale, nowMs);
    foldOverdue(world, sale, nowMs);
  }
  for (const { sale, ref, answer } of judged) {
    explain(ref, () => {
      const hasRecord = sale.fold.holds.has(ref.holdId) && !sale.forgotten.has(ref.holdId);
      judgePlace(sale, ref, nowMs, answer);
      if (!answer.ok || hasRecord) return;
      world.fold(sale, 'hold.placed', ref.holdId);
      for (const id of sale.forgotten) {
        if (id.split('/')[0] === ref.holdId) sale.forgotten.delete(id);
      }
    });
    world.note(answer.ok ? 'placed' : answer.reason);
  }
  world.expectNoMore();
}

/**
 * What the script of an operator gives back before it looks: whatever was due when it ran, which was at some
 * time of the call. Without `hasLapsed` only the channels whose time has come.
 */
export function foldDue(world: ModelWorld, sale: ModelSale, { fromMs, toMs }: Called<unknown>,
  hasLapsed: boolean): void {
  const [least, most] = [lapsedAt(sale, fromMs).length, lapsedAt(sale, toMs).length];
  let given = 0;
  while (hasLapsed && isExpiry(sale)) {
    foldExpired(world, sale);
    given += 1;
  }
  if (hasLapsed && (given < least || given > most)) throw new Error(
    `${given} of ${least} lapsed holds were given back`);
  const isNext = sale.unread[0]?.type === 'allocation.returned';
  foldOverdue(world, sale, isNext ? toMs : fromMs);
}

/** Then it returns the channels whose time has come. */
function foldOverdue(world: ModelWorld, sale: ModelSale, nowMs: number): void {
  for (const { channelId, returnsAt } of sale.known.definition.channels) {
    if (returnsAt === null || Date.parse(returnsAt) > nowMs || sale.fold.returned.has(channelId)) continue;
    world.fold(sale, 'allocation.returned');
    if (!sale.fold.returned.has(channelId)) throw new Error(`${channelId} was to be returned`);
  }
}

/** Every claim first gives back what has lapsed. */
function foldLapsed(world: ModelWorld, sale: ModelSale, nowMs: number): void {
  const lapsed = lapsedAt(sale, nowMs);
  for (let i = 0; i < lapsed.length; i++) foldExpired(world, sale);
}

function lapsedAt({ fold }: ModelSale, nowMs: number): string[] {
  return [...fold.holds].filter(([, { status, expiresAt }]) => status === 'live'
    && Date.parse(expiresAt) <= nowMs)
    .map(([holdId]) => holdId)
    .concat([...fold.orders].filter(([, order]) => isPending(order) && order.deadlineMs <= nowMs)
      .map(([orderId]) => orderId));
}

function isExpiry({ unread: [next] }: ModelSale): boolean {
  return next?.type === 'hold.expired' || next?.type === 'order.expired';
}

function foldExpired(world: ModelWorld, sale: ModelSale): void {
  world.fold(sale, sale.unread[0]?.type === 'order.expired' ? 'order.expired' : 'hold.expired');
}

/** Adds to an error what the answer was to. */
function explain(what: unknown, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new Error(`${JSON.stringify(what)}: ${(error as Error).message}`, { cause: error });
  }
}

/** The number of a hold that was placed, most often of a live one. */
function placedAt({ fold }: ModelSale, pick: number): number {
  const live = [...fold.holds].filter(([, { status }]) => status === 'live' || pick % 5 === 0);
  const [holdId = `h${pick}`] = live[pick % live.length] ?? [];
  return Number(holdId.slice(1));
}

/** A verb on holds that exist: how it is sent, and what its answer must be. */
export interface RefVerb {
  send(stock: Stock, partition: number, ref: HoldRef, pick: RefPick): Promise<Answer>;
  judge(world: ModelWorld, one: SentRef & { answer: Answer }, called: Called<unknown>): void;
}

export interface SentRef {
  sale: ModelSale;
  pick: RefPick;
  ref: HoldRef;
}

/** The holds that picks mean. */
export function refsOf(world: ModelWorld, picks: RefPick[]): SentRef[] {
  return picks.map((pick) => {
    const sale = world.sales[pick.sale] as ModelSale;
    const hold = pick.isPlaced ? placedAt(sale, pick.hold) : pick.hold;
    const buyerId = buyerOf(pick.isOwner ? hold : hold + 1);
    const ref = { saleId: sale.saleId, holdId: `h${hold}`, buyerId, context: CONTEXT };
    return { sale, pick: { ...pick, hold }, ref };
  });
}

/** Folds what one call of a verb did, and throws unless its answers are the right ones. */
export function judgeRefs(world: ModelWorld, verb: RefVerb, refs: SentRef[], called: Called<Answer[]>): void {
  for (const [i, one] of refs.entries()) {
    const answer = called.answer[i] as Answer;
    explain(one.ref, () => verb.judge(world, { ...one, answer }, called));
    world.judged += 1;
    world.note(answer.ok ? 'ok' : answer.reason);
  }
  world.expectNoMore();
}

/** Sends a verb for several holds in one call, and judges what came of it. */
export async function callRefs(world: ModelWorld, verb: RefVerb, picks: RefPick[]): Promise<void> {
  const refs = refsOf(world, picks);
  const called = await world.during(() => Promise.all(refs.map(({ ref, pick }) =>
    verb.send(world.stock, world.partition, ref, pick))));
  judgeRefs(world, verb, refs, called);
}

/** Of holds of which some have lapsed, maybe unnoticed. */
export const release: RefVerb = {
  send: (stock, partition, ref) => stock.releaseHold(partition, ref),
  judge(world, { sale, ref, answer }) {
    const hold = recordOf(sale, ref);
    if (hold === undefined) return expectAnswer(answer, 'hold_unknown');
    if (hold.status === 'ordered') return expectAnswer(answer, 'hold_ordered', hold.orderId);
    expectAnswer(answer, 'ok');
    // The fold says by the event's own time whether it had lapsed.
    const type = sale.unread[0]?.type === 'hold.expired' ? 'hold.expired' : 'hold.released';
    if (hold.status === 'live') world.fold(sale, type, ref.holdId);
  },
};

/** With one of four keys per hold. */
export const extend: RefVerb = {
  send: (stock, partition, ref, { key }) => stock.extendHold(partition, { ...ref, key: `k${key}` }),
  judge(world, { sale, ref, pick, answer }, called) {
    const hold = recordOf(sale, ref);
    if (hold === undefined) return expectAnswer(answer, 'hold_unknown');
    const earlier = hold.extends.find(({ key }) => key === `k${pick.key}`);
    if (earlier !== undefined) return expectExtended(answer, earlier.expiresAt);
    if (hold.status !== 'live') return expectAnswer(answer, ENDED[hold.status], hold.orderId);
    if (isLapsed(hold.expiresAt, called, answer)) return expectAnswer(answer, 'hold_expired');
    if (isOver(sale, called, answer)) return expectAnswer(answer, 'sale_closed');
    if (hold.extends.length >= EXTENDS_COUNT_MAX) {
      return expectAnswer(answer, 'hold_extend_limit', String(EXTENDS_COUNT_MAX));
    }
    const beforeMs = Date.parse(hold.expiresAt);
    const event = world.fold(sale, 'hold.extended', ref.holdId);
    const fullMs = Math.min(Date.parse(event.time) + sale.holdMs, Date.parse(hold.expiresAtMax));
    expectExtended(answer, new Date(Math.max(beforeMs, fullMs)).toISOString());
  },
};

export const ENDED = { released: 'hold_released', expired: 'hold_expired', ordered: 'hold_ordered' };

function expectExtended(answer: Answer, expiresAt: string): void {
  const [untilMs, ...record] = answer.ok ? answer.text.split('\t') : [];
  if (Number(untilMs) !== Date.parse(expiresAt)) throw new Error(
    `${JSON.stringify(answer)}, not until ${expiresAt}`);
  readHoldRecord(record.join('\t'));
}

/** Whether the sale was over when the script ran; in the very millisecond of closesAt the answer decides. */
function isOver({ fold, known }: ModelSale, { fromMs, toMs }: Called<unknown>, answer: Answer): boolean {
  const { closesAt } = known.definition;
  const endMs = closesAt === null ? Infinity : Date.parse(closesAt);
  if (fold.state === 'closed' || fromMs >= endMs) return true;
  return toMs >= endMs && !answer.ok && answer.reason === 'sale_closed';
}

/** Whether a hold had lapsed when the script ran; in the very millisecond of its end the answer decides. */
export function isLapsed(
  expiresAt: string, { fromMs, toMs }: Called<unknown>, answer: Answer, reason = 'hold_expired',
): boolean {
  const endMs = Date.parse(expiresAt);
  if (fromMs >= endMs) return true;
  return toMs >= endMs && !answer.ok && answer.reason === reason;
}

type OrderKey = Pick<RefPick, 'hold' | 'key'>;
const orderIdOf = ({ hold, key }: OrderKey) => `o${hold}-${key % 2}`;
const digestOf = ({ key }: OrderKey) => (key > 1 ? 'e' : 'd');
/** The order that a pick means, and its payload. */
export const confirmOf = (pick: OrderKey) => ({ orderId: orderIdOf(pick), digest: digestOf(pick) });

/** With two order ids per hold, and two payloads. */
export const confirm: RefVerb = {
  send(stock, partition, ref, pick) {
    const digest = digestOf(pick);
    const orderId = orderIdOf(pick);
    const extras = { paymentMethod: 'free', contact: 'sealed', ticketSeed: `t_${orderId}`, digest };
    return stock.confirmOrder(partition, { ...ref, orderId, digest, extras: JSON.stringify(extras) });
  },
  judge(world, { sale, ref, pick, answer }, called) {
    const order = sale.fold.orders.get(orderIdOf(pick));
    if (order !== undefined && order.extras.digest !== digestOf(pick)) {
      return expectAnswer(answer, 'idempotency_key_reused');
    }
    if (order !== undefined) return expectOrder(answer, ref.holdId, order.eventId);
    const hold = recordOf(sale, ref);
    if (hold === undefined) return expectAnswer(answer, 'hold_unknown');
    if (hold.status !== 'live') return expectAnswer(answer, ENDED[hold.status], hold.orderId);
    if (isLapsed(hold.expiresAt, called, answer)) return expectAnswer(answer, 'hold_expired');
    const event = world.fold(sale, 'order.confirmed', ref.holdId);
    expectOrder(answer, ref.holdId, event.id);
  },
};

export function expectOrder(answer: Answer, holdId: string, eventId: string): void {
  const order = answer.ok ? readOrderRecord(answer.text) : undefined;
  if (order?.holdId !== holdId || order.eventId !== eventId) {
    throw new Error(`${JSON.stringify(answer)} is not the order of ${holdId} by ${eventId}`);
  }
}

/** A hold that its buyer asks about, unless it was never there or is forgotten. */
export function recordOf(sale: ModelSale, { holdId, buyerId }: HoldRef) {
  const hold = sale.fold.holds.get(holdId);
  return hold?.buyerId === buyerId && !sale.forgotten.has(holdId) ? hold : undefined;
}

export function expectAnswer(answer: Answer, reason: string, detail = ''): void {
  const got = answer.ok ? ['ok', answer.text] : [answer.reason, answer.detail];
  if (got.join() !== [reason, detail].join()) throw new Error(
    `the answer is ${got.join(' ')}, not ${reason} ${detail}`);
}

/** Gives lapsed holds back: all, or as many as a call with a small limit gets to. */
export async function expire(world: ModelWorld, saleAt: number, most: number): Promise<void> {
  const sale = world.sales[saleAt] as ModelSale;
  const { answer, fromMs, toMs } = await world.during(() => world.stock.call(world.partition, 'expire-holds',
    [partitionKeys(world.partition).due, ...world.keysOf(sale)], [sale.saleId, most]));
  const [given, isMore] = answer as [number, number];
  const [least, all] = [lapsedAt(sale, fromMs).length, lapsedAt(sale, toMs).length];
  for (let i = 0; i < given; i++) foldExpired(world, sale);
  if (given > all || (isMore === 0 && given < least)) throw new Error(
    `${given} of ${least} lapsed holds were given back`);
  world.judged += 1;
  world.expectNoMore();
}

/** Lets the records of ended holds go, the oldest first. */
export async function forget(world: ModelWorld, saleAt: number, most: number): Promise<void> {
  const sale = world.sales[saleAt] as ModelSale;
  const keys = saleKeys(world.partition, sale.saleId);
  const due = packSale(sale.fold, sale.known.definition, sale.known.layout).ended
    .filter((id) => !sale.forgotten.has(id)).slice(0, most);
  const fromMs = Date.now();
  const count = await world.stock.callPlain('forget-holds',
    [keys.holds, keys.ended, keys.buyers, keys.sale], [8e15, most]);
  if (count !== due.length) throw new Error(`${String(count)} of ${due.length} holds were forgotten`);
  const toMs = Date.now();
  const keptMs = sale.known.definition.holdSecondsMax * 1000;
  for (const id of due) {
    sale.forgotten.add(id);
    const { buyerId = '' } = sale.fold.holds.get(id.split('/')[0] ?? '') ?? {};
    const buyer = sale.fold.buyers.get(buyerId);
    if (buyer === undefined) continue;
    const isHistoryAt = (ms: number) => buyer.tickets + buyer.holds === 0 && buyer.coolUntilMs <= ms
      && [...buyer.returned.values()].every((capMs) => capMs + keptMs <= ms);
    // The script has its own moment, between the two.
    const isGone = await world.redis.hexists(keys.buyers, buyerId) === 0;
    if (isGone !== isHistoryAt(fromMs) && isGone !== isHistoryAt(toMs)) {
      throw new Error(`${buyerId} was ${isGone ? '' : 'not '}forgotten`);
    }
    if (isGone) sale.fold.buyers.delete(buyerId);
  }
  world.judged += 1;
}
