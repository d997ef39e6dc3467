import { loadSql } from '../../shared/platform/pg.ts';
import type { PoolClient } from '../../shared/platform/pg.ts';
import type { CartItem } from './cart-request.ts';
import { refused } from './outcome.ts';
import type { Outcome } from './outcome.ts';

/**
 * Which seats and counts a cart gets. Takes the row locks: first all areas that the items need, by id, then
 * the seats. Under the lock of its area nobody else changes a seat, so what is found free here stays free
 * until the commit. Writes nothing: a refusal leaves no trace. Called by `placeCart` in its transaction.
 */

const LOCK_AREAS = { name: 'lock-areas', text: loadSql(import.meta.url, '../sql/lock-areas.sql') };
const LOCK_SEATS = { name: 'lock-seats', text: loadSql(import.meta.url, '../sql/lock-seats.sql') };
const LOCK_BEST = { name: 'lock-best-seats', text: loadSql(import.meta.url, '../sql/lock-best-seats.sql') };

/**
 * One line of a cart: a seat, or a count of a general area. Ids are those of the rows; codes are the public
 * ids.
 */
export interface CartLine {
  areaRowId: number;
  areaId: string;
  seat?: { rowId: number; seatId: string; label: string };
  ticketType: string;
  quantity: number;
  priceMinor: number;
}

export interface ShowOnSale {
  showId: number;
  sellsVia: 'legacy' | 'onsale';
  state: 'draft' | 'open' | 'paused' | 'closed' | 'recovering';
  currency: string;
  prices: Price[];
}

interface Price {
  categoryId: number;
  ticketType: string;
  priceMinor: number;
}

interface AreaRow {
  id: number;
  code: string;
  kind: 'seated' | 'general';
  free: number;
  categoryId: number | null;
}

interface SeatRow {
  id: number;
  areaId: number;
  code: string;
  label: string;
  categoryId: number;
  free: boolean;
}

/** What is chosen so far, so that two items of one cart do not count the same stock twice. */
interface Choice {
  client: PoolClient;
  prices: Price[];
  areas: AreaRow[];
  seats: Map<string, SeatRow>;
  takenSeatIds: number[];
}

/**
 * Chooses for all items, or refuses for the first reason found: area_unknown, seat_unknown, item_unsuitable,
 * ticket_type_unknown, seats_taken, no_adjacent_seats, sold_out.
 */
export async function chooseLines(
  client: PoolClient,
  show: ShowOnSale,
  items: CartItem[],
): Promise<Outcome<{ lines: CartLine[] }>> {
  const areaCodes = items.flatMap((item) => ('areaId' in item ? [item.areaId] : []));
  const seatCodes = items.flatMap((item) => ('seatIds' in item ? item.seatIds : []));
  const { rows: areas } = await client.query<AreaRow>({
    ...LOCK_AREAS,
    values: [show.showId, areaCodes, seatCodes],
  });
  const unknownArea = areaCodes.find((code) => !areas.some((area) => area.code === code));
  if (unknownArea !== undefined) return refused('area_unknown', { areaId: unknownArea });

  const seats = await lockSeats(client, show.showId, seatCodes);
  if (!seats.ok) return seats;
  // Chosen seats come first, so that the best-available items of the same cart keep off them.
  const takenSeatIds = [...seats.seats.values()].map((seat) => seat.id);
  const choice: Choice = { client, prices: show.prices, areas, seats: seats.seats, takenSeatIds };

  const lines: CartLine[] = [];
  for (const item of items) {
    const chosen = await chooseItem(item, choice);
    if (!chosen.ok) return chosen;
    lines.push(...chosen.lines);
  }
  return { ok: true, lines };
}

