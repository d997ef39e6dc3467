import { attributesOf } from './event-attributes.ts';
import { isEventType } from './events.ts';
import type { EventType, SaleEvent } from './events.ts';
import { nameItems, readHoldFields, readItems, sumUp } from './hold-record.ts';
import type { HoldRecord } from './hold-record.ts';
import type { SaleLayout } from './layout.ts';

/**
 * The outbox as the scripts write it (lua/include/events.lua): one stream entry per script call, in it one
 * field per sale: its id, and as value a block of lines. The first says what the sale's events of that call
 * have in common, parted by tabs; then follows one line per event:
 *
 *   firstSeq prev epoch timeMs idBase firstN
 *   type context body…
 *
 * The i-th event (from 0) has seq firstSeq + i and the id `<idBase><firstN + i>`; prev is the id of the one
 * before, the header's that of the event before the block. A call that made more than 1,000 events of a sale
 * writes several entries. `context` = `actor trace` (contracts/trace-context.ts), for an operator
 * `actor trace doer` (contracts/says-who.ts). Bodies by type: hold.placed: holdId and the hold's record.
 * hold.extended: holdId buyerId expiresAtMs key. hold.released, hold.expired: holdId buyerId items.
 * hold.changed: holdId buyerId removed added key digest and the record. order.confirmed: orderId holdId
 * buyerId items terms json, and of one that was paid for method paymentId attempt. payment.started: orderId
 * holdId buyerId items terms json method attempt deadlineMs. The other types of orders, payments and refunds:
 * orderId holdId buyerId items json deadlineMs, items and deadline where the type has them. Every other: its
 * data as JSON.
 */
export interface PackedEvent {
  type: EventType;
  saleId: string;
  seq: number;
  id: string;
  prev: string;
  timeMs: number;
  epoch: number;
  context: string;
  body: string[];
}

/** What confirm-order.lua and start-payment.lua pass on as it was given it, as JSON. */
export interface OrderExtras {
  paymentMethod: string;
  contact: string;
  ticketSeed: string;
  digest: string;
}

/**
 * Reads the fields of one stream entry (`[saleId, block, saleId, block, …]`).
 * Throws on a type or form that no script writes.
 */
export function readOutboxEntry(fields: string[]): PackedEvent[] {
  const events: PackedEvent[] = [];
  for (let i = 0; i < fields.length; i += 2) readBlock(events, fields[i] ?? '', fields[i + 1] ?? '');
  return events;
}

/** One event by itself, as it is kept when it is taken out of the outbox: `unpackEvent` reads it. */
export function packEvent(event: PackedEvent): string {
  const { type, saleId, seq, id, prev, timeMs, epoch, context, body } = event;
  return [type, saleId, seq, id, prev, timeMs, epoch, context, ...body].join('\t');
}

/** Reads what `packEvent` wrote; throws on anything else. */
export function unpackEvent(text: string): PackedEvent {
  const [type = '', saleId = '', seq, id, prev, timeMs, epoch, context, ...body] = text.split('\t');
  if (!isEventType(type)) throw new Error(`no such event type: ${type}`);
  if (id === undefined || prev === undefined || context === undefined) {
    throw new Error(`not a packed event: ${text.slice(0, 80)}`);
  }
  return {
    type, saleId, seq: Number(seq), id, prev, timeMs: Number(timeMs), epoch: Number(epoch), context, body,
  };
}

/** True if the event's body can only be read with the sale's layout. */
export function needsLayout(type: EventType): boolean {
  return /^(hold|order|payment)\./.test(type);
}

/**
 * A packed event in the language of the log; contracts/event-text.ts writes the same as JSON at once.
 *
 * @param layout of the sale; may be undefined where `needsLayout` is false, otherwise it throws
 */
export function toSaleEvent(
  packed: PackedEvent,
  partition: number,
  layout: SaleLayout | undefined,
): SaleEvent {
  const { id, type, saleId, seq, prev, timeMs, epoch, context } = packed;
  const [actor, trace, doer] = context.split(' ');
  const data = dataOf(packed, layout);
  return attributesOf({
    id, partition, type, saleId, seq, prev, time: iso(timeMs), epoch, actor, trace, doer, data,
  }) as SaleEvent;
}

function readBlock(events: PackedEvent[], saleId: string, block: string): void {
  const [header = '', ...lines] = block.split('\n');
  const [firstSeq, before, epoch, timeMs, idBase, firstN] = header.split('\t');
  if (before === undefined || idBase === undefined || firstN === undefined || lines.length === 0) {
    throw new Error(`not a block of the outbox: ${block.slice(0, 80)}`);
  }
  let prev = before;
  for (const [i, line] of lines.entries()) {
    const [type = '', context, ...body] = line.split('\t');
    if (!isEventType(type)) throw new Error(`no such event type: ${type}`);
    if (context === undefined) throw new Error(`not an outbox event: ${line.slice(0, 80)}`);
    const id = `${idBase}${Number(firstN) + i}`;
    events.push({
      type, saleId, seq: Number(firstSeq) + i, id, prev, timeMs: Number(timeMs), epoch: Number(epoch),
      context, body,
    });
    prev = id;
  }
}

