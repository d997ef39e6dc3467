import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import t from 'tap';
import {
  AMOUNT_MINOR_MAX, FEES_MAX, packMoney, packTerms, PERCENT_MAX, priceTicket, readMoney, readTerms, TAXES_MAX,
  totalOf,
} from '../../../../services/shared/contracts/pricing.ts';
import type {
  FeeRule, PriceTotal, PricingRules, PromotionRule, TaxRule, Terms, TicketBase, TicketPrice,
} from '../../../../services/shared/contracts/pricing.ts';

/** docs/pricing.md in numbers: its examples, then what must hold for any rules and prices. */
interface Example {
  rules: PricingRules;
  promotion?: PromotionRule;
  tickets: (TicketBase & { quantity: number; money: string })[];
  terms: string;
  total: PriceTotal;
}

const page = readFileSync(new URL('../../../../docs/pricing.md', import.meta.url), 'utf8');
const examples = page.slice(page.indexOf('\n## Examples')).split('\n### ').slice(1).flatMap((section) => {
  const title = section.slice(0, section.indexOf('\n'));
  return [...section.matchAll(/```json\n(.*?)```/gs)]
    .map(([, json = '']) => ({ title, example: JSON.parse(json) as Example }));
});

t.test('the page has its examples', (t) => {
  t.equal(examples.length, 9);
  t.equal(page.match(/```json/g)?.length, examples.length, 'all of them are found');
  t.end();
});

for (const { title, example } of examples) {
  t.test(`docs/pricing.md: ${title}`, (t) => {
    const { rules, promotion, tickets } = example;
    const lines = tickets.map(({ quantity, money, ...base }) => {
      t.equal(packMoney(priceTicket(rules, base, promotion)), money);
      return { money: readMoney(money), quantity };
    });
    t.equal(packTerms(rules), example.terms);
    t.same(totalOf(lines, readTerms(example.terms)), example.total);
    t.end();
  });
}

/** quotient of integers, rounded half away from zero: the definition, on bigints alone. */
const rounded = (dividend: bigint, divisor: bigint): number =>
  Number(dividend / divisor + (dividend % divisor * 2n >= divisor ? 1n : 0n));
const unitsOf = (percent: number): bigint => BigInt(percent.toFixed(4).replace('.', ''));

const seeded: fc.Parameters<unknown> = process.env['MODEL_SEED'] === undefined
  ? { numRuns: 1_000 } : { numRuns: 1_000, seed: Number(process.env['MODEL_SEED']) };
const upTo = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
const categoryId = fc.constantFrom('stalls', 'circle');
const ticketType = fc.constantFrom('adult', 'child');
// Percentages come as an operator writes them: decimals read from a text.
const percent = fc.oneof(upTo(PERCENT_MAX * 10_000), fc.constantFrom(25_000, 1))
  .map((units) => Number(`${Math.floor(units / 10_000)}.${String(units % 10_000).padStart(4, '0')}`));
const priceMinor = fc.oneof(upTo(20_000), upTo(AMOUNT_MINOR_MAX));
const rate = fc.oneof(priceMinor.map((amount) => ({ amount })), percent.map((percent) => ({ percent })));
const scope = fc.record(
  {
    categoryIds: fc.subarray(['stalls', 'circle'], { minLength: 1 }),
    ticketTypes: fc.subarray(['adult', 'child'], { minLength: 1 }),
  },
  { requiredKeys: [] },
);
const fee: fc.Arbitrary<Omit<FeeRule, 'feeId'>> = fc.oneof(
  fc.tuple(rate, scope).map(([rate, scope]) => ({ per: 'ticket' as const, ...rate, ...scope })),
  rate.map((rate) => ({ per: 'order' as const, ...rate })),
);
const tax: fc.Arbitrary<Omit<TaxRule, 'taxId'>> = fc.record(
  { percent, included: fc.boolean(), categoryIds: fc.subarray(['stalls', 'circle'], { minLength: 1 }) },
  { requiredKeys: ['percent', 'included'] },
);
const rules: fc.Arbitrary<PricingRules> = fc.record({
  fees: fc.array(fee, { maxLength: FEES_MAX })
    .map((list) => list.map((one, i) => ({ feeId: `f-${i}`, ...one }))),
  taxes: fc.array(tax, { maxLength: TAXES_MAX })
    .map((list) => list.map((one, i) => ({ taxId: `${i}x`, ...one }))),
});
const base = fc.record({ priceMinor, categoryId, ticketType });
const promotion: fc.Arbitrary<PromotionRule | undefined> = fc.option(
  fc.tuple(rate, scope).map(([rate, scope]) => ({ promotionId: 'less', ...rate, ...scope })),
  { nil: undefined },
);
const quantity = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 25_000 }));
const tickets = fc.array(fc.record({ base, quantity }), { maxLength: 4 });

type Tickets = { base: TicketBase; quantity: number }[];
const sell = (rules: PricingRules, tickets: Tickets, promotion?: PromotionRule): PriceTotal => totalOf(
  tickets.map(({ base, quantity }) => ({ money: priceTicket(rules, base, promotion), quantity })),
  readTerms(packTerms(rules)),
);
const amountsOf = (total: PriceTotal): number[] =>
  [total.total, ...total.fees.map((line) => line.amount), ...total.taxes.map((line) => line.amount)];

t.test('each line of a ticket is the exact quotient, rounded once', (t) => {
  fc.assert(fc.property(rules, base, promotion, (rules, base, promotion) => {
    const isFor = (rule: { categoryIds?: readonly string[]; ticketTypes?: readonly string[] }): boolean =>
      (rule.categoryIds ?? [base.categoryId]).includes(base.categoryId)
      && (rule.ticketTypes ?? [base.ticketType]).includes(base.ticketType);
    const money = priceTicket(rules, base, promotion);
    const left = promotion === undefined || !isFor(promotion) ? base.priceMinor
      : promotion.amount !== undefined ? Math.max(0, base.priceMinor - promotion.amount)
        : rounded(BigInt(base.priceMinor) * (1_000_000n - unitsOf(promotion.percent ?? 0)), 1_000_000n);
    t.equal(money.price, left);
    const fees = rules.fees.filter((fee) => fee.per === 'ticket' && isFor(fee)).map((fee) => ({
      feeId: fee.feeId,
      amount: fee.amount ?? rounded(BigInt(left) * unitsOf(fee.percent ?? 0), 1_000_000n),
    })).filter((line) => line.amount > 0);
    t.same(money.fees, fees);
    const gross = BigInt(fees.reduce((sum, line) => sum + line.amount, left));
    const applied = rules.taxes.filter(isFor);
    const inside = applied.filter((tax) => tax.included)
      .reduce((sum, tax) => sum + unitsOf(tax.percent), 1_000_000n);
    t.same(money.taxes, applied.map(({ taxId, percent, included }) => ({
      taxId, amount: rounded(gross * unitsOf(percent), included ? inside : 1_000_000n), included,
    })).filter((line) => line.amount > 0));
  }), { ...seeded, numRuns: 400 });
  t.end();
});

t.test('no result is negative, fractional or past 2^53, and the total is its parts', (t) => {
  fc.assert(fc.property(rules, tickets, promotion, (rules, tickets, promotion) => {
    const total = sell(rules, tickets, promotion);
    const parts = tickets.flatMap(({ base, quantity }) => {
      const { price, fees } = priceTicket(rules, base, promotion);
      return [price, ...fees.map((line) => line.amount)].map((amount) => amount * quantity);
    });
    const added = total.taxes.filter((line) => !line.included);
    const sum = [...parts, ...total.fees.map((line) => line.amount), ...added.map((line) => line.amount)]
      .reduce((sum, amount) => sum + amount, 0);
    return sum === total.total
      && amountsOf(total).every((amount) => Number.isSafeInteger(amount) && amount >= 0);
  }), seeded);
  t.end();
});

t.test('a quantity only multiplies: a line may be split and the lines shuffled', (t) => {
  fc.assert(fc.property(rules, tickets, promotion, fc.nat(24_999), (rules, tickets, promotion, at) => {
    const split = tickets.toReversed().flatMap(({ base, quantity }) => {
      const some = at % quantity;
      return [{ base, quantity: some }, { base, quantity: quantity - some }];
    });
    const sorted = ({ total, fees, taxes }: PriceTotal): PriceTotal =>
      ({ total, fees, taxes: taxes.toSorted((a, b) => a.taxId.localeCompare(b.taxId)) });
    t.same(sorted(sell(rules, split, promotion)), sorted(sell(rules, tickets, promotion)));
  }), { ...seeded, numRuns: 400 });
  t.end();
});

t.test('without fees of the order, totals of parts add up to the total of all', (t) => {
  fc.assert(fc.property(rules, tickets, tickets, (rules, some, others) => {
    const perTicket = { ...rules, fees: rules.fees.filter((fee) => fee.per === 'ticket') };
    return sell(perTicket, [...some, ...others]).total
      === sell(perTicket, some).total + sell(perTicket, others).total;
  }), seeded);
  t.end();
});

t.test('included taxes never change the total', (t) => {
  fc.assert(fc.property(rules, tickets, promotion, (rules, tickets, promotion) => {
    const without = { ...rules, taxes: rules.taxes.filter((tax) => !tax.included) };
    return sell(rules, tickets, promotion).total === sell(without, tickets, promotion).total;
  }), seeded);
  t.end();
});

t.test('the largest sale that the limits allow is exact', (t) => {
  const percents = [...Array(FEES_MAX).keys()];
  const base = { priceMinor: AMOUNT_MINOR_MAX, categoryId: 'stalls', ticketType: 'adult' };
  for (const per of ['ticket', 'order'] as const) {
    const { total } = sell({
      fees: percents.map((i) => ({ feeId: `f${i}`, per, percent: 100 })),
      taxes: percents.map((i) => ({ taxId: `t${i}`, percent: 100, included: false })),
    }, [{ base, quantity: 100_000 }]);
    t.equal(BigInt(total), 8_100_000_000_000_000n, `fees per ${per}`);
  }
  const money: TicketPrice = { price: AMOUNT_MINOR_MAX, fees: [], taxes: [] };
  t.throws(() => totalOf([{ money, quantity: 10_000_000 }], readTerms('')), RangeError);
  t.throws(() => totalOf([{ money: { ...money, price: 3 }, quantity: 0.5 }], readTerms('')), RangeError);
  t.end();
});

t.test('what is packed is read again, and has no character that parts records', (t) => {
  const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/);
  const amount = fc.integer({ min: 0, max: 999_999_999_999_999 });
  const money: fc.Arbitrary<TicketPrice> = fc.record({
    price: amount,
    fees: fc.array(fc.record({ feeId: id, amount }), { maxLength: 4 }),
    taxes: fc.array(fc.record({ taxId: id, amount, included: fc.boolean() }), { maxLength: 4 }),
  }, { noNullPrototype: true });
  fc.assert(fc.property(money, (money) => {
    const text = packMoney(money);
    t.same(readMoney(text), money);
    t.notMatch(text, /[,;:/\s]/);
    t.ok(text.startsWith(String(money.price)));
  }), { ...seeded, numRuns: 300 });
  fc.assert(fc.property(rules, (rules) => {
    const text = packTerms(rules);
    const fees = rules.fees.filter((fee) => fee.per === 'order').map(({ per: _, ...fee }) => fee);
    const taxes = fees.length === 0 ? [] : rules.taxes.filter((tax) => tax.categoryIds === undefined);
    t.same(readTerms(text), { fees, taxes } satisfies Terms);
    t.notMatch(text, /[,;:/\s]/);
    t.equal(text === '', fees.length === 0);
  }), { ...seeded, numRuns: 300 });
  t.end();
});

t.test('reading throws on what is never written', (t) => {
  const prices = ['', ' 4500', '4500 ', '4500\n', '04500', '-1', '4500.5', '1e3', '1000000000000000',
    '+a=1', '4500+', '4500+a', '4500+a=', '4500+=1', '4500+a=01', '4500+A=1', '4500+-a=1', '4500+a=1.5',
    '4500+a=1%', '4500~vat=1+a=2', '4500+a=1;', '4500|a=1', '4500+a=1=2', `4500+${'a'.repeat(33)}=1`,
    '4500^', 'NaN', '٤'];
  for (const text of prices) t.throws(() => readMoney(text), RangeError, `price ${JSON.stringify(text)}`);
  const terms = ['4500', '+a', '+a=', '+a=%', '~vat=19%', '+a=1~vat=19', '+a=1~vat=19%+b=2', '+a=2.50%',
    '+a=02%', '+a=.5%', '+a=2.%', '+a=1.00001%', '+a=100.0001%', '+a=1+b=101%', '+a=1^vat=200%', '+a=-1',
    '+a=1.5', '+a=1000000001', '+a=1 ', '+a=1\t'];
  for (const text of terms) t.throws(() => readTerms(text), RangeError, `terms ${JSON.stringify(text)}`);
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'019a-+~^=%.') }), (text) => {
    let money: TicketPrice | undefined;
    try {
      money = readMoney(text);
    } catch {
      return;
    }
    t.equal(packMoney(money), text, 'what is read is what would be written');
  }), { ...seeded, numRuns: 5_000 });
  t.end();
});

t.test('writing throws on what no definition may have', (t) => {
  const base = { priceMinor: 100, categoryId: 'stalls', ticketType: 'adult' };
  const money = (change: Partial<TicketPrice>) => () =>
    packMoney({ price: 1, fees: [], taxes: [], ...change });
  t.throws(money({ price: 1.5 }), RangeError);
  t.throws(money({ price: -1 }), RangeError);
  t.throws(money({ price: 1e15 }), RangeError);
  t.throws(money({ fees: [{ feeId: 'A', amount: 1 }] }), RangeError);
  t.throws(money({ taxes: [{ taxId: 'a', amount: 0.5, included: true }] }), RangeError);
  const order = (rate: Partial<FeeRule>) => () =>
    packTerms({ fees: [{ feeId: 'a', per: 'order', ...rate }], taxes: [] });
  t.throws(order({}), RangeError);
  t.throws(order({ amount: AMOUNT_MINOR_MAX + 1 }), RangeError);
  t.throws(order({ amount: 1, categoryIds: ['stalls'] }), /limited to some tickets/);
  t.throws(order({ amount: 1, ticketTypes: ['adult'] }), /limited to some tickets/);
  for (const percent of [-1, 100.0001, 1.00001, 1e-9, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(order({ percent }), RangeError, `${percent} %`);
    const taxes = [{ taxId: 'a', percent, included: true }];
    t.throws(() => priceTicket({ fees: [], taxes }, base), RangeError, `${percent} %`);
  }
  for (const priceMinor of [-1, 0.5, AMOUNT_MINOR_MAX + 1, Number.NaN]) {
    const other = { ...base, priceMinor };
    t.throws(() => priceTicket({ fees: [], taxes: [] }, other), RangeError, `a price of ${priceMinor}`);
  }
  t.throws(() => priceTicket({ fees: [], taxes: [] }, base, { promotionId: 'a' }), RangeError);
  t.end();
});

t.test('an order of no tickets costs nothing, and a fixed fee stays with free tickets', (t) => {
  const terms = readTerms('+post=490+service=2.5%');
  const nothing = { total: 0, fees: [], taxes: [] };
  t.same(totalOf([], terms), nothing);
  t.same(totalOf([{ money: readMoney('4500~vat=718'), quantity: 0 }], terms), nothing);
  t.same(totalOf([{ money: readMoney('0'), quantity: 2 }], terms),
    { total: 490, fees: [{ feeId: 'post', amount: 490 }], taxes: [] });
  t.end();
});

t.test('a half is rounded up beyond what a double can multiply, too', (t) => {
  // 50 % of 100,999,999,899: 500,000 times that is past 2^53.
  const lines = [{ money: readMoney('999999999'), quantity: 101 }];
  t.same(totalOf(lines, readTerms('+fee=50%')).fees, [{ feeId: 'fee', amount: 50_499_999_950 }]);
  t.end();
});

t.test('a tax that was included in some tickets and added to others has two sums', (t) => {
  const lines = ['4500~vat=718', '4500^vat=855', '2000~vat=319'].map((text) =>
    ({ money: readMoney(text), quantity: 1 }));
  t.same(totalOf(lines, readTerms('+post=100^vat=19%')), {
    total: 11_855 + 119,
    fees: [{ feeId: 'post', amount: 100 }],
    taxes: [
      { taxId: 'vat', amount: 718 + 319, included: true },
      { taxId: 'vat', amount: 855 + 19, included: false },
    ],
  });
  t.end();
});
