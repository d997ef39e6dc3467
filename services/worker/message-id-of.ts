import { createHash } from 'node:crypto';

const ID_CHARS = 27;

/**
 * The id by which a receiver tells what it had before: of the event and the webhook, the same for every
 * attempt and every replay. An event's id is unique within its sale and may have any character.
 */
export function messageIdOf(webhookId: string, saleId: string, eventId: string): string {
  const digest = createHash('sha256').update(`${webhookId}\n${saleId}\n${eventId}`).digest('base64url');
  return `msg_${digest.slice(0, ID_CHARS)}`;
}
