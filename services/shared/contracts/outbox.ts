import { assertNever } from './assert-never.ts';
import { EVENT_DATA } from './events.ts';
import type { EventType, SaleEvent } from './events.ts';
import { nameItems, readHoldRecord, readItems } from './hold-record.ts';
import type { SaleLayout } from './layout.ts';
import { partitionName } from './partition-of.ts';

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
 * writes several entries. `context` = `actor traceid`. Bodies by type: sale.* and area.*: data as JSON.
 * hold.placed: holdId and the hold record's first ten fields. hold.extended: holdId buyerId expiresAtMs key.
 * hold.released, hold.expired: holdId buyerId items.
 * order.confirmed: orderId holdId buyerId total items json.
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

/** What confirm-order.lua passes on as it was given it, as JSON. */
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
  return type.startsWith('hold.') || type.startsWith('order.');
}

/**
 * A packed event in the language of the log.
 *
 * @param layout of the sale; may be undefined where `needsLayout` is false, otherwise it throws
 */
export function toSaleEvent(
  packed: PackedEvent,
  partition: number,
  layout: SaleLayout | undefined,
): SaleEvent {
  const [actor, traceid] = packed.context.split(' ');
  return {
    specversion: '1.0',
    id: packed.id,
    source: `/onsale/${partitionName(partition)}`,
    type: packed.type,
    subject: packed.saleId,
    time: iso(packed.timeMs),
    datacontenttype: 'application/json',
    sequence: String(packed.seq),
    prev: packed.prev,
    epoch: packed.epoch,
    ...(actor && { actor }),
    ...(traceid && { traceid }),
    data: dataOf(packed, layout),
  } as SaleEvent;
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
    case 'sale.defined':
    case 'area.defined':
    case 'sale.opened':
    case 'sale.paused':
    case 'sale.resumed':
    case 'sale.closed':
      return JSON.parse(body[0] ?? '') as SaleEvent['data'];
    case 'hold.placed':
      return placed(body, needed(layout, packed));
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
    default:
      return assertNever(type);
  }
}

function placed(body: string[], layout: SaleLayout): SaleEvent['data'] {
  const [holdId = '', ...fields] = body;
  const hold = readHoldRecord([...fields, '', '', ''].join('\t'));
  return {
    holdId,
    buyerId: hold.buyerId,
    items: nameItems(hold.items, layout),
    total: hold.totalMinor,
    currency: layout.currency,
    expiresAt: iso(hold.expiresAtMs),
    expiresAtMax: iso(hold.expiresAtMaxMs),
    digest: hold.digest,
  };
}

function confirmed(body: string[], layout: SaleLayout): SaleEvent['data'] {
  const [orderId = '', holdId = '', buyerId = '', total, items = '', json = '{}'] = body;
  return {
    orderId,
    holdId,
    buyerId,
    items: nameItems(readItems(items), layout),
    total: Number(total),
    currency: layout.currency,
    ...(JSON.parse(json) as OrderExtras),
  };
}

function needed(layout: SaleLayout | undefined, { type, saleId }: PackedEvent): SaleLayout {
  if (layout === undefined) throw new Error(`${type} of ${saleId} cannot be read without its layout`);
  return layout;
}

function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENT_DATA, type);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
