import { loadSql } from '../shared/platform/pg.ts';
import type { PoolClient } from '../shared/platform/pg.ts';
import { ProjectionFault } from './projections/projection-fault.ts';

const SELECT_LEGACY_STOCK = loadSql(import.meta.url, './sql/select-legacy-stock.sql');

interface LegacyStock {
  sold: number;
  held: number;
  blocked: number;
  orders: number;
  carts: number;
}

/**
 * A show of legacy's may move over only while all of it is free: a sale begins with its whole stock, so
 * whatever legacy has sold or holds would be sold again. Called in the transaction that switches the show,
 * after the switch: no sale of legacy's can come in between.
 *
 * @throws ProjectionFault that tells the operator what legacy has; the caller then takes the switch back
 */
export async function checkMoveOver(
  client: PoolClient,
  saleId: string,
  showId: number,
): Promise<void> {
  const { rows: [stock] } = await client.query<LegacyStock>(SELECT_LEGACY_STOCK, [showId]);
  if (stock === undefined) return;
  const { sold, held, blocked, orders, carts } = stock;
  if (sold + held + blocked + orders + carts === 0) return;
  throw new ProjectionFault([
    `the show ${saleId} cannot move over: legacy has sold ${sold} places (orders: ${orders})`,
    `and holds ${held} (open carts: ${carts}), and ${blocked} are blocked; this sale would sell them again:`,
    'only an unsold show may be defined here. Close this sale, and go on selling the show the old way',
  ].join(' '));
}
