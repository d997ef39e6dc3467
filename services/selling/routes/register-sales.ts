import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import {
  AvailabilityView, ProblemView, SaleParams, SaleView, SeatsView,
} from '../../shared/contracts/http-schemas.ts';
import { readSnapshot } from '../read-snapshot.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';

type OneSale = { Params: Static<typeof SaleParams> };

/** What anybody may read of a sale: its definition, what is free, and the state of every seat. */
export function registerSales(app: FastifyInstance, context: SellingContext): void {
  const tags = ['sales'];
  const refused = { '4xx': ProblemView, '5xx': ProblemView };
  app.get<OneSale>('/v1/sales/:saleId', {
    schema: { summary: 'What is sold', tags, params: SaleParams, response: { 200: SaleView, ...refused } },
  }, async (request, reply) => sendSale(context, request.params.saleId, reply));

  app.get<OneSale>('/v1/sales/:saleId/availability', {
    schema: {
      summary: 'Free, held and sold by area',
      tags, params: SaleParams, response: { 200: AvailabilityView, ...refused },
    },
  }, async (request, reply) => {
    const snapshot = await readSnapshot(context, request.params.saleId, false);
    if (snapshot === undefined) {
      return sendUnknown(context, request.params.saleId, 'sale_unknown', reply);
    }
    const { sale, state, seq, areas, etag } = snapshot;
    if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).header('etag', etag).send();
    reply.header('etag', etag).header('cache-control', 'no-cache');
    return {
      saleId: sale.saleId,
      state,
      seq,
      areas: sale.layout.areas.map(({ area, index }) => ({
        areaId: area.areaId,
        kind: area.kind,
        capacity: area.capacity,
        ...areas[index] ?? { free: 0, held: 0, sold: 0 },
      })),
    };
  });

  app.get<OneSale>('/v1/sales/:saleId/seats', {
    schema: {
      summary: 'The state of every seat', tags, params: SaleParams, response: { 200: SeatsView, ...refused },
    },
  }, async (request, reply) => {
    const snapshot = await readSnapshot(context, request.params.saleId, true);
    if (snapshot === undefined) {
      return sendUnknown(context, request.params.saleId, 'sale_unknown', reply);
    }
    const { sale, seq, seats, etag } = snapshot;
    if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).header('etag', etag).send();
    reply.header('etag', etag).header('cache-control', 'no-cache');
    const seated = sale.layout.areas.filter((area) => area.seats > 0);
    return {
      saleId: sale.saleId,
      seq,
      areas: seated.map((area) => ({
        areaId: area.area.areaId,
        states: seats.slice(area.offset, area.offset + area.seats),
      })),
    };
  });
}

/**
 * Answers with a sale's definition and state. The definition is megabytes for a large venue, so it is not
 * parsed and written again: it is sent as it is stored.
 */
export async function sendSale(
  context: SellingContext,
  saleId: string,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const snapshot = await readSnapshot(context, saleId, false);
  if (snapshot === undefined) return sendUnknown(context, saleId, 'sale_unknown', reply);
  const { sale, state } = snapshot;
  return reply.type('application/json').serializer((body: string) => body)
    .header('cache-control', 'no-cache')
    .send(`{"saleId":"${saleId}","state":"${state}",${sale.definitionJson}}`);
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) ?? false;
}
