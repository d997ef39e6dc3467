import { readHoldRecord } from '../../services/shared/contracts/hold-record.ts';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import type { ChangePlan } from '../../services/selling/plan-change.ts';
import { planChange } from '../../services/selling/plan-change.ts';
import type { Answer } from '../../services/selling/stock.ts';
import { askFor } from './model-requests.ts';
import type { ClaimPick } from './model-requests.ts';
import { expectAnswer, foldDue, recordOf, refsOf } from './model-steps.ts';
import type { RefPick, SentRef } from './model-steps.ts';
import type { Called, ModelSale, ModelWorld } from './model-world.ts';
import { countOf, refusalOfChange } from './reference-limits.ts';

/** Other items for a hold; read before or after something else happened to it. */
export interface ReplacePick {
  ref: RefPick;
  claim: ClaimPick;
  isStale: boolean;
}

const ENDED = { released: 'hold_released', expired: 'hold_expired', ordered: 'hold_ordered' };
/** What depends on the stock and the codes at that moment; that it leaves no trace is compared anyway. */
const OF_STOCK = ['sold_out', 'seats_taken', 'seats_reserved', 'no_adjacent_seats', 'would_strand_seat',
  'hold_time_spent', 'access_code_used', 'access_code_unknown', 'promotion_code_used'];

/**
 * Gives a hold other items in one step, under one of four keys per hold. State, limits, repeats and stale
 * readings are predicted; that what was granted was free, and that codes and places of the old items came
 * back, is what the fold of the event checks.
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
  const asked = askFor(claim, sale.known);
  const held = { items: fields[6] ?? '', codes: (fields[8] ?? '').split(' ').filter(Boolean) };
  const plan = planChange({ ...asked, opened: '' }, held, sale.known);
  world.judged += 1;
  // What packing finds is judged where claims are packed.
  if ('reason' in plan) return;
  const expected = isStale ? `${plan.expected};0,0,0,,1,0,-1,` : plan.expected;
  const key = `r${pick.key}`;
  const digest = pick.isPlaced ? 'd' : 'e';
  const called = await world.during(() =>
    world.stock.changeHold(world.partition, { ...plan, expected, ...ref, key, digest }));
  foldDue(world, sale, called, true);
  world.note(called.answer.ok ? 'replaced' : called.answer.reason);
  judge(world, sent, { plan, isStale, key, digest, called,
    count: asked.items.reduce((sum, item) => sum + countOf(item), 0) });
  world.expectNoMore();
}

interface Sent {
  plan: ChangePlan;
  isStale: boolean;
  key: string;
  digest: string;
  called: Called<Answer>;
  /** tickets that the hold shall have */
  count: number;
}

function judge(world: ModelWorld, { sale, ref }: SentRef, sent: Sent): void {
  const { plan, isStale, key, digest, called, count } = sent;
  const { answer } = called;
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
  const removed = ticketsIn(plan.removed);
  const kept = ticketsIn(plan.kept);
  const added = count - kept;
  const change = { buyerId: ref.buyerId, version: sale.known.definition.version, added, removed, kept };
  const refusals = timesOf(sale, called).map((nowMs) => refusalOfChange(sale, change, nowMs));
  const said = refusals.find((one) => !answer.ok && one?.reason === answer.reason) ?? refusals[0];
  if (said !== undefined && (refusals.every(Boolean) || (!answer.ok && said.reason === answer.reason))) {
    return expectAnswer(answer, said.reason, said.detail);
  }
  if (!answer.ok) {
    if (added > 0 && OF_STOCK.includes(answer.reason)) return;
    throw new Error(`the items were not replaced: ${answer.reason} ${answer.detail}`);
  }
  const { expiresAt } = hold;
  world.fold(sale, 'hold.changed', ref.holdId);
  const after = readHoldRecord(answer.text);
  const has = after.items.reduce((sum, item) => sum + item.quantity, 0);
  if (has !== count) throw new Error(`the hold has ${has} tickets, not ${count}`);
  if (hold.expiresAt !== expiresAt) throw new Error('its end is another');
}

/** When the script ran: its event says it; without one it was at some time of the call. */
function timesOf(sale: ModelSale, { fromMs, toMs }: Called<Answer>): number[] {
  const [event] = sale.unread;
  return event === undefined ? [fromMs, toMs] : [event.timeMs];
}

function ticketsIn(items: string): number {
  return items.split(';').filter(Boolean).reduce((sum, item) => sum + Number(item.split(',')[4]), 0);
}
