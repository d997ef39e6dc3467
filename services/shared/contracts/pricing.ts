/**
 * Prices as sold: what a ticket costs with its fees and taxes, the text in which a hold keeps that, and what
 * a hold or an order comes to. The rule of rounding is docs/pricing.md, whose examples are run as tests.
 *
 * Guarantees: integers in minor units; each line of a ticket and each line of an order is rounded once, half
 * away from zero, on exact integers, and a quantity only multiplies; a total depends on the kept texts alone,
 * so a new price, fee or tax changes no live hold; what is within the limits below never passes 2^53.
 * Does not check the rules of a sale as an operator wrote them: `pricingFaults` does, when it is defined;
 * rules that it refuses throw here.
 * Called by selling for claims, answers and orders, by `evolve` and readers of the log for totals.
 */

/** Of a price and of a fixed fee, in minor units. */
export const AMOUNT_MINOR_MAX = 1_000_000_000;
/**
 * With prices of AMOUNT_MINOR_MAX, 100,000 tickets, and 8 fees and 8 taxes of 100 % each, a total is at most
 * 9 · 9 · 10^14 = 8.1 · 10^15, just below 2^53.
 */
export const FEES_MAX = 8;
export const TAXES_MAX = 8;
export const PERCENT_MAX = 100;
export const RULE_ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,31}$';

/** Either a fixed amount in minor units or a percentage with at most 4 decimals. */
export interface Rate {
  amount?: number;
  percent?: number;
}

/** Whom a rule is for; a list that is not there stands for all. */
export interface RuleScope {
  categoryIds?: readonly string[];
  ticketTypes?: readonly string[];
}

/** A fee of each ticket, or of the whole order (then for all of it: no categoryIds or ticketTypes). */
export interface FeeRule extends Rate, RuleScope {
  feeId: string;
  per: 'ticket' | 'order';
}

/** A tax on tickets and fees: contained in what they cost (`included`), or added to it. */
export interface TaxRule {
  taxId: string;
  percent: number;
  included: boolean;
  categoryIds?: readonly string[];
}

/** What is taken off the price of each ticket. */
export interface PromotionRule extends Rate, RuleScope {
  promotionId: string;
}

export interface PricingRules {
  fees: readonly FeeRule[];
  taxes: readonly TaxRule[];
}

/** One ticket before any rule: the price of its category and ticket type. */
export interface TicketBase {
  priceMinor: number;
  categoryId: string;
  ticketType: string;
}

/** Minor units. */
export interface FeeLine {
  feeId: string;
  amount: number;
}

/** Minor units; an included tax is part of a price or fee, any other comes on top. */
export interface TaxLine {
  taxId: string;
  amount: number;
  included: boolean;
}

/** One ticket as sold: unit price after promotion, its fees, and the taxes on both. Minor units. */
export interface TicketPrice {
  price: number;
  fees: FeeLine[];
  taxes: TaxLine[];
}

/** The fees of an order in force when its hold was placed, and the taxes on them. */
export interface Terms {
  fees: ({ feeId: string } & Rate)[];
  taxes: { taxId: string; percent: number; included: boolean }[];
}

/** Some tickets of one price. */
export interface PricedLine {
  money: TicketPrice;
  quantity: number;
}

/** What a hold or an order comes to: `fees` of the order only, `taxes` of all its tickets and fees. */
export interface PriceTotal {
  total: number;
  fees: FeeLine[];
  taxes: TaxLine[];
}

/** 100 % in ten-thousandths of a percent. */
const WHOLE = 1_000_000;

/**
 * Prices one ticket. Percentage fees are of the price after promotion; taxes are on that price and the fees
 * together. Lines that come to 0 are left out. Throws RangeError on rules that `pricingFaults` refuses.
 *
 * @param promotion taken off if it is for this category and ticket type; a price never falls below 0
 */
export function priceTicket(
  rules: PricingRules,
  base: TicketBase,
  promotion?: PromotionRule,
): TicketPrice {
  const listMinor = checkedAmount(base.priceMinor);
  const isReduced = promotion !== undefined && isFor(promotion, base);
  const priceMinor = isReduced ? reducedPrice(listMinor, promotion) : listMinor;
  const fees = feeLines(rules.fees.filter((fee) => fee.per === 'ticket' && isFor(fee, base)), priceMinor);
  const taxes = taxLines(rules.taxes.filter((tax) => isFor(tax, base)), priceMinor + sumOf(fees));
  return { price: priceMinor, fees, taxes };
}

/**
 * The text an item of a hold keeps: unit price, `+feeId=amount` per fee, then `~taxId=amount` per included
 * and `^taxId=amount` per added tax; `4500` if there are none. It has no comma, semicolon, colon, slash
 * or space. Throws RangeError on ids and amounts that `priceTicket` does not give.
 */
export function packMoney(money: TicketPrice): string {
  let text = packAmount(money.price);
  for (const fee of money.fees) text += `+${checkedId(fee.feeId)}=${packAmount(fee.amount)}`;
  for (const tax of money.taxes) text += `${taxSign(tax)}${checkedId(tax.taxId)}=${packAmount(tax.amount)}`;
  return text;
}