async function lockSeats(
  client: PoolClient,
  showId: number,
  codes: string[],
): Promise<Outcome<{ seats: Map<string, SeatRow> }>> {
  if (codes.length === 0) return { ok: true, seats: new Map() };
  const { rows } = await client.query<SeatRow>({ ...LOCK_SEATS, values: [showId, codes] });
  const seats = new Map(rows.map((seat) => [seat.code, seat]));
  const unknown = codes.filter((code) => !seats.has(code));
  if (unknown.length > 0) return refused('seat_unknown', { seatIds: unknown });
  // A seat named twice in one cart cannot be had twice either.
  const taken = codes.filter((code, i) => seats.get(code)?.free !== true || codes.indexOf(code) !== i);
  if (taken.length > 0) return refused('seats_taken', { seatIds: [...new Set(taken)] });
  return { ok: true, seats };
}

async function chooseItem(item: CartItem, choice: Choice): Promise<Outcome<{ lines: CartLine[] }>> {
  if ('seatIds' in item) {
    const seats = item.seatIds.flatMap((code) => choice.seats.get(code) ?? []);
    return seatLines(seats, item.ticketType, choice.areas, choice.prices);
  }
  const area = choice.areas.find((candidate) => candidate.code === item.areaId);
  if (area === undefined) return refused('area_unknown', { areaId: item.areaId });
  if ('quantity' in item) return countLine(area, item, choice.prices);
  if (area.kind !== 'seated') return refused('item_unsuitable', { areaId: area.code });

  const mustAdjoin = item.adjacent === 'required';
  const { rows } = await choice.client.query<SeatRow>({
    ...LOCK_BEST,
    values: [area.id, item.bestAvailable, choice.takenSeatIds, mustAdjoin],
  });
  if (rows.length < item.bestAvailable) {
    const left = area.free - choice.takenSeatIds.filter((id) => isIn(area, id, choice)).length;
    const reason = mustAdjoin && left >= item.bestAvailable ? 'no_adjacent_seats' : 'sold_out';
    return refused(reason, { areaId: area.code, left });
  }
  for (const seat of rows) {
    choice.takenSeatIds.push(seat.id);
    choice.seats.set(seat.code, seat);
  }
  return seatLines(rows, item.ticketType, choice.areas, choice.prices);
}

function isIn(area: AreaRow, seatRowId: number, { seats }: Choice): boolean {
  return [...seats.values()].some((seat) => seat.id === seatRowId && seat.areaId === area.id);
}

function countLine(
  area: AreaRow,
  item: { quantity: number; ticketType?: string },
  prices: Price[],
): Outcome<{ lines: CartLine[] }> {
  if (area.kind !== 'general') return refused('item_unsuitable', { areaId: area.code });
  const entry = priceOf(prices, area.categoryId, item.ticketType);
  if (entry === undefined) return unknownTicketType(area.code, item.ticketType);
  if (area.free < item.quantity) return refused('sold_out', { areaId: area.code, left: area.free });
  area.free -= item.quantity;
  const { ticketType, priceMinor } = entry;
  const line = { areaRowId: area.id, areaId: area.code, ticketType, quantity: item.quantity, priceMinor };
  return { ok: true, lines: [line] };
}

function seatLines(
  seats: SeatRow[],
  wantedType: string | undefined,
  areas: AreaRow[],
  prices: Price[],
): Outcome<{ lines: CartLine[] }> {
  const lines: CartLine[] = [];
  for (const seat of seats) {
    const areaId = areas.find((area) => area.id === seat.areaId)?.code ?? '';
    const entry = priceOf(prices, seat.categoryId, wantedType);
    if (entry === undefined) return unknownTicketType(areaId, wantedType);
    lines.push({
      areaRowId: seat.areaId,
      areaId,
      seat: { rowId: seat.id, seatId: seat.code, label: seat.label },
      ticketType: entry.ticketType,
      quantity: 1,
      priceMinor: entry.priceMinor,
    });
  }
  return { ok: true, lines };
}

/** The price of a ticket type in a category; the category's first one when no type is named. */
function priceOf(
  prices: Price[],
  categoryId: number | null,
  ticketType: string | undefined,
): Price | undefined {
  return prices.find((price) => price.categoryId === categoryId
    && (ticketType === undefined || price.ticketType === ticketType));
}

function unknownTicketType(areaId: string, ticketType: string | undefined): Outcome<never> {
  return refused('ticket_type_unknown', { areaId, ...(ticketType === undefined ? {} : { ticketType }) });
}
