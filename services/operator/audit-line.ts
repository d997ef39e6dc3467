import type { BusEvent } from '../shared/contracts/bus-record.ts';
import { streamKeyOf } from '../shared/contracts/stream-events.ts';

export const KINDS = ['buyer', 'operator', 'provider', 'system'] as const;
export type Kind = (typeof KINDS)[number];

/** One line of the audit: who did what, when, from where, and why. */
export interface AuditLine {
  position: number;
  /** ISO 8601 */
  at: string;
  kind: Kind;
  /** `buyer`, `key:checkout`, `operator:NAME`, `system` … */
  who: string;
  role: string | null;
  from: string | null;
  why: string | null;
  /** the type of the event of a sale; method and route, or the command, of another act */
  what: string;
  outcome: string;
  saleId: string | null;
  stream: string | null;
  seq: number;
  eventId: string;
  type: string;
  correlationId: string | null;
  causationId: string | null;
  buyerId: string | null;
  holdId: string | null;
  orderId: string | null;
  /** of what is no event of a sale: what it was about */
  details: Record<string, unknown> | null;
}

/** An event as the event store has it, and where. */
export interface PlacedRow {
  streamKey: string;
  seq: number;
  body: BusEvent;
  position: number;
}

/** What the audit says of an event, of whatever type and version. */
export function auditLineOf({ streamKey, seq, body, position }: PlacedRow): AuditLine {
  const { id, type, time, subject, actor = 'system', actorrole, actorfrom, actorwhy, data } = body;
  const members = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  const isSale = streamKey !== streamKeyOf(subject);
  const { what, details, outcome, reason, saleId } = members;
  return {
    position, seq, type,
    at: time,
    kind: kindOf(actor),
    who: actor,
    role: textOf(actorrole),
    from: textOf(actorfrom),
    why: textOf(actorwhy) ?? textOf(reason),
    what: textOf(what) ?? type,
    outcome: textOf(outcome) ?? 'done',
    saleId: isSale ? subject : textOf(saleId),
    stream: isSale ? null : subject,
    eventId: id,
    correlationId: textOf(body.correlationid),
    causationId: textOf(body.causationid),
    buyerId: textOf(members['buyerId']),
    holdId: textOf(members['holdId']),
    orderId: textOf(members['orderId']),
    details: isSale ? null : recordOf(details) ?? members,
  };
}

/** A server with the checkout key acts for a buyer. */
function kindOf(actor: string): Kind {
  const kind = actor.startsWith('key:') ? 'buyer' : actor.split(':')[0];
  return KINDS.find((one) => one === kind) ?? 'system';
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? value as Record<string, unknown> : undefined;
}
