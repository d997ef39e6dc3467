import type { Item } from './events.ts';
import type { SaleLayout } from './layout.ts';

/**
 * A hold as Redis keeps it: one field of `{pNN}:S:holds`, written by lua/place-holds.lua, fields parted by
 * tabs.
 *
 *   status digest buyerId placedAtMs firstExpiresAtMs expiresAtMs expiresAtMaxMs total count items
 *   extends orderId endedAtMs
 *
 * `items` is `area,ticketType,category,price,quantity,segment,offsets` joined by `;`: indexes into the
 * layout, with segment -1 and no offsets in a general area, and offsets joined by `.`. `extends` is
 * `key=expiresAtMs` joined by `;`. A hold that ended keeps its record for a day, so that a repeated request
 * gets the answer it had.
 */
export const HOLD_STATUSES = ['live', 'released', 'expired', 'ordered'] as const;
export type HoldStatus = (typeof HOLD_STATUSES)[number];

export interface HoldRecord {
  status: HoldStatus;
  digest: string;
  buyerId: string;
  placedAtMs: number;
  firstExpiresAtMs: number;
  expiresAtMs: number;
  expiresAtMaxMs: number;
  totalMinor: number;
  count: number;
  items: PackedItem[];
  extends: { key: string; expiresAtMs: number }[];
  orderId: string;
}

export interface PackedItem {
  areaIndex: number;
  ticketTypeIndex: number;
  categoryIndex: number;
  priceMinor: number;
  quantity: number;
  /** seat offsets; empty in a general area */
  offsets: number[];
}

const STATUS_BY_LETTER: Record<string, HoldStatus> = { l: 'live', r: 'released', e: 'expired', o: 'ordered' };

/** Reads a record; throws on anything that the scripts do not write. */
export function readHoldRecord(record: string): HoldRecord {
  const f = record.split('\t');
  const status = STATUS_BY_LETTER[f[0] ?? ''];
  if (status === undefined || f.length < 12) throw new Error(`not a hold record: ${record.slice(0, 80)}`);
  return {
    status,
    digest: f[1] ?? '',
    buyerId: f[2] ?? '',
    placedAtMs: Number(f[3]),
    firstExpiresAtMs: Number(f[4]),
    expiresAtMs: Number(f[5]),
    expiresAtMaxMs: Number(f[6]),
    totalMinor: Number(f[7]),
    count: Number(f[8]),
    items: readItems(f[9] ?? ''),
    extends: (f[10] ?? '').split(';').filter(Boolean).map((pair) => {
      const at = pair.lastIndexOf('=');
      return { key: pair.slice(0, at), expiresAtMs: Number(pair.slice(at + 1)) };
    }),
    orderId: f[11] ?? '',
  };
}

/** Reads the packed items of a record or an event. */
export function readItems(packed: string): PackedItem[] {
  return packed.split(';').filter(Boolean).map((item) => {
    const [area, ticketType, category, price, quantity, , offsets] = item.split(',');
    return {
      areaIndex: Number(area),
      ticketTypeIndex: Number(ticketType),
      categoryIndex: Number(category),
      priceMinor: Number(price),
      quantity: Number(quantity),
      offsets: offsets === undefined || offsets === '' ? [] : offsets.split('.').map(Number),
    };
  });
}

/** Packed items in the words of the log. Throws when the layout is not the one they were made with. */
export function nameItems(items: PackedItem[], layout: SaleLayout): Item[] {
  return items.map((item) => ({
    areaId: at(layout.areas, item.areaIndex).area.areaId,
    categoryId: at(layout.categoryIds, item.categoryIndex),
    ticketType: at(layout.ticketTypes, item.ticketTypeIndex),
    price: item.priceMinor,
    quantity: item.quantity,
    ...(item.offsets.length > 0 && { seatIds: item.offsets.map((o) => at(layout.seats, o).seat.seatId) }),
  }));
}

function at<T>(list: T[], index: number): T {
  const value = list[index];
  if (value === undefined) throw new Error(`the layout has no entry ${index}`);
  return value;
}
