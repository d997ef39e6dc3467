import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import {
  AvailabilityView, ProblemView, SaleParams, SaleView, SeatsView,
} from '../../shared/contracts/http-schemas.ts';
import { readArchived } from '../read-archived.ts';
import type { ToldSale } from '../read-archived.ts';
import { readSnapshot } from '../read-snapshot.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';

type OneSale = { Params: Static<typeof SaleParams> };

/** What anybody may read of a sale: its definition, what is free, and the state of every seat. */
export function registerSales(app: FastifyInstance, context: SellingContext): void {
  const tags = ['sales'];
  const refused = { '4xx': ProblemView, '5xx': ProblemView };
  app.get<OneSale>('/v1/sales/:saleId', {
    schema: {
      summary: 'What is sold: areas, seats, prices, fees, rules',
      tags, params: SaleParams, response: { 200: SaleView, ...refused },
    },
  }, async (request, reply) => sendSale(context, request.params.saleId, reply));

  const shared = {
    availability: { summary: 'Free, held, sold, blocked by area, group, venue', view: AvailabilityView },
    seats: { summary: 'The state of every seat', view: SeatsView },
  } as const;
  for (const what of ['availability', 'seats'] as const) {
    const { summary, view } = shared[what];
    app.get<OneSale>(`/v1/sales/:saleId/${what}`, {
      schema: {
        summary, tags, params: SaleParams,
        response: { 200: view, 304: { type: 'null', description: 'as in If-None-Match' }, ...refused },
      },
    }, async (request, reply) => sendShared(context, what, request, reply));
  }
}

/**
 * Once more than a second old, a shared cache (a CDN) asks again: however many buyers watch, each of its
 * places asks once a second. It gives out nothing older while we answer 503 (s-maxage says so, RFC 9111
 * 5.2.2.10). Browsers ask every time, so that a reload shows what is.
 */
const CACHE_CONTROL = 'public, max-age=0, s-maxage=1';

/** Sends the bytes that all who ask within the change interval get, or 304. */
async function sendShared(
  context: SellingContext,
  what: 'availability' | 'seats',
  request: FastifyRequest<OneSale>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { saleId } = request.params;
  const watch = context.watches.of(saleId);
  reply.header('cache-control', 'no-store');
  const copy = await watch.look();
  if (copy === undefined) {
    context.watches.forget(watch);
    return sendUnknown(context, saleId, 'sale_unknown', reply);
  }
  // A sale is suspended and restored without an event: its id does not tell one from the other.
  if (copy.snapshot.state !== 'recovering') {
    const etag = `"${copy.snapshot.id}"`;
    reply.header('etag', etag).header('cache-control', CACHE_CONTROL);
    if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send();
  }
  return reply.type('application/json').send(copy[what]());
}

/**
 * Answers with a sale's definition and state. The definition is megabytes for a large venue, so it is not
 * parsed and written again: it is sent as it was kept.
 */
async function sendSale(context: SellingContext, saleId: string, reply: FastifyReply): Promise<FastifyReply> {
  return sendJson(context, saleId, ({ publicJson }) => publicJson, reply);
}

/** As everybody sees it, with the promotions and the partition. */
export async function sendAdminSale(
  context: SellingContext,
  saleId: string,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return sendJson(context, saleId, ({ publicJson, definition: { promotions }, partition }) =>
    `${publicJson},"promotions":${JSON.stringify(promotions)},"partition":${partition}`, reply);
}

async function sendJson(
  context: SellingContext,
  saleId: string,
  membersOf: (sale: ToldSale) => string,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const found = await readSnapshot(context, saleId, false) ?? await readArchived(context, saleId);
  if (found === undefined) return sendUnknown(context, saleId, 'sale_unknown', reply);
  const { sale, state } = found;
  return reply.type('application/json').serializer((body: string) => body)
    .header('cache-control', 'no-cache')
    .send(`{"saleId":"${saleId}","state":"${state}",${membersOf(sale)}}`);
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) ?? false;
}
