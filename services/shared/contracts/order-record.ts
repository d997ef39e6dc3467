import type { OrderExtras } from './outbox.ts';
import { readItems } from './hold-record.ts';
import type { PackedItem } from './hold-record.ts';

/**
 * An order as Redis keeps it: one field of `{pNN}:S:orders`, written by lua/confirm-order.lua, parted by
 * tabs:
 *
 *   status digest buyerId holdId confirmedAtMs items terms eventId extras
 *
 * `items` and `terms` as in contracts/hold-record.ts, `extras` is JSON (contracts/outbox.ts). The order is
 * durable when `eventId` is not in `{pNN}:unconfirmed` any more.
 */
export interface OrderRecord {
  digest: string;
  buyerId: string;
  holdId: string;
  confirmedAtMs: number;
  items: PackedItem[];
  terms: string;
  eventId: string;
  extras: OrderExtras;
}

/** Reads a record; throws on anything that the script does not write. */
export function readOrderRecord(record: string): OrderRecord {
  const f = record.split('\t');
  if (f[0] !== 'confirmed' || f.length !== 9) throw new Error(`not an order record: ${record.slice(0, 80)}`);
  return {
    digest: f[1] ?? '',
    buyerId: f[2] ?? '',
    holdId: f[3] ?? '',
    confirmedAtMs: Number(f[4]),
    items: readItems(f[5] ?? ''),
    terms: f[6] ?? '',
    eventId: f[7] ?? '',
    extras: JSON.parse(f[8] ?? '') as OrderExtras,
  };
}