/** Reads the text of `packMoney`; throws RangeError on any other. */
export function readMoney(text: string): TicketPrice {
  if (AMOUNT.test(text)) return { price: Number(text), fees: [], taxes: [] };
  if (!MONEY.test(text)) throw new RangeError(`not a price as sold: ${text.slice(0, 80)}`);
  const fees: FeeLine[] = [];
  const taxes: TaxLine[] = [];
  for (const { sign, id, value } of packedLines(text)) {
    if (sign === '+') fees.push({ feeId: id, amount: Number(value) });
    else taxes.push({ taxId: id, amount: Number(value), included: sign === '~' });
  }
  return { price: Number.parseInt(text, 10), fees, taxes };
}

/**
 * The text a hold keeps of the fees per order and the taxes on them, '' if there are no such fees:
 * `+feeId=amount` or `+feeId=2.5%` per fee, then `~taxId=19%` and `^taxId=8.875%`. Taxes limited to
 * categories are not on fees of the order. Beside the characters of `packMoney` it has `.` and `%`. Throws
 * RangeError on rules that `pricingFaults` refuses.
 */
export function packTerms(rules: PricingRules): string {
  let text = '';
  for (const fee of rules.fees) {
    if (fee.per !== 'order') continue;
    if (fee.categoryIds !== undefined || fee.ticketTypes !== undefined) {
      throw new RangeError(`the fee "${fee.feeId}" of the order is limited to some tickets`);
    }
    text += `+${checkedId(fee.feeId)}=${packRate(fee)}`;
  }
  if (text === '') return '';
  for (const tax of rules.taxes) {
    if (tax.categoryIds === undefined) text += `${taxSign(tax)}${checkedId(tax.taxId)}=${packRate(tax)}`;
  }
  return text;
}

/** Reads the text of `packTerms`; throws RangeError on any other. */
export function readTerms(text: string): Terms {
  const terms: Terms = { fees: [], taxes: [] };
  if (text === '') return terms;
  if (!TERMS.test(text)) throw new RangeError(`not terms of an order: ${text.slice(0, 80)}`);
  for (const { sign, id, value } of packedLines(text)) {
    const percent = Number(value.replace('%', ''));
    if (value.endsWith('%')) percentUnits(percent);
    if (sign !== '+') terms.taxes.push({ taxId: id, percent, included: sign === '~' });
    else if (value.endsWith('%')) terms.fees.push({ feeId: id, percent });
    else terms.fees.push({ feeId: id, amount: checkedAmount(Number(value)) });
  }
  return terms;
}

/**
 * What lines of tickets come to under terms: Σ quantity · (price + fees + added taxes), the fees of the
 * order (a percentage is of the sum of the ticket prices after promotion, without their fees and taxes), and
 * their added taxes. No tickets cost nothing. Throws RangeError if the total passes 2^53.
 */
export function totalOf(lines: readonly PricedLine[], terms: Terms): PriceTotal {
  let pricesMinor = 0;
  let totalMinor = 0;
  let quantitySum = 0;
  const taxes: TaxLine[] = [];
  for (const { money, quantity } of lines) {
    pricesMinor += money.price * quantity;
    totalMinor += (money.price + sumOf(money.fees) + addedOf(money.taxes)) * quantity;
    quantitySum += quantity;
    if (quantity > 0) addTaxes(taxes, money.taxes, quantity);
  }
  const fees = quantitySum === 0 ? [] : feeLines(terms.fees, pricesMinor);
  if (fees.length > 0) {
    const feesMinor = sumOf(fees);
    const feeTaxes = taxLines(terms.taxes, feesMinor);
    addTaxes(taxes, feeTaxes, 1);
    totalMinor += feesMinor + addedOf(feeTaxes);
  }
  // Nothing is negative, so a total that is exact had exact parts.
  if (!Number.isSafeInteger(totalMinor)) throw new RangeError(`the total ${totalMinor} is not exact`);
  return { total: totalMinor, fees, taxes };
}

/** True for whole minor units from 0 to AMOUNT_MINOR_MAX. */
export function isAmount(amountMinor: number): boolean {
  return Number.isSafeInteger(amountMinor) && amountMinor >= 0 && amountMinor <= AMOUNT_MINOR_MAX;
}

/**
 * A percentage from 0 to PERCENT_MAX in ten-thousandths of a percent. Throws RangeError on any other, and on
 * more than 4 decimals (such a number is not the quotient of its ten-thousandths).
 */
export function percentUnits(percent: number | undefined): number {
  const units = Math.round((percent ?? Number.NaN) * 10_000);
  const isExact = units / 10_000 === percent && units >= 0 && units <= PERCENT_MAX * 10_000;
  if (!isExact) throw new RangeError(`${percent} is not a percentage of at most 4 decimals`);
  return units;
}

function isFor(scope: RuleScope, { categoryId, ticketType }: TicketBase): boolean {
  return (scope.categoryIds?.includes(categoryId) ?? true)
    && (scope.ticketTypes?.includes(ticketType) ?? true);
}

