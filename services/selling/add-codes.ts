import { randomBytes } from 'node:crypto';
import type { AccessCodesRequest } from '../shared/contracts/inventory-schemas.ts';
import { channelByte } from '../shared/contracts/layout.ts';
import { callForSale } from './adjust-stock.ts';
import type { AdjustAnswer } from './adjust-stock.ts';
import { accessDigestOf } from './derive-id.ts';
import type { SaleDirectory } from './sale-directory.ts';
import type { Stock } from './stock.ts';

/** 32 characters that nobody takes for another: no I, O, 0, 1. Twelve of them are 60 bits. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const CODE_CHARS = 12;

/**
 * Adds access codes to a sale, given or made here, all or none. Redis and the log get their digests only.
 *
 * @returns the codes, and how many of them are new
 */
export async function addCodes(
  parts: { stock: Stock; directory: SaleDirectory; idSecret: string },
  saleId: string,
  request: AccessCodesRequest,
  context: string,
): Promise<{ codes: string[]; added: number } | Exclude<AdjustAnswer, { ok: true }>> {
  const { channelIds, usesMax = 1, usesPerBuyerMax = 0, codes: given, generate } = request;
  if ((given === undefined) === (generate === undefined)) {
    return { reason: 'request_invalid', extra: { detail: 'exactly one of codes and generate is needed' } };
  }
  const codes = given ?? Array.from({ length: generate ?? 0 }, makeCode);
  const distinct = [...new Set(codes)];
  const digests = distinct.map((code) => accessDigestOf(parts.idSecret, saleId, code));
  const answer = await callForSale(parts, saleId, ({ definition, layout }) => {
    const unknown = channelIds.find((channelId) => !layout.channelIds.includes(channelId));
    if (unknown !== undefined) return { reason: 'channel_unknown', extra: { channelId: unknown } };
    // In the order of the sale: the same channels in another order are the same.
    const opened = layout.channelIds.filter((channelId) => channelIds.includes(channelId));
    const letters = opened.map((channelId) => channelByte(layout.channelIds.indexOf(channelId) + 1)).join('');
    const tail = JSON.stringify({ channelIds: opened, usesMax, usesPerBuyerMax }).slice(1, -1);
    const terms = `${letters} ${usesMax} ${usesPerBuyerMax}`;
    return {
      script: 'add-codes', keys: [], args: [context, saleId, definition.version, terms, tail, ...digests],
    };
  });
  if ('ok' in answer) return { codes, added: Number(answer.text) };
  if (!('refusal' in answer) || answer.refusal.reason !== 'code_exists') return answer;
  // Only the caller's codes tell which they are: Redis knows digests.
  const inTheWay = answer.refusal.detail.split('.').filter(Boolean).map((at) => distinct[Number(at)]);
  return { reason: 'code_exists', extra: { codes: inTheWay } };
}

/** A byte is one of 256, eight times the alphabet: no character is likelier than another. */
function makeCode(): string {
  return Array.from(randomBytes(CODE_CHARS), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
