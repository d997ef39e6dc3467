import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import {
  ChangeRequest, HoldAnswer, HoldParams, ProblemView, ReleaseRequest,
} from '../../shared/contracts/http-schemas.ts';
import { changeHold } from '../change-hold.ts';
import { accessDigestOf } from '../derive-id.ts';
import type { FoundHold } from '../find-hold.ts';
import type { ClaimFault } from '../pack-claim.ts';
import { packPass, readPass } from '../pack-pass.ts';
import { planChange, planRelease } from '../plan-change.ts';
import type { ChangePlan, HeldItems } from '../plan-change.ts';
import type { SellingContext } from '../selling-context.ts';

type OneHold = { Params: Static<typeof HoldParams> };

/** Changes of a hold: a part of it given back, or other items in its stead. */
export function registerChanges(app: FastifyInstance, context: SellingContext): void {
  const tags = ['holds'];
  const response = { 200: HoldAnswer, '4xx': ProblemView, '5xx': ProblemView };
  app.post<OneHold & { Body: ReleaseRequest }>('/v1/sales/:saleId/holds/:holdId/release', {
    schema: {
      summary: 'Give a part of a hold back; DELETE gives back all of it',
      tags, params: HoldParams, body: ReleaseRequest, response,
    },
  }, (request, reply) => changeHold(context, request, reply, {
    payload: { release: request.body.items },
    plan: (found) => planRelease(request.body.items, heldOf(found), found.sale),
  }));

  app.post<OneHold & { Body: ChangeRequest }>('/v1/sales/:saleId/holds/:holdId/change', {
    schema: {
      summary: 'Change what a hold has, in one step; when that is refused it keeps what it had',
      tags, params: HoldParams, body: ChangeRequest, response,
    },
  }, (request, reply) => {
    const { items, accessCode, promotionCode } = request.body;
    return changeHold(context, request, reply, {
      payload: { change: items, accessCode, promotionCode },
      plan: (found) => planWhole(context, request.body, found, request.caller.kind === 'buyer'),
    });
  });
}

async function planWhole(
  { idSecret, passKey }: SellingContext,
  { buyerId, items, accessCode, promotionCode, pass: passText }: ChangeRequest,
  found: FoundHold,
  isBuyer: boolean,
): Promise<ChangePlan | ClaimFault> {
  const { sale, hold } = found;
  const { saleId } = sale;
  if (buyerId !== undefined && buyerId !== hold.buyerId) {
    return { reason: isBuyer ? 'buyer_mismatch' : 'hold_unknown', extra: {} };
  }
  const pass = passText === undefined ? undefined
    : await readPass(passKey, passText, { saleId, buyerId: hold.buyerId });
  if (pass === 'invalid') return { reason: 'pass_invalid', extra: {} };
  const accessDigest = accessCode === undefined ? undefined : accessDigestOf(idSecret, saleId, accessCode);
  const opened = packPass(pass, sale.layout);
  return planChange({ items, accessDigest, promotionCode, opened }, heldOf(found), sale);
}

/** The items as they stand in the record: contracts/hold-record.ts says which field that is. */
function heldOf({ record, hold }: FoundHold): HeldItems {
  return { items: record.split('\t')[6] ?? '', codes: hold.codes };
}
