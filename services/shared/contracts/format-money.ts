const formats = new Map<string, { format: Intl.NumberFormat; minorPerMajor: number }>();

/** `formatMoney(4500, 'EUR')` is €45.00; the number of decimals is the currency's own (JPY has none). */
export function formatMoney(minor: number, currency: string): string {
  let known = formats.get(currency);
  if (known === undefined) {
    const format = new Intl.NumberFormat('en-GB', { style: 'currency', currency });
    known = { format, minorPerMajor: 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2) };
    formats.set(currency, known);
  }
  return known.format.format(minor / known.minorPerMajor);
}
