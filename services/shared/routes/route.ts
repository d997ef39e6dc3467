/**
 * Where the selling requests of a show go. Kept in the legacy database (schema `strangler`), changed by the
 * operator service, followed by every gateway.
 */
export const ROUTE_STATES = ['legacy', 'selling'] as const;
export type RouteState = (typeof ROUTE_STATES)[number];

export interface Route {
  saleId: string;
  /** 1, 2, 3 … with each change; 0 while nobody has changed it: the show goes where its stock is sold */
  number: number;
  state: RouteState;
  /** null, as the next two, while the number is 0 */
  changedAt: Date | null;
  changedBy: string | null;
  why: string | null;
}

/** The stream of the event store in which the changes of a show's route are. */
export function routeStreamOf(saleId: string): string {
  return `route-${saleId}`;
}
