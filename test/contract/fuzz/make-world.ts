import { EXAMPLE_SALE, RICH_SALE } from './example-bodies.ts';
import type { SaleInput } from '../../../services/shared/contracts/sale-input.ts';
import type { FuzzedShop } from './fuzzed-shop.ts';
import { KnownValues } from './known-values.ts';

/** Sales in every state; more open ones, since most of what can happen happens there. */
const STATES = [
  'open', 'open', 'open', 'draft', 'open', 'paused', 'open', 'closed', 'open', 'draft', 'open', 'open',
];
const HOLDS_PER_SALE = 24;
const ORDERS_PER_SALE = 6;

/** The sales, holds and orders that requests to one operation name. Every operation has its own. */
export async function makeWorld(shop: FuzzedShop, prefix: string): Promise<KnownValues> {
  const known = new KnownValues();
  await Promise.all(STATES.map((state, i) => makeSale(shop, known, {
    saleId: `${prefix}-${i}`, state, input: i % 2 === 0 ? EXAMPLE_SALE : RICH_SALE,
  })));
  for (const i of STATES.keys()) known.note('', { saleId: `${prefix}-${i}` });
  return known;
}

async function makeSale(
  shop: FuzzedShop,
  known: KnownValues,
  { saleId, state, input }: { saleId: string; state: string; input: SaleInput },
): Promise<void> {
  const admin = `/admin/v1/sales/${saleId}`;
  known.note(saleId, await shop.must('PUT', admin, input));
  if (state === 'draft') return;
  await shop.must('POST', `${admin}/open`);
  const path = `/v1/sales/${saleId}`;
  await Promise.all(Array.from({ length: HOLDS_PER_SALE }, async (_, i) => {
    const isOwn = i % 2 === 0;
    const who = isOwn ? 'buyer' : 'checkout';
    const buyer = isOwn ? {} : { buyerId: 'buyer-1' };
    const items = i % 3 === 0 ? [{ areaId: 'hall', bestAvailable: 1 }] : [{ areaId: 'floor', quantity: 2 }];
    const hold = await shop.must('POST', `${path}/holds`, { ...buyer, items }, who);
    known.note(saleId, { ...hold, buyerId: isOwn ? shop.buyerId : 'buyer-1' });
    if (i < HOLDS_PER_SALE - ORDERS_PER_SALE) return;
    known.note(saleId, await shop.must('POST', `${path}/orders`, {
      ...buyer, holdId: hold['holdId'], payment: { method: 'free' },
      contact: { name: 'Ophelia', email: 'ophelia@example.org' },
    }, who));
  }));
  if (state === 'paused') await shop.must('POST', `${admin}/pause`);
  if (state === 'closed') await shop.must('POST', `${admin}/close`);
}
