const format = new Intl.NumberFormat('en-GB');

/** `25,000` */
export function formatCount(n: number): string {
  return format.format(n);
}
