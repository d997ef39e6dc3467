import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';

const READ_ORDER = loadSql(import.meta.url, './sql/read-order.sql');

/** An order as the CMS shows it and as a checkout answers it, whichever way it was sold. */
export interface Order {
  number: string;
  status: 'pending' | 'confirmed' | 'failed' | 'cancelled';
  /** `onsale` for orders that came over the bus */
  paymentMethod: string;
  totalMinor: number;
  currency: string;
  createdAt: Date;
  showSlug: string;
  showName: string;
  startsAt: Date | null;
  venueName: string;
  customerName: string;
  customerEmail: string;
  lines: OrderLine[];
  charges: OrderCharge[];
  tickets: Ticket[];
  payments: Payment[];
}

interface Place {
  areaId: string;
  areaName: string;
  /** null in a general area, as the row and the label */
  seatId: string | null;
  rowLabel: string | null;
  seatLabel: string | null;
  ticketType: string;
}

export interface OrderLine extends Place {
  quantity: number;
  /** per ticket */
  priceMinor: number;
}

/** A fee or a tax, over the whole order. Legacy's own way of selling has none. */
export interface OrderCharge {
  kind: 'fee' | 'tax';
  code: string;
  amountMinor: number;
  /** part of prices and fees, so nothing is added for it */
  included: boolean;
}

export interface Ticket extends Place {
  ticketId: string;
  /** what the QR carries */
  code: string;
  holder: string | null;
}

export interface Payment {
  method: string;
  amountMinor: number;
  currency: string;
  status: 'open' | 'paid' | 'failed' | 'refunded';
  /** ISO 8601 */
  createdAt: string;
}

/** The order of that number with its lines, charges, tickets and payments; undefined when there is none. */
export async function readOrder(pool: Pool, number: string): Promise<Order | undefined> {
  const { rows: [order] } = await pool.query<Order>(READ_ORDER, [number]);
  return order;
}
