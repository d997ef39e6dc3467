import type { BusEvent } from '../shared/contracts/bus-record.ts';
import { ivOfKeyless } from '../shared/contracts/sealed-contact.ts';
import type { ContactKey } from '../shared/contracts/sealed-contact.ts';
import { isPgAway, loadSql } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';

const sql = {
  keepKeys: loadSql(import.meta.url, './sql/keep-contact-keys.sql'),
  selectKeys: loadSql(import.meta.url, './sql/select-contact-keys.sql'),
  insertPassing: loadSql(import.meta.url, './sql/insert-passing-keys.sql'),
  selectPassing: loadSql(import.meta.url, './sql/select-passing-keys.sql'),
  deletePassing: loadSql(import.meta.url, './sql/delete-passing-keys.sql'),
};

const PASSED_AT_ONCE_MAX = 1_000;

/** Records, or parts of them, with the keys that were taken out of their text. */
interface Keyed {
  keys: readonly ContactKey[];
  events: readonly BusEvent[];
}

/** A key, and whose it is, as far as that is known. */
export interface OwnedKey extends ContactKey {
  saleId: string | null;
  orderId: string | null;
  buyerId: string | null;
}

/** The keys of some records, each once. */
export function ownedKeysOf(records: readonly Keyed[]): OwnedKey[] {
  const keys = new Map<string, OwnedKey>();
  for (const { keys: found } of records) {
    for (const key of found) keys.set(key.iv, { ...key, saleId: null, orderId: null, buyerId: null });
  }
  if (keys.size === 0) return [];
  for (const { events } of records) {
    for (const { subject: saleId, data } of events) {
      const { contact, orderId, buyerId } = (data ?? {}) as Record<string, unknown>;
      const key = typeof contact === 'string' ? keys.get(ivOfKeyless(contact) ?? '') : undefined;
      if (key === undefined) continue;
      Object.assign(key, { saleId, orderId: asText(orderId), buyerId: asText(buyerId) });
    }
  }
  return [...keys.values()];
}

/**
 * Keeps keys of contacts beside the legacy rows, where they can be erased. May be repeated: a key that was
 * erased is not taken again.
 *
 * @param legacy of the legacy database
 */
export async function keepContactKeys(legacy: Pool, keys: readonly OwnedKey[]): Promise<void> {
  if (keys.length > 0) await legacy.query(sql.keepKeys, columnsOf(keys));
}

/** The same; false while the legacy database is away. */
export async function tryToKeep(legacy: Pool, keys: readonly OwnedKey[]): Promise<boolean> {
  try {
    await keepContactKeys(legacy, keys);
    return true;
  } catch (error) {
    if (!isPgAway(error as Error)) throw error;
    return false;
  }
}

/** Lets keys wait in the event store's database, in the transaction of the events that they belong to. */
export async function letWait(client: PoolClient, keys: readonly OwnedKey[]): Promise<void> {
  if (keys.length > 0) await client.query(sql.insertPassing, columnsOf(keys));
}

/** Brings keys that wait to where they belong. Throws while one of the databases is away. */
export async function passOn({ events, legacy }: { events: Pool; legacy: Pool }): Promise<void> {
  for (;;) {
    const { rows } = await events.query<OwnedKey>(sql.selectPassing, [PASSED_AT_ONCE_MAX]);
    if (rows.length === 0) return;
    await keepContactKeys(legacy, rows);
    await events.query(sql.deletePassing, [rows.map(({ iv }) => iv)]);
  }
}

/** Keys by iv; null of one that was erased, none of one that is not kept. */
export async function readContactKeys(
  client: PoolClient, ivs: readonly string[],
): Promise<Map<string, string | null>> {
  type Row = { iv: string; encryptedKey: string | null };
  if (ivs.length === 0) return new Map();
  const { rows } = await client.query<Row>(
    { name: 'select-contact-keys', text: sql.selectKeys, values: [ivs] });
  return new Map(rows.map(({ iv, encryptedKey }) => [iv, encryptedKey]));
}

function columnsOf(keys: readonly OwnedKey[]): (string | null)[][] {
  return [
    keys.map(({ iv }) => iv), keys.map(({ encryptedKey }) => encryptedKey),
    keys.map(({ saleId }) => saleId), keys.map(({ orderId }) => orderId),
    keys.map(({ buyerId }) => buyerId),
  ];
}

function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