function dataOf(packed: PackedEvent, layout: SaleLayout | undefined): SaleEvent['data'] {
  const { type, body } = packed;
  switch (type) {
    case 'hold.placed':
      return placed(body, needed(layout, packed));
    case 'hold.changed':
      return changed(body, needed(layout, packed));
    case 'hold.extended': {
      const [holdId = '', buyerId = '', expiresAtMs, key = ''] = body;
      return { holdId, buyerId, expiresAt: iso(Number(expiresAtMs)), key };
    }
    case 'hold.released':
    case 'hold.expired': {
      const [holdId = '', buyerId = '', items = ''] = body;
      return { holdId, buyerId, items: nameItems(readItems(items), needed(layout, packed)) };
    }
    case 'order.confirmed':
      return confirmed(body, needed(layout, packed));
    case 'payment.started':
      return started(body, needed(layout, packed));
    case 'order.expired':
    case 'order.cancelled':
    case 'payment.late':
      return { ...ofOrder(body), items: nameItems(readItems(body[3] ?? ''), needed(layout, packed)) };
    case 'payment.failed':
      return { ...ofOrder(body), deadline: iso(Number(body[5])) };
    case 'payment.mismatched':
    case 'refund.requested':
    case 'refund.completed':
    case 'refund.failed':
      return ofOrder(body);
    default:
      return JSON.parse(body[0] ?? '') as SaleEvent['data'];
  }
}

function placed([holdId = '', ...record]: string[], layout: SaleLayout): SaleEvent['data'] {
  const hold = readHoldFields(record);
  return {
    holdId,
    buyerId: hold.buyerId,
    ...contentsOf(hold, layout),
    expiresAt: iso(hold.expiresAtMs),
    expiresAtMax: iso(hold.expiresAtMaxMs),
    digest: hold.digest,
  };
}

function changed(body: string[], layout: SaleLayout): SaleEvent['data'] {
  const [holdId = '', buyerId = '', removed = '', added = '', key = '', digest = '', ...record] = body;
  return {
    holdId,
    buyerId,
    removed: nameItems(readItems(removed), layout),
    added: nameItems(readItems(added), layout),
    ...contentsOf(readHoldFields(record), layout),
    key,
    digest,
  };
}

function confirmed(body: string[], layout: SaleLayout): SaleEvent['data'] {
  const [paymentMethod, paymentId, attempt] = body.slice(ORDER_FIELDS);
  return {
    ...ordered(body, layout),
    ...(paymentId !== undefined && { paymentMethod, paymentId, attempt: Number(attempt) }),
  };
}

function started(body: string[], layout: SaleLayout): SaleEvent['data'] {
  const [paymentMethod = '', attempt, deadlineMs] = body.slice(ORDER_FIELDS);
  const deadline = iso(Number(deadlineMs));
  return { ...ordered(body, layout), paymentMethod, attempt: Number(attempt), deadline };
}

/** What an order begins with, whether it is paid for or free. */
const ORDER_FIELDS = 6;

function ordered(body: string[], layout: SaleLayout) {
  const [orderId = '', holdId = '', buyerId = '', items = '', terms = '', json = '{}'] = body;
  return {
    orderId,
    holdId,
    buyerId,
    ...contentsOf({ items: readItems(items), terms, codes: [] }, layout),
    ...(JSON.parse(json) as OrderExtras),
  };
}

function ofOrder([orderId = '', holdId = '', buyerId = '', , json = '{}']: string[]) {
  return { orderId, holdId, buyerId, ...JSON.parse(json) as object };
}

/** Items and what they cost, with the rules and codes behind it where there are any. */
function contentsOf(
  { items, terms, codes }: Pick<HoldRecord, 'items' | 'terms' | 'codes'>,
  layout: SaleLayout,
) {
  const { total, fees, taxes } = sumUp(items, terms);
  return {
    items: nameItems(items, layout),
    total,
    currency: layout.currency,
    ...(fees.length > 0 && { fees }),
    ...(taxes.length > 0 && { taxes }),
    ...(terms !== '' && { terms }),
    ...(codes.length > 0 && { codes }),
  };
}

function needed(layout: SaleLayout | undefined, { type, saleId }: PackedEvent): SaleLayout {
  if (layout === undefined) throw new Error(`${type} of ${saleId} cannot be read without its layout`);
  return layout;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
