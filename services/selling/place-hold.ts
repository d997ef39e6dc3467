import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { readHoldRecord } from '../shared/contracts/hold-record.ts';
import type { HoldAnswer, HoldRequest, SaleParams } from '../shared/contracts/http-schemas.ts';
import type { Pass } from '../shared/platform/pass.ts';
import { sendProblem } from '../shared/platform/problem.ts';
import { accessDigestOf, deriveId, digestOf } from './derive-id.ts';
import { buyerOf, contextOf, keyOf } from './identify.ts';
import { packClaim } from './pack-claim.ts';
import type { ClaimFault, ClaimPlan } from './pack-claim.ts';
import { packPass, readPass } from './pack-pass.ts';
import { refuse } from './refuse.ts';
import type { KnownSale } from './sale-directory.ts';
import type { SellingContext } from './selling-context.ts';
import { sendUnknown } from './send-unknown.ts';
import { showHold } from './show-items.ts';

type Answered = HoldAnswer | FastifyReply;
/** Of a request under a used key: the answer that the first one had, or that it asked for something else. */
type Repeat = HoldAnswer | 'idempotency_key_reused';

/** A claim by what a repeat of it is found. */
interface Claimed {
  sale: KnownSale;
  holdId: string;
  digest: string;
}

/**
 * Answers a claim: packs it with the sale as this process knows it, and lets the script decide. The pass is
 * no part of what makes a repeat the same request: a repeat may come without it or after it has run out.
 */
export async function placeHold(
  context: SellingContext,
  request: FastifyRequest<{ Params: Static<typeof SaleParams>; Body: HoldRequest }>,
  reply: FastifyReply,
): Promise<Answered> {
  const { caller, params: { saleId }, body } = request;
  const key = keyOf(request, reply);
  if (key === undefined) return reply;
  const buyerId = buyerOf(caller, body.buyerId, reply);
  if (buyerId === undefined) return reply;
  const known = context.directory.recall(saleId) ?? await context.directory.find(saleId);
  if (known === undefined) return sendUnknown(context, saleId, 'sale_unknown', reply);
  const holdId = deriveId(context.idSecret, 'h', { saleId, buyerId, key });
  const { items, accessCode, promotionCode } = body;
  const digest = digestOf(context.idSecret, accessCode === undefined && promotionCode === undefined
    ? items : { items, accessCode, promotionCode });
  const pass = body.pass === undefined ? undefined
    : await readPass(context.passKey, body.pass, { saleId, buyerId });
  const contextText = contextOf(caller, request);
  let sale: KnownSale = known;
  // Twice at most: the second time with the definition that made the first one stale.
  for (let attempt = 1; ; attempt++) {
    const plan = packRequest(context, body, pass, sale);
    if ('reason' in plan) {
      if (plan.reason === 'request_invalid') return sendProblem(reply, plan.reason, plan.extra);
      // Before a buyer is told that something does not exist: it may be in a definition not seen here yet.
      const current = await context.directory.findCurrent(saleId);
      if (current === undefined) return sendUnknown(context, saleId, 'sale_unknown', reply);
      if (current.definition.version === sale.definition.version || attempt === 2) {
        const repeat = await findRepeat(context, { sale: current, holdId, digest });
        if (repeat !== undefined) return sendRepeat(reply, repeat);
        return sendProblem(reply, plan.reason, plan.extra);
      }
      sale = current;
      continue;
    }
    const remembered = await recallAnswer(context, { sale, holdId, digest }, plan);
    if (remembered !== undefined) {
      if ('repeat' in remembered) return sendRepeat(reply, remembered.repeat);
      return refuse(reply, { reason: 'sold_out', detail: remembered.soldOut }, sale);
    }
    const answer = await context.stock.placeHold(sale.partition,
      { saleId, plan, holdId, buyerId, digest, context: contextText });
    if (answer.ok) {
      context.watches.noteWrite(saleId);
      reply.code(201);
      return showHold(holdId, answer.hold, sale.layout, answer.hold.firstExpiresAtMs);
    }
    if (answer.reason !== 'stale' || attempt === 2) return refuse(reply, answer, sale);
    sale = await context.directory.reload(saleId) ?? sale;
  }
}

function packRequest(
  { idSecret }: SellingContext,
  { items, accessCode, promotionCode }: HoldRequest,
  pass: Pass | 'invalid' | undefined,
  sale: KnownSale,
): ClaimPlan | ClaimFault {
  const { saleId, definition, layout } = sale;
  if (pass === undefined && definition.passRequired) return { reason: 'pass_required', extra: {} };
  if (pass === 'invalid') return { reason: 'pass_invalid', extra: {} };
  const accessDigest = accessCode === undefined ? undefined : accessDigestOf(idSecret, saleId, accessCode);
  return packClaim({ items, accessDigest, promotionCode, opened: packPass(pass, layout) }, sale);
}

/**
 * What is answered to a claim that is known to be sold out, without a script call: the detail of `sold_out`,
 * or the repeat, if an earlier request under its key won. Undefined if it is not known, or if stock may have
 * come back while that was looked up: then the script is to be asked.
 */
async function recallAnswer(
  context: SellingContext,
  claimed: Claimed,
  plan: ClaimPlan,
): Promise<{ repeat: Repeat } | { soldOut: string } | undefined> {
  const { soldOut } = context.stock;
  const { saleId } = claimed.sale;
  if (soldOut.recall(saleId, plan) === undefined) return undefined;
  const repeat = await findRepeat(context, claimed);
  if (repeat !== undefined) return { repeat };
  const answer = soldOut.recall(saleId, plan);
  if (answer === undefined) return undefined;
  soldOut.givenCount += 1;
  return { soldOut: answer.detail };
}

/**
 * What an earlier request under the same key was answered, found without the script; undefined if it was not
 * accepted or there was none.
 */
async function findRepeat(
  { lookups }: SellingContext,
  { sale: { partition, saleId, layout }, holdId, digest }: Claimed,
): Promise<Repeat | undefined> {
  const record = await lookups.find(partition, saleId, holdId);
  if (record === undefined) return undefined;
  const hold = readHoldRecord(record);
  if (hold.digest !== digest) return 'idempotency_key_reused';
  const isChanged = hold.trail.some(({ expiresAtMs }) => expiresAtMs === undefined);
  const asPlaced = isChanged ? await lookups.find(partition, saleId, `${holdId}/0`) : undefined;
  const placed = asPlaced === undefined ? hold : readHoldRecord(asPlaced);
  return showHold(holdId, placed, layout, placed.firstExpiresAtMs);
}

function sendRepeat(reply: FastifyReply, repeat: Repeat): Answered {
  if (repeat === 'idempotency_key_reused') return sendProblem(reply, repeat);
  reply.code(201);
  return repeat;
}
