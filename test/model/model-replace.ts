import { giveBackItem } from '../../services/shared/contracts/evolve-stock.ts';
import type { Item } from '../../services/shared/contracts/events.ts';
import type { HoldState } from '../../services/shared/contracts/folded-sale.ts';
import { nameItems, readHoldRecord, readItems } from '../../services/shared/contracts/hold-record.ts';
import type { ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import type { ChangePlan } from '../../services/selling/plan-change.ts';
import { planChange } from '../../services/selling/plan-change.ts';
import type { KnownSale } from '../../services/selling/sale-directory.ts';
import type { Answer } from '../../services/selling/stock.ts';
import { askFor } from './model-requests.ts';
import type { ClaimPick } from './model-requests.ts';
import { expectAnswer, foldDue, recordOf, refsOf } from './model-steps.ts';
import type { RefPick, SentRef } from './model-steps.ts';
import type { Called, ModelSale, ModelWorld } from './model-world.ts';
import { countOf, digestsOf, promotionOf, refusalOfChange } from './reference-limits.ts';
import type { Asked } from './reference-limits.ts';
import { judgeAdded, typeOf } from './reference-sale.ts';

/** Other items for a hold; read before or after something else happened to it. */
export interface ReplacePick {
  ref: RefPick;
  claim: ClaimPick;
  isStale: boolean;
}

const ENDED = { released: 'hold_released', expired: 'hold_expired', ordered: 'hold_ordered' };

/**
 * Gives a hold other items in one step, under one of four keys per hold. The answer is predicted as that to a
 * claim is (test/model/reference-sale.ts): of the sale after what goes was given back.
 */
export async function replaceItems(
  world: ModelWorld,
  { ref: pick, claim, isStale }: ReplacePick,
): Promise<void> {
  const [sent] = refsOf(world, [pick]);
  if (sent === undefined) return;
  const { sale, ref } = sent;
  const record = await world.redis.hget(saleKeys(world.partition, sale.saleId).holds, ref.holdId);
  if (record === null) return;
  const fields = record.split('\t');
  const known = claim.isOutdated ? sale.outdated : sale.known;
  const wish = askFor(claim, known);
  const opened = wish.opened.map((id) =>
    String.fromCharCode(65 + known.layout.channelIds.indexOf(id))).join('');
  const held = { items: fields[6] ?? '', codes: (fields[8] ?? '').split(' ').filter(Boolean) };
  const plan = planChange({ ...wish, opened }, held, known);
  world.judged += 1;
  // What packing finds is judged where claims are packed.
  if ('reason' in plan) return;
  const expected = isStale ? `${plan.expected};0,0,0,,1,0,-1,` : plan.expected;
  const key = `r${pick.key}`;
  const digest = pick.isPlaced ? 'd' : 'e';
  const called = await world.during(() =>
    world.stock.changeHold(world.partition, { ...plan, expected, ...ref, key, digest }));
  foldDue(world, sale, called, true);
  world.note(called.answer.ok ? 'replaced' : `not replaced: ${called.answer.reason}`);
  judge(world, sent, { plan, wish, known, isStale, key, digest, called });
  world.expectNoMore();
}

interface Sent {
  plan: ChangePlan;
  /** all that the hold shall have */
  wish: Asked;
  /** the sale as the plan was made for it */
  known: KnownSale;
  isStale: boolean;
  key: string;
  digest: string;
  called: Called<Answer>;
}

function judge(world: ModelWorld, one: SentRef, sent: Sent): void {
  const { sale, ref } = one;
  const { isStale, key, digest, called: { answer } } = sent;
  const hold = recordOf(sale, ref);
  if (hold === undefined) return expectAnswer(answer, 'hold_unknown');
  const earlier = hold.changes.find((change) => change.key === key);
  if (earlier !== undefined) {
    const isReused = !sale.forgotten.has(`${ref.holdId}/${key}`) && earlier.digest !== digest;
    if (isReused) return expectAnswer(answer, 'idempotency_key_reused');
    if (!answer.ok) throw new Error(`a repeat was refused: ${answer.reason}`);
    return;
  }
  if (hold.status !== 'live') return expectAnswer(answer, ENDED[hold.status], hold.orderId);
  if (isStale) return expectAnswer(answer, 'stale');
  judgeLive(world, one, sent, hold);
}

/** Of a hold that is as it was read, under a key that is new. */
function judgeLive(world: ModelWorld, { sale, ref }: SentRef, sent: Sent, hold: HoldState): void {
  const { plan, wish, known, called } = sent;
  const { answer } = called;
  const items = missingOf(known, wish.items, hold.items);
  const shown = items.length === 0 ? NOTHING_SHOWN : codesOf(hold, wish, known);
  const asked: Asked = { ...wish, ...shown, holdId: ref.holdId, buyerId: ref.buyerId, items,
    usedCodes: hold.codes };
  const count = askedOf(wish.items);
  const added = askedOf(items);
  const removed = ticketsOf(readItems(plan.removed));
  const kept = ticketsOf(hold.items) - removed;
  if (kept + added !== count) throw new Error(`${kept} stay and ${added} are claimed of ${count}`);
  const reference = { ...sale, fold: structuredClone(sale.fold) };
  for (const item of nameItems(readItems(plan.removed), known.layout)) giveBackItem(reference.fold, item);
  const change = { buyerId: ref.buyerId, version: known.definition.version, added, removed, kept };
  const taken = readItems(sale.unread[0]?.body[ADDED_AT] ?? '');
  judgeAtAny(timesOf(sale, called), (nowMs) => {
    const refusal = refusalOfChange(sale, change, nowMs);
    if (refusal !== undefined) return expectAnswer(answer, refusal.reason, refusal.detail);
    judgeAdded(reference, asked, nowMs, answer.ok ? { ok: true, items: taken } : answer);
  });
  if (!answer.ok) return;
  const { placedAtMs, expiresAt, expiresAtMax, buyerId, codes } = hold;
  world.fold(sale, 'hold.changed', ref.holdId);
  const after = readHoldRecord(answer.text);
  const wanted = [count, placedAtMs, Date.parse(expiresAt), Date.parse(expiresAtMax), buyerId,
    [...new Set([...codes, ...digestsOf(asked), ...promotionCodes(known, asked)])]];
  const got = [ticketsOf(after.items), after.placedAtMs, after.expiresAtMs, after.expiresAtMaxMs,
    after.buyerId, after.codes];
  if (got.join() !== wanted.join()) throw new Error(`the hold is ${got.join()}, not ${wanted.join()}`);
}

const NOTHING_SHOWN = { accessDigest: undefined, promotionCode: undefined };
/** Of the packed event (lua/change-hold.lua): what was taken. */
const ADDED_AT = 3;

/** Throws what is wrong unless the answer is right for one of the moments. */
function judgeAtAny(times: number[], judge: (nowMs: number) => void): void {
  const faults: unknown[] = [];
  for (const nowMs of times) {
    try {
      return judge(nowMs);
    } catch (error) {
      faults.push(error);
    }
  }
  throw faults[0];
}

/** When the script ran: its event says it; without one it was at some time of the call. */
function timesOf(sale: ModelSale, { fromMs, toMs }: Called<Answer>): number[] {
  const [event] = sale.unread;
  return event === undefined ? [...new Set([fromMs, toMs])] : [event.timeMs];
}

/** What is shown for new items: also the codes of the hold, and its promotion unless another is. */
function codesOf(hold: HoldState, wish: Asked, { definition }: KnownSale): Partial<Asked> {
  const digests = hold.codes.filter((code) => !code.startsWith('p:'));
  const heldId = hold.codes.findLast((code) => code.startsWith('p:'))?.slice('p:'.length);
  const held = definition.promotions.find(({ promotionId }) => promotionId === heldId);
  return {
    accessDigest: [...new Set([...digests, ...digestsOf(wish)])].join(' '),
    promotionCode: wish.promotionCode ?? held?.code,
  };
}

function promotionCodes(known: KnownSale, asked: Asked): string[] {
  const promotion = promotionOf(known, asked);
  return promotion === undefined ? [] : [`p:${promotion.promotionId}`];
}

/** What a hold must claim to have these items: seats and quantities that it has are kept. */
function missingOf(known: KnownSale, wish: ItemRequest[], held: Item[]): ItemRequest[] {
  const left = held.filter(({ seatIds }) => seatIds === undefined).map((item) => ({ ...item }));
  return wish.flatMap((item): ItemRequest[] => {
    const { areaId, quantity, seatIds } = item;
    if (seatIds !== undefined) {
      const missing = seatIds.filter((seatId) => !held.some((one) => one.seatIds?.includes(seatId)
        && one.ticketType === typeOf(known, item, one.categoryId)));
      return missing.length === 0 ? [] : [{ ...item, seatIds: missing }];
    }
    if (quantity === undefined) return [item];
    const { categoryId } = known.definition.areas.find((area) => area.areaId === areaId) ?? {};
    let missing = quantity;
    for (const one of left) {
      if (one.areaId !== areaId || one.ticketType !== typeOf(known, item, categoryId)) continue;
      const kept = Math.min(missing, one.quantity);
      one.quantity -= kept;
      missing -= kept;
    }
    return missing === 0 ? [] : [{ ...item, quantity: missing }];
  });
}

function askedOf(items: ItemRequest[]): number {
  return items.reduce((sum, item) => sum + countOf(item), 0);
}

function ticketsOf(items: readonly { quantity: number }[]): number {
  return items.reduce((sum, item) => sum + item.quantity, 0);
}
