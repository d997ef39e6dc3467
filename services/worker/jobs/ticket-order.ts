import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../../shared/platform/pg.ts';

const READ_ORDER = {
  name: 'read-ticket-order', text: loadSql(import.meta.url, './sql/read-ticket-order.sql'),
};

/** What one page of the document says. */
export interface OrderedTicket {
  ticketId: string;
  holder: string | null;
  areaId: string;
  areaName: string;
  /** null in a general area, as the row and the label */
  seatId: string | null;
  rowLabel: string | null;
  seatLabel: string | null;
  ticketType: string;
  priceMinor: number;
}

/** An order as its tickets and its mail tell it. */
export interface TicketOrder {
  orderId: string;
  status: string;
  saleId: string;
  showName: string;
  startsAt: Date | null;
  venueName: string;
  customerName: string;
  customerEmail: string;
  totalMinor: number;
  currency: string;
  createdAt: Date;
  tickets: OrderedTicket[];
}

/**
 * Reads it from the rows that the CMS shows: what it corrects, a name or the time of the show, is on the
 * tickets, and nobody but the projector opens contact data.
 *
 * @throws Error when the order is not there yet; or what PostgreSQL says
 */
export async function readTicketOrder(client: Pool | PoolClient, orderId: string): Promise<TicketOrder> {
  const { rows: [order] } = await client.query<TicketOrder>({ ...READ_ORDER, values: [orderId] });
  if (order === undefined) throw new Error(`order ${orderId} is not in the legacy tables yet`);
  return order;
}

/** `Row A, seat 12`; the area alone where nothing is numbered. */
export function placeOf({ rowLabel, seatLabel, areaName }: OrderedTicket): string {
  return seatLabel === null ? areaName : `${areaName}, row ${rowLabel ?? ''}, seat ${seatLabel}`;
}
