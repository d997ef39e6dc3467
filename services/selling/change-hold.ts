import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { readHoldRecord } from '../shared/contracts/hold-record.ts';
import type { HoldStatus } from '../shared/contracts/hold-record.ts';
import type { HoldAnswer, HoldParams } from '../shared/contracts/http-schemas.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import { sendProblem } from '../shared/platform/problem.ts';
import { digestOf } from './derive-id.ts';
import { findHold } from './find-hold.ts';
import type { FoundHold } from './find-hold.ts';
import { contextOf, keyOf } from './identify.ts';
import type { ClaimFault } from './pack-claim.ts';
import type { ChangePlan } from './plan-change.ts';
import { refuse } from './refuse.ts';
import type { SellingContext } from './selling-context.ts';
import { sendUnknown } from './send-unknown.ts';
import { showHold } from './show-items.ts';

type Answered = HoldAnswer | FastifyReply;
type OneHold = { Params: Static<typeof HoldParams> };

/** What a request makes of a hold. */
export interface HoldWish {
  /** what tells the request from another one under the same key */
  payload: unknown;
  plan(found: FoundHold): Promise<ChangePlan | ClaimFault> | ChangePlan | ClaimFault;
}

/** How often a hold is read: another change of it, or of the sale, may come in between. */
const READS_MAX = 3;

const REASON_BY_STATUS: Record<Exclude<HoldStatus, 'live'>, ReasonCode> =
  { released: 'hold_released', expired: 'hold_expired', ordered: 'hold_ordered' };

/**
 * Changes a hold of the caller's in one step, or leaves it as it is. The Idempotency-Key counts per hold: a
 * repeat gets the answer that the first request had, also when the hold was changed again or has ended.
 */
export async function changeHold(
  context: SellingContext,
  request: FastifyRequest<OneHold>,
  reply: FastifyReply,
  wish: HoldWish,
): Promise<Answered> {
  const idempotencyKey = keyOf(request, reply);
  if (idempotencyKey === undefined) return reply;
  const { saleId, holdId } = request.params;
  // Extensions have keys of their own: theirs say `key=ms` in the hold's trail.
  const key = digestOf(context.idSecret, { change: idempotencyKey });
  const digest = digestOf(context.idSecret, wish.payload);
  let refusal: { fault: ClaimFault; record: string; version: number } | undefined;
  for (let reads = 1; reads <= READS_MAX; reads++) {
    const found = await findHold(context, request);
    if (found === undefined) return sendUnknown(context, saleId, 'hold_unknown', reply);
    const { sale, hold, record } = found;
    const repeat = await findRepeat(context, { found, holdId, key, digest });
    if (repeat === 'idempotency_key_reused') return sendProblem(reply, repeat);
    if (repeat !== undefined) return repeat;
    const isLapsed = hold.expiresAtMs <= found.nowMs;
    const status = hold.status === 'live' && isLapsed ? 'expired' : hold.status;
    if (status !== 'live') {
      return refuse(reply, { reason: REASON_BY_STATUS[status], detail: hold.orderId }, sale);
    }
    const { version } = sale.definition;
    // Said only of what is still the same: this may be a repeat whose first request is under way.
    if (refusal?.record === record && refusal.version === version) break;
    const plan = await wish.plan(found);
    if ('reason' in plan) {
      refusal = { fault: plan, record, version };
      continue;
    }
    const { buyerId } = hold;
    const answer = await context.stock.changeHold(sale.partition, {
      ...plan, saleId, holdId, buyerId, key, digest, context: contextOf(request.caller, request),
    });
    if (answer.ok) {
      context.watches.noteWrite(saleId);
      return show(holdId, answer.text, found);
    }
    if (answer.reason !== 'stale') return refuse(reply, answer, sale);
  }
  if (refusal === undefined) return sendProblem(reply, 'overloaded');
  return sendProblem(reply, refusal.fault.reason, refusal.fault.extra);
}

/**
 * What an earlier request under the key was answered, or that it asked for something else; undefined if there
 * was none.
 */
async function findRepeat(
  { lookups }: SellingContext,
  { found, holdId, key, digest }: { found: FoundHold; holdId: string; key: string; digest: string },
): Promise<HoldAnswer | 'idempotency_key_reused' | undefined> {
  const { sale, hold } = found;
  const isRepeat = hold.trail.some((one) => one.key === key && one.expiresAtMs === undefined);
  if (!isRepeat) return undefined;
  const kept = await lookups.find(sale.partition, sale.saleId, `${holdId}/${key}`);
  if (kept !== undefined && readHoldRecord(kept).digest !== digest) return 'idempotency_key_reused';
  return show(holdId, kept ?? found.record, found);
}

function show(holdId: string, record: string, { sale }: FoundHold): HoldAnswer {
  const hold = readHoldRecord(record);
  return showHold(holdId, hold, sale.layout, hold.expiresAtMs);
}
