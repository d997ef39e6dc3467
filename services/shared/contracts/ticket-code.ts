import { createHash } from 'node:crypto';

/**
 * The code of an order's n-th ticket (n = 1, 2, 3 …), which its QR carries: 16 characters of base64url, 96
 * bits of SHA-256 over the order's secret seed and n. Whoever reads the log can derive it; who has seen one
 * ticket cannot guess its neighbours.
 */
export function ticketCode(ticketSeed: string, n: number): string {
  return createHash('sha256').update(`${ticketSeed}/${n}`).digest('base64url').slice(0, 16);
}

/** The public number of an order's n-th ticket. */
export function ticketId(orderId: string, n: number): string {
  return `${orderId}-${n}`;
}
