import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { AvailabilityView, ProblemView, SaleParams } from '../../shared/contracts/http-schemas.ts';
import {
  AccessCodesAnswer, AccessCodesRequest, InventoryRequest,
} from '../../shared/contracts/inventory-schemas.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { addCodes } from '../add-codes.ts';
import { adjustStock } from '../adjust-stock.ts';
import type { AdjustAnswer } from '../adjust-stock.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import { operatorContextOf } from '../operator-context.ts';
import { readSnapshot } from '../read-snapshot.ts';
import { refuse } from '../refuse.ts';
import { SaleCopy } from '../sale-copy.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';

type OneSale = { Params: Static<typeof SaleParams> };

/** Room for 10,000 seat ids. */
const BODY_BYTES_MAX = 1024 * 1024;

const DESCRIPTION = `Exactly one of:

- \`block\` and \`unblock\` with a \`reason\`: \`seatIds\`, or an \`areaId\` and the \`quantity\` that shall
  be blocked of it in all.
- \`capacity\` of an \`areaId\` (general), a \`groupId\`, or of the venue.
- \`allocate\`: for a \`channelId\`, the \`quantity\` that it may draw from an \`areaId\` from now on, or
  \`seatIds\`; \`channelId: null\` gives seats to everybody.
- \`price\` of a \`categoryId\` and \`ticketType\`. Live holds keep theirs.
- \`release\` accessible places and companion seats: \`seatIds\`, those of an \`areaId\`, or \`all: true\`.
- \`returnAllocation\`: a channelId; what is left of it is for everybody.

Each says how things shall be, so that it can be repeated: what is so already stays, without an event.`;

/** Changes of the stock while it is being sold, and access codes; for operators. */
export function registerInventory(app: FastifyInstance, context: SellingContext): void {
  const tags = ['admin'];
  const refused = { '4xx': ProblemView, '5xx': ProblemView };
  const onRequest = needsRole(context.credentials, 'operator');
  app.post<OneSale & { Body: InventoryRequest }>('/admin/v1/sales/:saleId/inventory', {
    onRequest,
    bodyLimit: BODY_BYTES_MAX,
    schema: {
      summary: 'Change the stock of a sale; repeatable',
      description: DESCRIPTION,
      tags, params: SaleParams, body: InventoryRequest, response: { 200: AvailabilityView, ...refused },
    },
  }, async (request, reply) => {
    const { params: { saleId }, body } = request;
    const answer = await adjustStock(context, saleId, body, operatorContextOf(request));
    if (!('ok' in answer)) return sendRefusal(context, request, answer, reply);
    context.watches.noteWrite(saleId);
    context.log.info({ saleId, operator: request.operator?.name, what: Object.keys(body)[0] },
      'the stock of a sale was changed');
    const snapshot = await readSnapshot(context, saleId, false);
    if (snapshot === undefined) return sendUnknown(context, saleId, 'sale_unknown', reply);
    return reply.type('application/json').send(new SaleCopy(snapshot).availability());
  });

  app.post<OneSale & { Body: AccessCodesRequest }>('/admin/v1/sales/:saleId/access-codes', {
    onRequest,
    bodyLimit: BODY_BYTES_MAX,
    schema: {
      summary: 'Add access codes; they are shown this once. Given codes can be sent again',
      tags, params: SaleParams, body: AccessCodesRequest,
      response: { 200: AccessCodesAnswer, 201: AccessCodesAnswer, ...refused },
    },
  }, async (request, reply) => {
    const { params: { saleId }, body } = request;
    const answer = await addCodes(context, saleId, body, operatorContextOf(request));
    if (!('codes' in answer)) return sendRefusal(context, request, answer, reply);
    const { codes, added } = answer;
    context.log.info({ saleId, operator: request.operator?.name, added }, 'access codes were added');
    return reply.code(added > 0 ? 201 : 200).header('cache-control', 'no-store').send({ codes });
  });
}

async function sendRefusal(
  context: SellingContext,
  request: FastifyRequest<OneSale>,
  answer: Exclude<AdjustAnswer, { ok: true }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if ('refusal' in answer) return refuse(reply, answer.refusal, answer.sale);
  const { reason, extra } = answer;
  if (reason === 'sale_unknown') return sendUnknown(context, request.params.saleId, reason, reply);
  return sendProblem(reply, reason, extra);
}
