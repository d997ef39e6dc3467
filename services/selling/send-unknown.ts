import type { FastifyReply } from 'fastify';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import { partitionKeys } from '../shared/contracts/keys.ts';
import { sendProblem } from '../shared/platform/problem.ts';
import type { SellingContext } from './selling-context.ts';

/**
 * Answers 404 with `code`, unless the sale's partition has no generation: a Redis that lost its state knows
 * nothing, so what it does not know may well exist. Then the answer is 503 `recovering`.
 */
export async function sendUnknown(
  { redis, directory }: SellingContext,
  saleId: string,
  code: ReasonCode,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const isThere = await redis.exists(partitionKeys(await directory.locate(saleId)).generation) === 1;
  return sendProblem(reply, isThere ? code : 'recovering');
}
