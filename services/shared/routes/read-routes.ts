import { loadSql } from '../platform/pg.ts';
import type { Pool, PoolClient } from '../platform/pg.ts';
import type { Route } from './route.ts';

const READ_ROUTES = loadSql(import.meta.url, './sql/read-routes.sql');

/** The statement with which a NotificationFeed hears of every change of a route. */
export const LISTEN_ROUTES = loadSql(import.meta.url, './sql/listen-routes.sql');

/** Of all shows. Throws when PostgreSQL does not answer, as below. */
export async function readRoutes(pool: Pool): Promise<Route[]> {
  return (await pool.query<Route>(READ_ROUTES, [null])).rows;
}

/** Undefined when there is no such show. */
export async function readRoute(pool: Pool | PoolClient, saleId: string): Promise<Route | undefined> {
  return (await pool.query<Route>(READ_ROUTES, [saleId])).rows[0];
}
