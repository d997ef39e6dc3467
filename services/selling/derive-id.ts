import { hash } from 'node:crypto';

/**
 * Ids of holds, orders and refunds derive from who asked and under which Idempotency-Key (keyed SHA-256 under
 * ID_SECRET, 128 bits): whichever process gets the repeat finds the same record, and nobody without the
 * secret can guess an id. Keyed inside and outside as HMAC is, but with the one-shot `hash`: an Hmac object
 * per request cost 6 % of the hold route (November 2026).
 */
export function deriveId(
  secret: string,
  prefix: 'h' | 'o' | 'r' | 't',
  scope: { saleId: string; buyerId: string; key: string },
): string {
  const { saleId, buyerId, key } = scope;
  const inner = hash('sha256', `${secret}\n${prefix}\n${saleId}\n${buyerId}\n${key}`);
  return `${prefix}_${hash('sha256', `${secret}\n${inner}`, 'base64url').slice(0, 22)}`;
}

/**
 * The digest by which a repeat is told from another request under the same key: 96 bits of SHA-256 under
 * ID_SECRET. It is in the log for ever, and without the secret nobody shall be able to find out by trying
 * which name and e-mail were ordered with.
 */
export function digestOf(secret: string, payload: unknown): string {
  return hash('sha256', `${secret}\n${canonical(payload)}`, 'base64url').slice(0, 16);
}

/** By which an access code is known to Redis and the log; the code itself is with those it was given to. */
export function accessDigestOf(secret: string, saleId: string, code: string): string {
  return hash('sha256', `${secret}\naccess\n${saleId}\n${code}`, 'base64url').slice(0, 22);
}

/**
 * JSON with the members of objects in order of name: the order a client writes them in says nothing.
 */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  let members = '';
  for (const name of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[name];
    if (member !== undefined) members += `${JSON.stringify(name)}:${canonical(member)},`;
  }
  return `{${members}}`;
}
