import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { readHoldRecord } from '../../shared/contracts/hold-record.ts';
import type { HoldRecord } from '../../shared/contracts/hold-record.ts';
import {
  HoldAnswer, HoldParams, HoldRequest, HoldView, NoBody, ProblemView, SaleParams,
} from '../../shared/contracts/http-schemas.ts';
import { saleKeys } from '../../shared/contracts/keys.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { accessDigestOf, deriveId, digestOf } from '../derive-id.ts';
import { buyerOf, contextOf, keyOf, mayTouch } from '../identify.ts';
import { packClaim } from '../pack-claim.ts';
import { refuse } from '../refuse.ts';
import type { KnownSale } from '../sale-directory.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';
import { showHold } from '../show-items.ts';

type OneSale = { Params: Static<typeof SaleParams> };
type OneHold = { Params: Static<typeof HoldParams> };

/** Holds: place, read, extend, release. */
export function registerHolds(app: FastifyInstance, context: SellingContext): void {
  const tags = ['holds'];
  const refused = { '4xx': ProblemView, '5xx': ProblemView };
  app.post<OneSale & { Body: HoldRequest }>('/v1/sales/:saleId/holds', {
    schema: {
      summary: 'Claim tickets for a limited time, all or nothing',
      tags, params: SaleParams, body: HoldRequest, response: { 201: HoldAnswer, ...refused },
    },
  }, (request, reply) => placeHold(context, request, reply));

  app.get<OneHold>('/v1/sales/:saleId/holds/:holdId', {
    schema: { summary: 'A hold', tags, params: HoldParams, response: { 200: HoldView, ...refused } },
  }, async (request, reply) => {
    const found = await findHold(context, request);
    if (found === undefined) {
      return sendUnknown(context, request.params.saleId, 'hold_unknown', reply);
    }
    const { sale, hold, nowMs } = found;
    const status = hold.status === 'live' && hold.expiresAtMs <= nowMs ? 'expired' : hold.status;
    return { ...showHold(request.params.holdId, hold, sale.layout, hold.expiresAtMs), status };
  });

  app.post<OneHold>('/v1/sales/:saleId/holds/:holdId/extend', {
    schema: {
      summary: 'Give a hold its full time again, up to expiresAtMax; the Idempotency-Key counts per hold',
      tags, params: HoldParams, body: NoBody, response: { 200: HoldAnswer, ...refused },
    },
  }, async (request, reply) => {
    const key = keyOf(request, reply);
    if (key === undefined) return reply;
    const found = await findHold(context, request);
    if (found === undefined) {
      return sendUnknown(context, request.params.saleId, 'hold_unknown', reply);
    }
    const { saleId, holdId } = request.params;
    const ref = { saleId, holdId, buyerId: found.hold.buyerId, context: contextOf(request.caller, request) };
    const answer = await context.stock.extendHold(found.sale.partition,
      { ...ref, key: digestOf(context.idSecret, key) });
    if (!answer.ok) return refuse(reply, answer, found.sale);
    context.watches.noteWrite(saleId);
    const [expiresAtMs, ...record] = answer.text.split('\t');
    return showHold(holdId, readHoldRecord(record.join('\t')), found.sale.layout, Number(expiresAtMs));
  });

  app.delete<OneHold>('/v1/sales/:saleId/holds/:holdId', {
    schema: {
      summary: 'Give a hold back', tags, params: HoldParams, body: NoBody,
      response: { 204: { type: 'null', description: 'its seats are free' }, ...refused },
    },
  }, async (request, reply) => {
    const key = keyOf(request, reply);
    if (key === undefined) return reply;
    const found = await findHold(context, request);
    if (found === undefined) {
      return sendUnknown(context, request.params.saleId, 'hold_unknown', reply);
    }
    const { saleId, holdId } = request.params;
    const ref = { saleId, holdId, buyerId: found.hold.buyerId, context: contextOf(request.caller, request) };
    const answer = await context.stock.releaseHold(found.sale.partition, ref);
    if (!answer.ok) return refuse(reply, answer, found.sale);
    context.watches.noteWrite(saleId);
    return reply.code(204).send();
  });
}

async function placeHold(
  context: SellingContext,
  request: FastifyRequest<OneSale & { Body: HoldRequest }>,
  reply: FastifyReply,
): Promise<HoldAnswer | FastifyReply> {
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
  const accessDigest =
    accessCode === undefined ? undefined : accessDigestOf(context.idSecret, saleId, accessCode);
  const contextText = contextOf(caller, request);
  let sale: KnownSale = known;
  // Twice at most: the second time with the definition that made the first one stale.
  for (let attempt = 1; ; attempt++) {
    const claim = packClaim({ items, accessDigest, promotionCode }, sale);
    if ('reason' in claim) {
      if (claim.reason === 'request_invalid') return sendProblem(reply, claim.reason, claim.extra);
      // Before a buyer is told that something does not exist: it may be in a definition not seen here yet.
      const current = await context.directory.findCurrent(saleId);
      if (current === undefined) return sendUnknown(context, saleId, 'sale_unknown', reply);
      if (current.definition.version === sale.definition.version || attempt === 2) {
        return await answerRepeat(context, { sale: current, holdId, digest }, reply)
          ?? sendProblem(reply, claim.reason, claim.extra);
      }
      sale = current;
      continue;
    }
    const answer = await context.stock.placeHold(sale.partition,
      { saleId, plan: claim, holdId, buyerId, digest, context: contextText });
    if (answer.ok) {
      context.watches.noteWrite(saleId);
      reply.code(201);
      return showHold(holdId, answer.hold, sale.layout, answer.hold.firstExpiresAtMs);
    }
    if (answer.reason !== 'stale' || attempt === 2) return refuse(reply, answer, sale);
    sale = await context.directory.reload(saleId) ?? sale;
  }
}

/**
 * The answer of a request that was accepted when the sale still offered what it asks for; undefined if there
 * was none under this key. All other repeats are found by the script.
 */
async function answerRepeat(
  { redis }: SellingContext,
  { sale, holdId, digest }: { sale: KnownSale; holdId: string; digest: string },
  reply: FastifyReply,
): Promise<HoldAnswer | FastifyReply | undefined> {
  const record = await redis.hget(saleKeys(sale.partition, sale.saleId).holds, holdId);
  if (record === null) return undefined;
  const hold = readHoldRecord(record);
  if (hold.digest !== digest) return sendProblem(reply, 'idempotency_key_reused');
  reply.code(201);
  return showHold(holdId, hold, sale.layout, hold.firstExpiresAtMs);
}

/** A hold that the caller may see, with Redis' clock; undefined otherwise, whatever the cause. */
async function findHold(
  { redis, directory }: SellingContext,
  request: FastifyRequest<OneHold>,
): Promise<{ sale: KnownSale; hold: HoldRecord; nowMs: number } | undefined> {
  const { saleId, holdId } = request.params;
  const [sale, record, [seconds, micros]] = await Promise.all([
    directory.findCurrent(saleId),
    redis.hget(saleKeys(directory.partitionOf(saleId), saleId).holds, holdId),
    redis.time(),
  ]);
  if (sale === undefined || record === null) return undefined;
  const hold = readHoldRecord(record);
  if (!mayTouch(request.caller, hold.buyerId)) return undefined;
  return { sale, hold, nowMs: Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) };
}
