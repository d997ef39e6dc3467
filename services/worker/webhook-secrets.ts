import { createHmac, randomBytes } from 'node:crypto';

/**
 * The signing secrets of webhooks. None is kept anywhere: each is derived from WEBHOOK_SECRET, the webhook's
 * id and a nonce, and only the nonce is in the database. Another WEBHOOK_SECRET makes all of them invalid.
 */
export interface WebhookSecrets {
  /** as the receiver gets it: `whsec_` and 32 bytes in base64 */
  show(webhookId: string, nonce: string): string;
  /** the key that signs */
  keyOf(webhookId: string, nonce: string): Uint8Array;
}

/** @param masterSecret WEBHOOK_SECRET */
export function createWebhookSecrets(masterSecret: string): WebhookSecrets {
  const keyOf = (webhookId: string, nonce: string): Buffer =>
    createHmac('sha256', masterSecret).update(`webhook\n${webhookId}\n${nonce}`).digest();
  return { keyOf, show: (webhookId, nonce) => `whsec_${keyOf(webhookId, nonce).toString('base64')}` };
}

/** A nonce for a new secret. */
export function newNonce(): string {
  return randomBytes(16).toString('base64url');
}
