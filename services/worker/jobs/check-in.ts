import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import type { TicketKeys } from './ticket-token.ts';

const sql = {
  useTicket: loadSql(import.meta.url, './sql/use-ticket.sql'),
  readOrder: loadSql(import.meta.url, './sql/read-order-of-ticket.sql'),
  readUse: loadSql(import.meta.url, './sql/read-use.sql'),
};

/** One look at a ticket at a door. */
export interface Scan {
  token: string;
  /** the sale that this door lets in */
  saleId: string;
  /** of the scanner's request: the same one is answered the same again */
  scanKey: string;
  gate: string | undefined;
}

export interface AdmittedTicket {
  ticketId: string;
  saleId: string;
  showName: string;
  holder: string | null;
  areaName: string;
  rowLabel: string | null;
  seatLabel: string | null;
  ticketType: string;
  usedAt: Date;
}

export type CheckIn =
  | { verdict: 'valid'; ticket: AdmittedTicket }
  | { verdict: 'ticket_forged' | 'ticket_unknown' }
  | { verdict: 'ticket_elsewhere'; saleId: string }
  /** what became of it, or of its order */
  | { verdict: 'ticket_void'; status: string }
  | { verdict: 'ticket_used'; usedAt: Date; gate: string | null };

interface Row extends Omit<AdmittedTicket, 'usedAt'> {
  status: string;
  /** null: this was not its first use, or it must not be used */
  usedAt: Date | null;
}

/**
 * Looks whether a ticket lets its bearer in, and notes that it did: of any number of doors that ask at once,
 * one is told so. Throws what PostgreSQL says.
 */
export async function checkIn(
  { pool, keys }: { pool: Pool; keys: TicketKeys }, { token, saleId, scanKey, gate }: Scan,
): Promise<CheckIn> {
  const claims = await keys.open(token);
  if (claims === undefined) return { verdict: 'ticket_forged' };
  const { rows: [row] } = await pool.query<Row>(sql.useTicket, [claims.ticketId, saleId, scanKey, gate]);
  if (row === undefined) return judgeMissing(pool, claims.orderId, saleId);
  const { status, usedAt, ...ticket } = row;
  if (ticket.saleId !== saleId) return { verdict: 'ticket_elsewhere', saleId: ticket.saleId };
  if (status !== 'confirmed') return { verdict: 'ticket_void', status };
  if (usedAt !== null) return { verdict: 'valid', ticket: { ...ticket, usedAt } };
  type Use = { scanKey: string; gate: string | null; usedAt: Date };
  const { rows: [use] } = await pool.query<Use>(sql.readUse, [claims.ticketId]);
  if (use === undefined) throw new Error(`ticket ${claims.ticketId} was neither used nor unused`);
  if (use.scanKey === scanKey) return { verdict: 'valid', ticket: { ...ticket, usedAt: use.usedAt } };
  return { verdict: 'ticket_used', usedAt: use.usedAt, gate: use.gate };
}

/** We have signed it: where its order is there and it is not, it was cancelled. */
async function judgeMissing(pool: Pool, orderId: string, saleId: string): Promise<CheckIn> {
  const { rows: [order] } = await pool.query<{ saleId: string }>(sql.readOrder, [orderId]);
  if (order === undefined) return { verdict: 'ticket_unknown' };
  if (order.saleId !== saleId) return { verdict: 'ticket_elsewhere', saleId: order.saleId };
  return { verdict: 'ticket_void', status: 'cancelled' };
}
