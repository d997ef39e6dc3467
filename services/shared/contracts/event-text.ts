import { readableFaultOf, sourceOf } from './bus-record.ts';
import { dataSchemaOf, sequenceOf } from './event-schemas.ts';
import { whereFrom } from './event-attributes.ts';
import type { EventType } from './events.ts';
import { nameItems, readItems, sumUp } from './hold-record.ts';
import type { PackedItem } from './hold-record.ts';
import type { SaleLayout } from './layout.ts';
import { toSaleEvent } from './outbox.ts';
import type { PackedEvent } from './outbox.ts';

/**
 * The JSON of a packed event in the language of the log: `JSON.stringify(toSaleEvent(…))`, to the letter.
 * The events that a sale is full of are written without making objects of them, in a third of the time;
 * whatever is unusual about one of them is left to the other way.
 *
 * @throws Error when it cannot be put into the language of the log, or is one that no reader would take
 */
export function toEventText(packed: PackedEvent, partition: number, layout: SaleLayout | undefined): string {
  const quick = layout === undefined ? undefined : quickText(packed, partition, layout);
  if (quick !== undefined) return quick;
  const event = toSaleEvent(packed, partition, layout);
  const fault = readableFaultOf(event);
  if (fault !== '') throw new Error(`no reader would take it: ${fault}`);
  return JSON.stringify(event);
}

/** What stands between the quotes of JSON as it is, and what every reader takes for an id. */
const PLAIN = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;
/** As an API process writes `OrderExtras`; nothing in it has to be escaped. */
const EXTRAS = new RegExp(`^\\{${
  ['paymentMethod', 'contact', 'ticketSeed', 'digest'].map((name) => `"${name}":"[\\w.+/=-]*"`).join()}\\}$`);
/** The last that ISO 8601 writes with four digits of the year. */
const TIME_MS_MAX = 253_402_300_799_999;
const SEQ_MAX = 999_999_999_999_999;
/** The hold's id and its record (contracts/hold-record.ts), as a new hold has it. */
const PLACED_FIELDS = 14;
const CONFIRMED_FIELDS = 6;

function quickText(packed: PackedEvent, partition: number, layout: SaleLayout): string | undefined {
  const data = quickData(packed, layout);
  if (data === undefined) return undefined;
  const { id, type, saleId, seq, prev, timeMs, epoch, context, body } = packed;
  const blank = context.indexOf(' ');
  const actor = blank < 0 ? context : context.slice(0, blank);
  const trace = blank < 0 ? '' : context.slice(blank + 1);
  const isPlain = PLAIN.test(id) && PLAIN.test(prev) && isPlainAgain(saleId) && isPlainAgain(actor)
    && (trace === '' || PLAIN.test(trace)) && isTime(timeMs)
    && Number.isInteger(seq) && seq >= 1 && seq <= SEQ_MAX && Number.isInteger(epoch);
  if (!isPlain) return undefined;
  const holdId = type === 'order.confirmed' ? body[1] : body[0];
  const { traceparent, correlationid, causationid } = whereFrom(id, trace, { holdId });
  const { before, schema } = headOf(type, partition);
  return `{"specversion":"1.0","id":"${id}",${before}"subject":"${saleId}","time":"${iso(timeMs)}",${schema}`
    + `"sequence":"${sequenceOf(seq)}","prev":"${prev}","epoch":${epoch},"actor":"${actor}",`
    + (traceparent === undefined ? '' : `"traceparent":"${traceparent}",`)
    + `"correlationid":"${correlationid}",`
    + (causationid === undefined ? '' : `"causationid":"${causationid}",`)
    + `"data":${data}}`;
}

/** Sales and actors: a few, asked for all the time. */
const plainTexts = new Set<string>();
const PLAIN_TEXTS_MAX = 1_000;

function isPlainAgain(text: string): boolean {
  if (plainTexts.has(text)) return true;
  if (!PLAIN.test(text)) return false;
  if (plainTexts.size >= PLAIN_TEXTS_MAX) plainTexts.clear();
  plainTexts.add(text);
  return true;
}

function quickData({ type, body }: PackedEvent, layout: SaleLayout): string | undefined {
  switch (type) {
    case 'hold.placed': return placed(body, layout);
    case 'hold.extended': {
      const [holdId = '', buyerId = '', expiresAtMs, key = ''] = body;
      const isPlain = PLAIN.test(holdId) && PLAIN.test(buyerId) && PLAIN.test(key);
      if (!isPlain || !isTime(Number(expiresAtMs))) return undefined;
      return `{"holdId":"${holdId}","buyerId":"${buyerId}",`
        + `"expiresAt":"${iso(Number(expiresAtMs))}","key":"${key}"}`;
    }
    case 'hold.released':
    case 'hold.expired': {
      const [holdId = '', buyerId = '', items = ''] = body;
      if (!PLAIN.test(holdId) || !PLAIN.test(buyerId)) return undefined;
      return `{"holdId":"${holdId}","buyerId":"${buyerId}","items":${endedText(items, layout)}}`;
    }
    case 'order.confirmed': return confirmed(body, layout);
    default: return undefined;
  }
}

