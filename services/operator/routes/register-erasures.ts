import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { askedBy } from '../../shared/platform/asked-by.ts';
import type { Credentials } from '../../shared/platform/credentials.ts';
import { needsRole } from '../../shared/platform/needs-role.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { eraseBuyer } from '../erase-buyer.ts';
import { BuyerParams, ErasedAnswer, EraseInput } from '../http-schemas.ts';

type OneBuyer = { Params: Static<typeof BuyerParams>; Body: Static<typeof EraseInput> };

/** Erasing who a buyer is: it cannot be taken back, so it is for admins. */
export function registerErasures(
  app: FastifyInstance, { legacy, credentials }: { legacy: Pool; credentials: Credentials },
): void {
  app.post<OneBuyer>('/admin/v1/buyers/:buyerId/erase', {
    onRequest: needsRole(credentials, 'admin'),
    schema: { params: BuyerParams, body: EraseInput, response: { 200: ErasedAnswer } },
  }, (request) => erase(legacy, request));
}

async function erase(
  legacy: Pool, request: FastifyRequest<OneBuyer>,
): Promise<Static<typeof ErasedAnswer>> {
  const { params: { buyerId }, body: { why } } = request;
  return { buyerId, ...await eraseBuyer(legacy, buyerId, { ...askedBy(request), why }) };
}
