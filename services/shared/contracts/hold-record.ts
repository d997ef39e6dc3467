import type { Item } from './events.ts';
import type { SaleLayout } from './layout.ts';
import { readMoney, readTerms, totalOf } from './pricing.ts';
import type { PriceTotal, Terms, TicketPrice } from './pricing.ts';

/**
 * A hold as Redis keeps it: one field of `{pNN}:S:holds`, written by lua/place-holds.lua, fields parted by
 * tabs.
 *
 *   status digest buyerId placedAtMs holdMs maxMs items terms codes extendedMs trail orderId endedAtMs
 *
 * It lapses at `extendedMs`, or at placedAtMs + holdMs if that is empty; never after placedAtMs + maxMs.
 * `items` is `area,ticketType,category,money,quantity,channel,segment,offsets` joined by `;`: indexes into
 * the layout, channel 0 for public, segment -1 and no offsets in a general area; offsets joined by `.`, `7+3`
 * for the three from 7 on. `money` and `terms` are contracts/pricing.ts's. `codes` are uses of codes, parted
 * by spaces. `trail` is `key=expiresAtMs` per extension and `key=` per change, joined by `;`. A hold that
 * ended keeps its record for a day, so that a repeated request gets the answer it had; so does the record
 * that a hold had before it was changed, under `<holdId>/0`, and after each change, under `<holdId>/<key>`.
 */
export const HOLD_STATUSES = ['live', 'released', 'expired', 'ordered'] as const;
export type HoldStatus = (typeof HOLD_STATUSES)[number];

export interface HoldRecord {
  status: HoldStatus;
  digest: string;
  buyerId: string;
  placedAtMs: number;
  /** when it would have lapsed had it not been extended */
  firstExpiresAtMs: number;
  expiresAtMs: number;
  expiresAtMaxMs: number;
  items: PackedItem[];
  terms: string;
  codes: string[];
  trail: { key: string; expiresAtMs: number | undefined }[];
  orderId: string;
}

export interface PackedItem {
  areaIndex: number;
  ticketTypeIndex: number;
  categoryIndex: number;
  money: string;
  quantity: number;
  /** 0: public */
  channel: number;
  /** seat offsets; empty in a general area */
  offsets: number[];
}

const STATUS_BY_LETTER: Record<string, HoldStatus> = { l: 'live', r: 'released', e: 'expired', o: 'ordered' };
const FIELDS = 13;

/** Reads a record; throws on anything that the scripts do not write. */
export function readHoldRecord(record: string): HoldRecord {
  return readHoldFields(record.split('\t'));
}

/** As `readHoldRecord`, of the fields that were parted before. */
export function readHoldFields(f: readonly string[]): HoldRecord {
  const status = STATUS_BY_LETTER[f[0] ?? ''];
  if (status === undefined || f.length !== FIELDS) {
    throw new Error(`not a hold record: ${f.join('\t').slice(0, 80)}`);
  }
  const placedAtMs = Number(f[3]);
  const firstExpiresAtMs = placedAtMs + Number(f[4]);
  return {
    status,
    digest: f[1] ?? '',
    buyerId: f[2] ?? '',
    placedAtMs,
    firstExpiresAtMs,
    expiresAtMs: f[9] === '' ? firstExpiresAtMs : Number(f[9]),
    expiresAtMaxMs: placedAtMs + Number(f[5]),
    items: readItems(f[6] ?? ''),
    terms: f[7] ?? '',
    codes: (f[8] ?? '').split(' ').filter(Boolean),
    trail: (f[10] ?? '').split(';').filter(Boolean).map((pair) => {
      const at = pair.lastIndexOf('=');
      const untilMs = pair.slice(at + 1);
      return { key: pair.slice(0, at), expiresAtMs: untilMs === '' ? undefined : Number(untilMs) };
    }),
    orderId: f[11] ?? '',
  };
}

/** Reads the packed items of a record or an event. */
export function readItems(packed: string): PackedItem[] {
  if (packed === '') return [];
  return packed.split(';').map((item) => {
    const [area, ticketType, category, money = '', quantity, channel, , offsets] = item.split(',');
    return {
      areaIndex: Number(area),
      ticketTypeIndex: Number(ticketType),
      categoryIndex: Number(category),
      money,
      quantity: Number(quantity),
      channel: Number(channel),
      offsets: offsets === undefined || offsets === '' ? [] : readOffsets(offsets),
    };
  });
}

/** Reads `7.9+3`: 7, 9, 10, 11. */
export function readOffsets(packed: string): number[] {
  return packed.split('.').flatMap((run) => {
    const [first, count = 1] = run.split('+').map(Number);
    return Array.from({ length: count }, (_, i) => (first ?? 0) + i);
  });
}

/** What items cost in all, with the fees of the whole. */
export function sumUp(items: { money: string; quantity: number }[], terms: string): PriceTotal {
  return totalOf(items.map(({ money, quantity }) => ({ money: moneyOf(money), quantity })), termsOf(terms));
}

/** Packed items in the words of the log. Throws when the layout is not the one they were made with. */
export function nameItems(items: PackedItem[], layout: SaleLayout): Item[] {
  return items.map((item) => {
    const { price, fees, taxes } = moneyOf(item.money);
    return {
      areaId: at(layout.areas, item.areaIndex).area.areaId,
      categoryId: at(layout.categoryIds, item.categoryIndex),
      ticketType: at(layout.ticketTypes, item.ticketTypeIndex),
      price,
      ...(fees.length > 0 && { fees }),
      ...(taxes.length > 0 && { taxes }),
      ...(item.channel > 0 && { channelId: at(layout.channelIds, item.channel - 1) }),
      quantity: item.quantity,
      ...(item.offsets.length > 0 && { seatIds: item.offsets.map((o) => at(layout.seats, o).seat.seatId) }),
    };
  });
}

/** The same few texts come again and again: they are read once. */
const KEPT_MAX = 1_000;
const moneyRead = new Map<string, TicketPrice>();
const termsRead = new Map<string, Terms>();

/** `readMoney`, remembered; nobody may change what it returns. */
export function moneyOf(text: string): TicketPrice {
  return keep(moneyRead, text, readMoney);
}

function termsOf(text: string): Terms {
  return keep(termsRead, text, readTerms);
}

function keep<T>(kept: Map<string, T>, text: string, read: (text: string) => T): T {
  let value = kept.get(text);
  if (value === undefined) {
    if (kept.size >= KEPT_MAX) kept.clear();
    value = read(text);
    kept.set(text, value);
  }
  return value;
}

function at<T>(list: T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new Error(`the layout has no entry ${index}`);
  return value;
}
