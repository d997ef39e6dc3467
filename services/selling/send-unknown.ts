import type { FastifyReply } from 'fastify';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import { partitionKeys, saleKeys } from '../shared/contracts/keys.ts';
import { sendProblem } from '../shared/platform/problem.ts';
import type { SellingContext } from './selling-context.ts';

/**
 * Answers 404 with `code`, unless the sale's partition has no generation: a Redis that lost its state knows
 * nothing, so what it does not know may well exist. Then, as while the sale is being rebuilt, the answer is
 * 503 `recovering`. Of an archived sale
 * hardly anything is known here: 409 `sale_archived`, whatever was asked for.
 */
export async function sendUnknown(
  { redis, directory }: SellingContext,
  saleId: string,
  code: ReasonCode,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const partition = await directory.locate(saleId);
  const [isThere, state] = await Promise.all([
    redis.exists(partitionKeys(partition).generation),
    redis.hget(saleKeys(partition, saleId).sale, 'state'),
  ]);
  if (isThere === 0 || state === 'recovering') return sendProblem(reply, 'recovering');
  if (state === 'archived') return sendProblem(reply, 'sale_archived');
  // It was rebuilt while the caller was looking for it.
  const isThereNow = code === 'sale_unknown' && state !== null;
  return sendProblem(reply, isThereNow ? 'recovering' : code);
}
