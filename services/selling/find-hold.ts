import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { readHoldRecord } from '../shared/contracts/hold-record.ts';
import type { HoldRecord } from '../shared/contracts/hold-record.ts';
import type { HoldParams } from '../shared/contracts/http-schemas.ts';
import { saleKeys } from '../shared/contracts/keys.ts';
import { mayTouch } from './identify.ts';
import type { KnownSale } from './sale-directory.ts';
import type { SellingContext } from './selling-context.ts';

export interface FoundHold {
  /** as it is now */
  sale: KnownSale;
  hold: HoldRecord;
  /** the hold as Redis has it */
  record: string;
  /** Redis' clock */
  nowMs: number;
}

/** A hold that the caller may see; undefined otherwise, whatever the cause. */
export async function findHold(
  { redis, directory }: SellingContext,
  request: FastifyRequest<{ Params: Static<typeof HoldParams> }>,
): Promise<FoundHold | undefined> {
  const { saleId, holdId } = request.params;
  // Records of the past stand beside a hold, under ids that no hold has.
  if (holdId.includes('/')) return undefined;
  // Not awaited where the sale is known: then all of Redis is asked at once.
  const partition = directory.recall(saleId)?.partition ?? await directory.locate(saleId);
  const [sale, record, [seconds, micros]] = await Promise.all([
    directory.findCurrent(saleId),
    redis.hget(saleKeys(partition, saleId).holds, holdId),
    redis.time(),
  ]);
  if (sale === undefined || record === null) return undefined;
  const hold = readHoldRecord(record);
  if (!mayTouch(request.caller, hold.buyerId)) return undefined;
  return { sale, hold, record, nowMs: Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) };
}
