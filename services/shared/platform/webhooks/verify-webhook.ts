import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far a message's time may be from ours, before and behind, as Standard Webhooks recommends. */
const TOLERANCE_MS = 5 * 60_000;

/**
 * Whether a message was signed with one of the keys and is of now, as Standard Webhooks 1.0 says. That it
 * was not taken before is for whoever takes it to know.
 *
 * @param body as it came, byte by byte
 */
export function isWebhookOf(
  keys: readonly Uint8Array[],
  headers: Record<string, string | string[] | undefined>,
  body: Buffer,
  nowMs: number,
): boolean {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature']
    .map((name) => headers[`webhook-${name}`]);
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false;
  const isOfNow = Math.abs(nowMs - Number(timestamp) * 1_000) <= TOLERANCE_MS;
  if (!/^\d{1,12}$/.test(timestamp) || !isOfNow) return false;
  const given = signatures.split(' ').filter((one) => one.startsWith('v1,'))
    .map((one) => Buffer.from(one.slice('v1,'.length), 'base64'));
  return keys.some((key) => {
    const wanted = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
    return given.some((one) => one.length === wanted.length && timingSafeEqual(one, wanted));
  });
}
