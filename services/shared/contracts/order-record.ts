import type { OrderExtras } from './outbox.ts';
import { readItems } from './hold-record.ts';
import type { PackedItem } from './hold-record.ts';

/**
 * An order as Redis keeps it: one field of `{pNN}:S:orders`, written by lua/confirm-order.lua, parted by
 * tabs:
 *
 *   status digest buyerId holdId confirmedAtMs total count items eventId extras
 *
 * `items` as in contracts/hold-record.ts, `extras` is JSON (contracts/outbox.ts). The order is durable when
 * `eventId` is not in `{pNN}:unconfirmed` any more.
 */
export interface OrderRecord {
  digest: string;
  buyerId: string;
  holdId: string;
  confirmedAtMs: number;
  totalMinor: number;
  count: number;
  items: PackedItem[];
  eventId: string;
  extras: OrderExtras;
}

/** Reads a record; throws on anything that the script does not write. */
export function readOrderRecord(record: string): OrderRecord {
  const f = record.split('\t');
  if (f[0] !== 'confirmed' || f.length !== 10) throw new Error(`not an order record: ${record.slice(0, 80)}`);
  return {
    digest: f[1] ?? '',
    buyerId: f[2] ?? '',
    holdId: f[3] ?? '',
    confirmedAtMs: Number(f[4]),
    totalMinor: Number(f[5]),
    count: Number(f[6]),
    items: readItems(f[7] ?? ''),
    eventId: f[8] ?? '',
    extras: JSON.parse(f[9] ?? '') as OrderExtras,
  };
}
