import type { Log } from '../../shared/platform/log.ts';
import { backoffMs } from '../../shared/platform/pause.ts';
import { repeat } from '../../shared/platform/repeat.ts';
import type { Repeating } from '../../shared/platform/repeat.ts';
import { createWebhookSender } from '../../shared/platform/webhooks/send-webhook.ts';
import type { WebhookSender } from '../../shared/platform/webhooks/send-webhook.ts';
import { signWebhook } from '../../shared/platform/webhooks/sign-webhook.ts';
import type { Handover, HandoverTable } from './handover-table.ts';
import { viewHandover } from './handover-view.ts';

const LOOK_MS = 200;
const AT_ONCE_MAX = 16;
const ANSWER_MS_MAX = 10_000;
/** Whoever took it may be dead by then. */
const LEASE_MS = 15_000;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 60_000;
const EXPIRED_AT_ONCE_MAX = 100;

export interface TellerParts {
  table: HandoverTable;
  /** of the webhooks' secret */
  key: Uint8Array;
  log: Log;
}

/**
 * Ends handovers whose time is over, and tells onsale of every decision, signed as Standard Webhooks says: at
 * least once, until it is taken. Any number of processes share the work; one that is killed is followed by
 * another.
 */
export function createTeller(parts: TellerParts): Repeating {
  const { table, log } = parts;
  const sender = createWebhookSender({ timeoutMs: ANSWER_MS_MAX });
  const telling = repeat(LOOK_MS, async (signal) => {
    await table.expire(EXPIRED_AT_ONCE_MAX);
    const taken = await table.takeToTell(AT_ONCE_MAX, LEASE_MS);
    await Promise.all(taken.map((handover) => tell({ ...parts, sender }, handover, signal)));
  }, (err) => log.warn({ err }, 'handovers cannot be told'));
  return {
    start: () => telling.start(),
    async stop() {
      await telling.stop();
      sender.close();
    },
  };
}

async function tell(
  { table, key, log, sender }: TellerParts & { sender: WebhookSender },
  handover: Handover,
  signal: AbortSignal,
): Promise<void> {
  const { handover_id: handoverId, status, webhook_url: url, tell_count: count } = handover;
  const body = JSON.stringify({
    type: `payment.${status}`, timestamp: handover.changed_at.toISOString(), data: viewHandover(handover),
  });
  const signed = signWebhook({ id: `msg_${handoverId}`, atMs: Date.now(), body, keys: [key] });
  const headers = { 'content-type': 'application/json', ...signed };
  const reply = await sender.send({ url, headers, body }, signal);
  const isTaken = reply.status !== undefined && reply.status >= 200 && reply.status < 300;
  if (isTaken) return table.noteTold(handoverId);
  const inMs = Math.max(backoffMs(count, RETRY_MS_MIN, RETRY_MS_MAX), reply.retryAfterMs ?? 0);
  log.warn({ handoverId, status: reply.status, fault: reply.fault, inMs }, 'onsale has not taken a decision');
  return table.tellLater(handoverId, Math.min(inMs, RETRY_MS_MAX));
}
