import { createHash, createHmac } from 'node:crypto';

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

const ID_CHARS = 27;

/**
 * The id by which a receiver tells what it had before: of the event and the webhook, the same for every
 * attempt and every replay. An event's id is unique within its sale and may have any character.
 */
export function messageIdOf(webhookId: string, saleId: string, eventId: string): string {
  const digest = createHash('sha256').update(`${webhookId}\n${saleId}\n${eventId}`).digest('base64url');
  return `msg_${digest.slice(0, ID_CHARS)}`;
}
