import { createHmac } from 'node:crypto';

export interface WebhookHeaders {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/**
 * The headers of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, base64, once per key, so that
 * a receiver that knows any of the secrets is content.
 *
 * @param body exactly as it is sent
 * @param atMs the time of this attempt; the header has whole seconds
 */
export function signWebhook(
  { id, atMs, body, keys }: { id: string; atMs: number; body: string; keys: readonly Uint8Array[] },
): WebhookHeaders {
  const timestamp = String(Math.floor(atMs / 1_000));
  const signatures = keys.map((key) =>
    `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/**
 * The key in a secret as Standard Webhooks writes it: `whsec_` and 24 to 64 bytes in base64.
 *
 * @throws Error with a sentence, without the secret
 */
export function keyOfSecret(secret: string): Uint8Array {
  const key = Buffer.from(/^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] ?? '', 'base64');
  if (key.length < 24 || key.length > 64) {
    throw new Error('the secret of webhooks needs the form whsec_… with 24 to 64 bytes in base64');
  }
  return key;
}