/** What is rounded is the price that is left, not what is taken off: half a unit goes to the seller. */
function reducedPrice(listMinor: number, promotion: PromotionRule): number {
  if (promotion.amount !== undefined) return Math.max(0, listMinor - checkedAmount(promotion.amount));
  return shareOf(listMinor, WHOLE - percentUnits(promotion.percent), WHOLE);
}

function feeLines(fees: readonly ({ feeId: string } & Rate)[], baseMinor: number): FeeLine[] {
  return fees.map(({ feeId, amount, percent }) => ({
    feeId,
    amount: amount === undefined ? shareOf(baseMinor, percentUnits(percent), WHOLE) : checkedAmount(amount),
  })).filter((line) => line.amount > 0);
}

/** Included taxes share what is within the base: of 119 at 19 % it is 19 of 119; added ones are 19 of 100. */
function taxLines(taxes: Terms['taxes'], baseMinor: number): TaxLine[] {
  let grossUnits = WHOLE;
  for (const tax of taxes) if (tax.included) grossUnits += percentUnits(tax.percent);
  return taxes.map(({ taxId, percent, included }) => ({
    taxId,
    amount: shareOf(baseMinor, percentUnits(percent), included ? grossUnits : WHOLE),
    included,
  })).filter((line) => line.amount > 0);
}

/** base · part / whole, rounded half away from zero; none of them is negative, so a half goes up. */
function shareOf(baseMinor: number, part: number, whole: number): number {
  const product = baseMinor * part;
  if (product <= Number.MAX_SAFE_INTEGER) {
    const rest = product % whole;
    return (product - rest) / whole + (rest * 2 >= whole ? 1 : 0);
  }
  return Number((BigInt(baseMinor) * BigInt(part) * 2n + BigInt(whole)) / (BigInt(whole) * 2n));
}

function sumOf(lines: readonly { amount: number }[]): number {
  let sumMinor = 0;
  for (const line of lines) sumMinor += line.amount;
  return sumMinor;
}

function addedOf(taxes: readonly TaxLine[]): number {
  let sumMinor = 0;
  for (const tax of taxes) if (!tax.included) sumMinor += tax.amount;
  return sumMinor;
}

function addTaxes(sums: TaxLine[], taxes: readonly TaxLine[], quantity: number): void {
  for (const { taxId, amount, included } of taxes) {
    const sum = sums.find((one) => one.taxId === taxId && one.included === included);
    if (sum === undefined) sums.push({ taxId, amount: amount * quantity, included });
    else sum.amount += amount * quantity;
  }
}

// Fifteen digits are always below 2^53, and a text has one form only: no leading or trailing zeros.
const amount = String.raw`(?:0|[1-9]\d{0,14})`;
const percent = String.raw`(?:0|[1-9]\d{0,2})(?:\.\d{0,3}[1-9])?%`;
const id = '[a-z0-9][a-z0-9-]{0,31}';
const AMOUNT = new RegExp(`^${amount}$`);
const MONEY = new RegExp(String.raw`^${amount}(?:\+${id}=${amount})*(?:[~^]${id}=${amount})*$`);
const TERMS = new RegExp(String.raw`^(?:\+${id}=(?:${amount}|${percent}))+(?:[~^]${id}=${percent})*$`);
const SIGNS = '+~^';
const RULE_ID = new RegExp(RULE_ID_PATTERN);

/** The lines of a text that MONEY or TERMS fits: a line ends where the sign of the next one stands. */
function packedLines(text: string): { sign: string; id: string; value: string }[] {
  const lines: { sign: string; id: string; value: string }[] = [];
  for (let at = nextSign(text, 0); at < text.length;) {
    const equals = text.indexOf('=', at);
    const end = nextSign(text, equals);
    lines.push({ sign: text.charAt(at), id: text.slice(at + 1, equals), value: text.slice(equals + 1, end) });
    at = end;
  }
  return lines;
}

function nextSign(text: string, from: number): number {
  let at = from;
  while (at < text.length && !SIGNS.includes(text.charAt(at))) at++;
  return at;
}

function taxSign(tax: { included: boolean }): string {
  return tax.included ? '~' : '^';
}

function packRate({ amount, percent }: Rate): string {
  if (amount !== undefined) return packAmount(checkedAmount(amount));
  return `${percentUnits(percent) / 10_000}%`;
}

function packAmount(amountMinor: number): string {
  const text = String(amountMinor);
  if (!AMOUNT.test(text)) throw new RangeError(`${text} is not an amount in minor units`);
  return text;
}

function checkedAmount(amountMinor: number): number {
  if (isAmount(amountMinor)) return amountMinor;
  throw new RangeError(`${amountMinor} is not from 0 to ${AMOUNT_MINOR_MAX} minor units`);
}

function checkedId(id: string): string {
  if (!RULE_ID.test(id)) throw new RangeError(`"${id}" is not the id of a fee or tax`);
  return id;
}
