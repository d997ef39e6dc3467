import { createHmac, hash } from 'node:crypto';

/**
 * Ids of holds and orders derive from who asked and under which Idempotency-Key (HMAC-SHA256 under
 * ID_SECRET, 128 bits): whichever process gets the repeat finds the same record, and nobody without the
 * secret can guess an id.
 */
export function deriveId(
  secret: string,
  prefix: 'h' | 'o' | 't',
  scope: { saleId: string; buyerId: string; key: string },
): string {
  const text = `${prefix}\n${scope.saleId}\n${scope.buyerId}\n${scope.key}`;
  return `${prefix}_${createHmac('sha256', secret).update(text).digest('base64url').slice(0, 22)}`;
}

/** The digest by which a repeat is told from another request under the same key: 96 bits of SHA-256. */
export function digestOf(payload: unknown): string {
  return hash('sha256', JSON.stringify(sorted(payload)), 'base64url').slice(0, 16);
}

/**
 * The same value with the members of its objects in order of name: the order a client writes them in says
 * nothing.
 */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
}
