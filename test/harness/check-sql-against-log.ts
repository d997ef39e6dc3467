/** Compares event store and legacy rows with the fold of the log, as `readStream` has read it. */
import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';
import { evolve, initialSale } from '../../services/shared/contracts/evolve.ts';
import type { FoldedSale } from '../../services/shared/contracts/evolve.ts';
import type { EventData, SaleEvent } from '../../services/shared/contracts/events.ts';
import { ticketCode, ticketId } from '../../services/shared/contracts/ticket-code.ts';
import { upcast } from '../../services/shared/contracts/upcast.ts';
import { loadSql } from '../../services/shared/platform/pg.ts';
import { foldStockFacts } from './fold-stock-facts.ts';
import type { StockFacts } from './fold-stock-facts.ts';
import type { StreamLog } from './read-stream.ts';

const selectStored = loadSql(import.meta.url, './sql/select-stored-events.sql');
const selectPositions = loadSql(import.meta.url, './sql/select-positions.sql');
const selectAreas = loadSql(import.meta.url, './sql/select-areas.sql');
const selectOccupancy = loadSql(import.meta.url, './sql/select-occupancy.sql');
const selectSeats = loadSql(import.meta.url, './sql/select-seats.sql');
const selectPrices = loadSql(import.meta.url, './sql/select-prices.sql');
const selectOrders = loadSql(import.meta.url, './sql/select-orders.sql');
const countParked = loadSql(import.meta.url, './sql/count-parked.sql');
const countUnreadable = loadSql(import.meta.url, './sql/count-unreadable.sql');

/** True once each projection of every sale of the log is at its last event; by default the legacy rows. */
export async function isProjected(pool: Pool, log: StreamLog, keys = ['legacy']): Promise<boolean> {
  const { rows } = await pool.query<{ key: string; saleId: string; seq: number }>(selectPositions, [keys]);
  const seqs = new Map(rows.map(({ key, saleId, seq }) => [`${key} ${saleId}`, seq]));
  return [...log.sales].every(([saleId, events]) =>
    keys.every((key) => seqs.get(`${key} ${saleId}`) === events.length));
}

/**
 * Throws an Error that says where they differ; the fold itself throws on an oversell.
 *
 * @param eventStore where that is another database than the legacy rows
 */
export async function checkSqlAgainstLog(pool: Pool, log: StreamLog, eventStore = pool): Promise<void> {
  for (const [saleId, events] of log.sales) {
    const stored = await eventStore.query<{ body: unknown }>(selectStored, [saleId]);
    expect(`event store of ${saleId}`, stored.rows.map(({ body }) => body), events);
    const fold = events.reduce((sale, event) => evolve(sale, upcast(event)), initialSale());
    await checkStock(pool, saleId, fold, foldStockFacts(events as SaleEvent[]));
    await checkOrders(pool, saleId, events as SaleEvent[]);
  }
  expect('parked', (await pool.query(countParked)).rows, [{ parked: 0 }]);
  expect('unreadable', (await eventStore.query(countUnreadable)).rows, [{ unreadable: 0 }]);
}

/** The same of the read model `occupancy`. */
export async function checkOccupancyAgainstLog(pool: Pool, log: StreamLog): Promise<void> {
  for (const [saleId, events] of log.sales) {
    const fold = events.reduce((sale, event) => evolve(sale, upcast(event)), initialSale());
    const { blockedByArea } = foldStockFacts(events as SaleEvent[]);
    const { rows } = await pool.query(selectOccupancy, [saleId]);
    expect(`occupancy of ${saleId}`, rows, areasOf(fold, blockedByArea));
  }
}

async function checkStock(
  pool: Pool,
  saleId: string,
  fold: FoldedSale,
  { blockedByArea, blockedSeats, prices }: StockFacts,
): Promise<void> {
  const areas = await pool.query(selectAreas, [saleId]);
  expect(`areas of ${saleId}`, areas.rows, areasOf(fold, blockedByArea));
  const seats = await pool.query(selectSeats, [saleId]);
  expect(`seats of ${saleId}`, seats.rows, [...fold.seats]
    .map(([code, { holder, sold }]) => {
      const free = blockedSeats.has(code) ? 'blocked' : 'free';
      return { code, status: sold ? 'sold' : holder === undefined ? free : 'held' };
    })
    .toSorted((a, b) => (a.code < b.code ? -1 : 1)));
  const sold = await pool.query(selectPrices, [saleId]);
  expect(`prices of ${saleId}`, sold.rows, [...prices].map(([name, priceMinor]) => ({ name, priceMinor }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}

function areasOf({ areas }: FoldedSale, blockedByArea: ReadonlyMap<string, number>) {
  return [...areas]
    .map(([code, { capacity, held, sold }]) =>
      ({ code, capacity, held, sold, blocked: blockedByArea.get(code) ?? 0 }))
    .toSorted((a, b) => (a.code < b.code ? -1 : 1));
}

async function checkOrders(pool: Pool, saleId: string, events: SaleEvent[]): Promise<void> {
  const orders = await pool.query(selectOrders, [saleId]);
  const expected = events.flatMap((event) => {
    if (event.type !== 'order.confirmed') return [];
    const { orderId, items, total, ticketSeed } = event.data;
    const count = items.reduce((sum, { quantity }) => sum + quantity, 0);
    const tickets = Array.from({ length: count }, (_, i) =>
      `${ticketId(orderId, i + 1)} ${ticketCode(ticketSeed, i + 1)}`).toSorted();
    return [{
      number: orderId, paymentMethod: 'onsale', status: 'confirmed', total: String(total),
      paid: String(total), parts: String(total), charges: chargesOf(event.data), places: count, tickets,
    }];
  }).toSorted((a, b) => (a.number < b.number ? -1 : 1));
  expect(`orders of ${saleId}`, orders.rows, expected);
}

/** Fees and taxes, each summed up over the order. */
function chargesOf({ items, fees = [], taxes = [] }: EventData<'order.confirmed'>): string[] {
  const sums = new Map<string, number>();
  const add = (name: string, amount: number): void => void sums.set(name, (sums.get(name) ?? 0) + amount);
  for (const item of items) {
    for (const { feeId, amount } of item.fees ?? []) add(`fee ${feeId} added`, amount * item.quantity);
  }
  for (const { feeId, amount } of fees) add(`fee ${feeId} added`, amount);
  for (const { taxId, amount, included } of taxes) {
    add(`tax ${taxId} ${included ? 'included' : 'added'}`, amount);
  }
  return [...sums].map(([name, amount]) => `${name} ${amount}`).toSorted();
}

function expect(what: string, sql: unknown, log: unknown): void {
  if (isDeepStrictEqual(sql, log)) return;
  const [a, b] = [JSON.stringify(sql), JSON.stringify(log)];
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const near = Math.max(0, at - 80);
  throw new Error(`${what}: SQL has …${a.slice(near, at + 200)}, the log …${b.slice(near, at + 200)}`);
}
