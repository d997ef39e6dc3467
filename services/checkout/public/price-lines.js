/**
 * What a total is made of, as the server has computed it; nothing is computed here but sums of what was
 * sent.
 *
 * @typedef {import('./sale-types.js').Sale} Sale
 * @typedef {{ label: string, amount: number, included: boolean }} PriceLine amount in minor units; what is
 *   included is part of the lines before it
 */

/**
 * @param {{ items: import('./sale-types.js').HoldItem[], fees?: import('./sale-types.js').Fee[], taxes?:
 *   import('./sale-types.js').Tax[] }} sold a hold or an order
 * @param {Pick<Sale, 'fees' | 'taxes'>} names where fees and taxes have their names
 * @returns {PriceLine[]} empty when the prices of the tickets are all there is
 */
export function priceLines({ items, fees = [], taxes = [] }, names) {
  /** @type {Map<string, number>} */
  const feeSums = new Map();
  for (const { feeId, amount } of [...items.flatMap((item) => item.fees ?? []), ...fees]) {
    feeSums.set(feeId, (feeSums.get(feeId) ?? 0) + amount);
  }
  const charges = [
    ...[...feeSums].map(([feeId, amount]) => ({ label: feeName(names, feeId), amount, included: false })),
    ...taxes.map(({ taxId, amount, included }) => ({ label: taxName(names, taxId), amount, included })),
  ].filter(({ amount }) => amount > 0);
  if (charges.length === 0) return [];
  const tickets = items.reduce((sum, item) => sum + item.price, 0);
  const added = charges.filter(({ included }) => !included);
  const contained = charges.filter(({ included }) => included);
  return [{ label: 'Tickets', amount: tickets, included: false }, ...added, ...contained];
}

/**
 * What will be added to the prices shown before a reservation, in words; the reservation has the sums.
 * @param {Pick<Sale, 'fees' | 'taxes'>} sale
 * @param {(minor: number) => string} money
 * @returns {string} empty when nothing is added
 */
export function addedLater({ fees = [], taxes = [] }, money) {
  const parts = [
    ...fees.map(({ feeId, name, per, amount, percent }) => {
      const rate = amount === undefined ? `${percent ?? 0} %` : money(amount);
      return `${name ?? feeId}: ${rate} per ${per}`;
    }),
    ...taxes
      .filter(({ included }) => !included)
      .map(({ taxId, name, percent }) => `${name ?? taxId}: ${percent} %`),
  ];
  return parts.length === 0 ? '' : `Added when you reserve: ${parts.join('; ')}.`;
}

/** @param {Pick<Sale, 'fees'>} names @param {string} feeId */
function feeName({ fees = [] }, feeId) {
  return fees.find((fee) => fee.feeId === feeId)?.name ?? feeId;
}

/** @param {Pick<Sale, 'taxes'>} names @param {string} taxId */
function taxName({ taxes = [] }, taxId) {
  const tax = taxes.find((one) => one.taxId === taxId);
  return tax === undefined ? taxId : `${tax.name ?? tax.taxId} ${tax.percent} %`;
}
