import { channelByte } from '../shared/contracts/layout.ts';
import type { SaleLayout } from '../shared/contracts/layout.ts';
import { verifyPass } from '../shared/platform/pass.ts';
import type { Pass } from '../shared/platform/pass.ts';

/** The pass that came with a request; `invalid` if it is not one of this buyer for this sale, now. */
export async function readPass(
  key: Uint8Array | undefined,
  text: string,
  { saleId, buyerId }: { saleId: string; buyerId: string },
): Promise<Pass | 'invalid'> {
  if (key === undefined) return 'invalid';
  return await verifyPass(key, text, { saleId, buyerId, now: new Date() }) ?? 'invalid';
}

/** Letters of the channels that a pass opens; it may name some that the sale does not have. */
export function packPass(pass: Pass | undefined, { channelIds }: SaleLayout): string {
  if (pass === undefined) return '';
  const opened = channelIds.flatMap((id, i) => (pass.channelIds.includes(id) ? [channelByte(i + 1)] : []));
  return opened.join('');
}
