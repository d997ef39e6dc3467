import {
  AMOUNT_MINOR_MAX, FEES_MAX, isAmount, PERCENT_MAX, percentUnits, RULE_ID_PATTERN, TAXES_MAX,
} from './pricing.ts';
import type { PricingRules, PromotionRule, Rate, RuleScope } from './pricing.ts';

/** A fault of the rules, with the JSON pointer of the field in the definition of the sale. */
export interface PricingFault {
  field: string;
  message: string;
}

/**
 * Every fault of a sale's fees, taxes and promotions: what `pricing.ts` throws on, what could carry a total
 * past 2^53, and rules for tickets that are not sold. `known` is what the sale sells. How many promotions
 * there may be, their codes and times are not looked at.
 */
export function pricingFaults(
  rules: PricingRules & { promotions?: readonly PromotionRule[] },
  known: { categoryIds: readonly string[]; ticketTypes: readonly string[] },
): PricingFault[] {
  const { fees, taxes, promotions = [] } = rules;
  const faults: PricingFault[] = [];
  const fault = (field: string, message: string): void => void faults.push({ field, message });
  if (fees.length > FEES_MAX) fault('/fees', `more than ${FEES_MAX} fees`);
  if (taxes.length > TAXES_MAX) fault('/taxes', `more than ${TAXES_MAX} taxes`);
  checkIds('/fees', 'feeId', fees.map((fee) => fee.feeId), fault);
  checkIds('/taxes', 'taxId', taxes.map((tax) => tax.taxId), fault);
  checkIds('/promotions', 'promotionId', promotions.map((one) => one.promotionId), fault);
  for (const [i, fee] of fees.entries()) {
    checkRate(`/fees/${i}`, fee, fault);
    if (fee.per === 'ticket') checkScope(`/fees/${i}`, fee, known, fault);
    else checkUnlimited(`/fees/${i}`, fee, fault);
  }
  for (const [i, tax] of taxes.entries()) {
    checkPercent(`/taxes/${i}/percent`, tax.percent, fault);
    checkScope(`/taxes/${i}`, tax, known, fault);
  }
  for (const [i, promotion] of promotions.entries()) {
    checkRate(`/promotions/${i}`, promotion, fault);
    checkScope(`/promotions/${i}`, promotion, known, fault);
  }
  return faults;
}

const RULE_ID = new RegExp(RULE_ID_PATTERN);

type Fault = (field: string, message: string) => void;

function checkIds(list: string, name: string, ids: string[], fault: Fault): void {
  for (const [i, id] of ids.entries()) {
    if (!RULE_ID.test(id)) fault(`${list}/${i}/${name}`, `"${id}" is not 1 to 32 of a-z, 0-9 and "-"`);
    else if (ids.indexOf(id) < i) fault(`${list}/${i}/${name}`, `"${id}" is there twice`);
  }
}

function checkRate(field: string, { amount, percent }: Rate, fault: Fault): void {
  if ((amount === undefined) === (percent === undefined)) fault(field, 'needs either an amount or a percent');
  if (percent !== undefined) checkPercent(`${field}/percent`, percent, fault);
  if (amount !== undefined && !isAmount(amount)) {
    fault(`${field}/amount`, `must be from 0 to ${AMOUNT_MINOR_MAX} minor units`);
  }
}

function checkPercent(field: string, percent: number, fault: Fault): void {
  try {
    percentUnits(percent);
  } catch {
    fault(field, `must be from 0 to ${PERCENT_MAX}, with at most 4 decimals`);
  }
}

function checkScope(
  field: string,
  scope: RuleScope,
  known: Required<RuleScope>,
  fault: Fault,
): void {
  for (const name of ['categoryIds', 'ticketTypes'] as const) {
    const list = scope[name];
    if (list?.length === 0) fault(`${field}/${name}`, 'is empty: leave it out if the rule is for all');
    for (const [i, one] of (list ?? []).entries()) {
      if (!known[name].includes(one)) fault(`${field}/${name}/${i}`, `"${one}" is not sold`);
    }
  }
}

function checkUnlimited(field: string, scope: RuleScope, fault: Fault): void {
  for (const name of ['categoryIds', 'ticketTypes'] as const) {
    if (scope[name] !== undefined) fault(`${field}/${name}`, 'a fee of the order is for the whole order');
  }
}
