import t from 'tap';
import { pricingFaults } from '../../../../services/shared/contracts/pricing-faults.ts';
import { AMOUNT_MINOR_MAX, FEES_MAX, TAXES_MAX } from '../../../../services/shared/contracts/pricing.ts';
import type { FeeRule, PromotionRule, TaxRule } from '../../../../services/shared/contracts/pricing.ts';

/** What a definition of a sale is refused for, field by field. */
const known = { categoryIds: ['stalls', 'circle'], ticketTypes: ['adult', 'child'] };
const fee = (change: Partial<FeeRule>): { fees: FeeRule[] } =>
  ({ fees: [{ feeId: 'a', per: 'ticket', ...change }] });
const tax = (change: Partial<TaxRule>): { taxes: TaxRule[] } =>
  ({ taxes: [{ taxId: 'a', percent: 19, included: true, ...change }] });
const promotion = (change: Partial<PromotionRule>): { promotions: PromotionRule[] } =>
  ({ promotions: [{ promotionId: 'a', ...change }] });
const many = (count: number): number[] => [...Array(count).keys()];
const feesOf = (count: number): { fees: FeeRule[] } =>
  ({ fees: many(count).map((i) => ({ feeId: `f${i}`, per: 'order', amount: 1 })) });
const taxesOf = (count: number): { taxes: TaxRule[] } =>
  ({ taxes: many(count).map((i) => ({ taxId: `t${i}`, percent: 1, included: false })) });

type Rules = Parameters<typeof pricingFaults>[0];
const TABLE: [what: string, rules: Partial<Rules>, ...fields: string[]][] = [
  ['nothing', {}],
  ['a fixed fee', fee({ amount: 0 })],
  ['a fee of four decimals', fee({ percent: 0.0001 })],
  ['a fee for some', fee({ percent: 100, categoryIds: ['circle'], ticketTypes: ['child'] })],
  ['a fee of the order', fee({ per: 'order', amount: AMOUNT_MINOR_MAX })],
  ['as many fees and taxes as may be', { ...feesOf(FEES_MAX), ...taxesOf(TAXES_MAX) }],
  ['a promotion', promotion({ percent: 100, categoryIds: ['stalls'] })],
  ['one fee too many', feesOf(FEES_MAX + 1), '/fees'],
  ['one tax too many', taxesOf(TAXES_MAX + 1), '/taxes'],
  ['a fee without a rate', fee({}), '/fees/0'],
  ['a fee with two rates', fee({ amount: 1, percent: 1 }), '/fees/0'],
  ['a fee of half a unit', fee({ amount: 0.5 }), '/fees/0/amount'],
  ['a fee below nothing', fee({ amount: -1 }), '/fees/0/amount'],
  ['a fee past the limit', fee({ amount: AMOUNT_MINOR_MAX + 1 }), '/fees/0/amount'],
  ['a fee of five decimals', fee({ percent: 0.00001 }), '/fees/0/percent'],
  ['a fee of the order for some',
    fee({ per: 'order', amount: 1, categoryIds: ['stalls'], ticketTypes: ['adult'] }),
    '/fees/0/categoryIds', '/fees/0/ticketTypes'],
  ['an id in capitals', fee({ feeId: 'A', amount: 1 }), '/fees/0/feeId'],
  ['an id of 33 characters', tax({ taxId: 'a'.repeat(33) }), '/taxes/0/taxId'],
  ['an id twice', { fees: [...fee({ amount: 1 }).fees, ...fee({ amount: 2 }).fees] }, '/fees/1/feeId'],
  ['a tax over 100 %', tax({ percent: 100.5 }), '/taxes/0/percent'],
  ['a tax below nothing', tax({ percent: -1 }), '/taxes/0/percent'],
  ['a tax on what is not sold', tax({ categoryIds: ['stalls', 'pit'] }), '/taxes/0/categoryIds/1'],
  ['a promotion without a rate', promotion({}), '/promotions/0'],
  ['a promotion for nobody', promotion({ amount: 1, ticketTypes: [] }), '/promotions/0/ticketTypes'],
  ['a promotion over 100 %', promotion({ percent: 101 }), '/promotions/0/percent'],
  ['a promotion twice',
    { promotions: [...promotion({ amount: 1 }).promotions, ...promotion({ percent: 5 }).promotions] },
    '/promotions/1/promotionId'],
  ['a promotion for what is not sold', promotion({ amount: 1, ticketTypes: ['senior'] }),
    '/promotions/0/ticketTypes/0'],
];

for (const [what, rules, ...fields] of TABLE) {
  t.test(`${what}: ${fields.length === 0 ? 'is fine' : fields.join(' ')}`, (t) => {
    const faults = pricingFaults({ fees: [], taxes: [], ...rules }, known);
    t.same(faults.map((fault) => fault.field), fields);
    for (const { message } of faults) t.ok(message.length > 5);
    t.end();
  });
}