function placed(body: string[], layout: SaleLayout): string | undefined {
  const [holdId = '', , digest = '', buyerId = '', placedAtMs, holdMs, maxMs, items = '', terms = ''] = body;
  const [, , , , , , , , , codes, extendedMs] = body;
  const expiresAtMs = Number(placedAtMs) + Number(holdMs);
  const expiresAtMaxMs = Number(placedAtMs) + Number(maxMs);
  const isPlain = body.length === PLACED_FIELDS && body[1] === 'l' && codes === '' && extendedMs === ''
    && PLAIN.test(holdId) && PLAIN.test(buyerId) && PLAIN.test(digest)
    && isTime(expiresAtMs) && isTime(expiresAtMaxMs);
  if (!isPlain) return undefined;
  return `{"holdId":"${holdId}","buyerId":"${buyerId}",${contentsText(items, terms, layout)},`
    + `"expiresAt":"${iso(expiresAtMs)}","expiresAtMax":"${iso(expiresAtMaxMs)}","digest":"${digest}"}`;
}

function confirmed(body: string[], layout: SaleLayout): string | undefined {
  // One that was paid for says more.
  if (body.length !== CONFIRMED_FIELDS) return undefined;
  const [orderId = '', holdId = '', buyerId = '', items = '', terms = '', json = ''] = body;
  if (!PLAIN.test(orderId) || !PLAIN.test(holdId) || !PLAIN.test(buyerId)) return undefined;
  if (!EXTRAS.test(json)) return undefined;
  const contents = contentsText(items, terms, layout);
  return `{"orderId":"${orderId}","holdId":"${holdId}","buyerId":"${buyerId}",${contents},${json.slice(1)}`;
}

function endedText(packedItems: string, layout: SaleLayout): string {
  const make = (): string => itemsText(readItems(packedItems), layout);
  return packedItems.endsWith(',') ? keep(layout, `items ${packedItems}`, make) : make();
}

/**
 * The members that tell what was claimed and what it costs, without the braces. What has no seats is said in
 * few ways, again and again.
 */
function contentsText(packedItems: string, terms: string, layout: SaleLayout): string {
  if (!packedItems.endsWith(',')) return newContentsText(packedItems, terms, layout);
  return keep(layout, `contents ${packedItems} ${terms}`, () => newContentsText(packedItems, terms, layout));
}

function newContentsText(packedItems: string, terms: string, layout: SaleLayout): string {
  const items = readItems(packedItems);
  const { total, fees, taxes } = sumUp(items, terms);
  return `"items":${itemsText(items, layout)},"total":${total},"currency":${JSON.stringify(layout.currency)}`
    + (fees.length > 0 ? `,"fees":${JSON.stringify(fees)}` : '')
    + (taxes.length > 0 ? `,"taxes":${JSON.stringify(taxes)}` : '')
    + (terms === '' ? '' : `,"terms":${JSON.stringify(terms)}`);
}

/** By layout, texts that come again and again, by what they depend on. */
const kept = new WeakMap<SaleLayout, Map<string, string>>();
const KEPT_MAX = 10_000;

function keep(layout: SaleLayout, key: string, make: () => string): string {
  let texts = kept.get(layout);
  if (texts === undefined) kept.set(layout, texts = new Map());
  let text = texts.get(key);
  if (text === undefined) {
    text = make();
    if (texts.size >= KEPT_MAX) texts.clear();
    texts.set(key, text);
  }
  return text;
}

function itemsText(items: PackedItem[], layout: SaleLayout): string {
  let text = '';
  for (const item of items) {
    const seats = item.offsets.map((offset) => JSON.stringify(seatIdAt(layout, offset))).join();
    text += `${text === '' ? '' : ','}${beginningOf(item, layout)}"quantity":${item.quantity}`
      + `${seats === '' ? '' : `,"seatIds":[${seats}]`}}`;
  }
  return `[${text}]`;
}

/** What an item says before its quantity. */
function beginningOf(item: PackedItem, layout: SaleLayout): string {
  const { areaIndex, categoryIndex, ticketTypeIndex, channel, money } = item;
  return keep(layout, `item ${areaIndex},${categoryIndex},${ticketTypeIndex},${channel},${money}`, () => {
    const [named] = nameItems([{ ...item, quantity: 0, offsets: [] }], layout);
    return JSON.stringify(named).slice(0, -'"quantity":0}'.length);
  });
}

function seatIdAt(layout: SaleLayout, offset: number): string {
  const found = layout.seats[offset];
  if (found === undefined) throw new Error(`the layout has no entry ${offset}`);
  return found.seat.seatId;
}

/** What all events of a type say in a partition, before and behind what is the sale's. */
const heads = new Map<string, { before: string; schema: string }>();

function headOf(type: EventType, partition: number): { before: string; schema: string } {
  const key = `${type} ${partition}`;
  let head = heads.get(key);
  if (head === undefined) {
    head = {
      before: `"source":"${sourceOf(partition)}","type":"${type}",`,
      schema: `"datacontenttype":"application/json","dataschema":"${dataSchemaOf(type)}",`,
    };
    heads.set(key, head);
  }
  return head;
}

function isTime(ms: number): boolean {
  return Number.isInteger(ms) && ms >= 0 && ms <= TIME_MS_MAX;
}

/** The events of one call share their times. */
const times = new Map<number, string>();
const TIMES_MAX = 1_000;

function iso(ms: number): string {
  let text = times.get(ms);
  if (text === undefined) {
    if (times.size >= TIMES_MAX) times.clear();
    text = new Date(ms).toISOString();
    times.set(ms, text);
  }
  return text;
}
