import { streamEvent } from '../shared/contracts/stream-events.ts';
import type { Doer } from '../shared/contracts/stream-events.ts';
import { readHead } from '../shared/event-store/read-sale.ts';
import { loadSql, withTransaction } from '../shared/platform/pg.ts';
import type { PoolClient } from '../shared/platform/pg.ts';
import { readRoute } from '../shared/routes/read-routes.ts';
import { routeStreamOf } from '../shared/routes/route.ts';
import type { Route, RouteState } from '../shared/routes/route.ts';
import { writeToStream } from '../shared/stream-outbox/write-to-stream.ts';
import { readProjections } from './read-log.ts';
import type { LogDatabases } from './read-log.ts';

const sql = {
  lockShow: loadSql(import.meta.url, './sql/lock-show-route.sql'),
  write: loadSql(import.meta.url, './sql/write-route.sql'),
};

/** Events that a projection may be behind when its show's requests go to selling: a second of a big sale. */
const BEHIND_MAX = 10_000;

export interface RouteChange {
  state: RouteState;
  why: string;
  /** nothing is changed; what would be refused is */
  dryRun: boolean;
}

export type ChangedRoute = { route: Route; isChanged: boolean } | { refusedFor: string[] } | 'show_unknown';

/**
 * Sends a show's requests to the other side. The change, its number and its event are one transaction with
 * the look at whose the stock is, so that no gateway is ever sent to a side that had none of it then. What is
 * so already is left alone.
 */
export async function changeRoute(
  databases: LogDatabases, saleId: string, change: RouteChange, doer: Doer,
): Promise<ChangedRoute> {
  const troubles = change.state === 'selling' ? await troublesOf(databases, saleId) : [];
  return withTransaction(databases.legacy, async (client) => {
    const { rows: [show] } = await client.query<{ sellsVia: 'legacy' | 'onsale' }>(sql.lockShow, [saleId]);
    const before = await readRoute(client, saleId);
    if (show === undefined || before === undefined) return 'show_unknown';
    if (before.state === change.state && before.number > 0) return { route: before, isChanged: false };
    const owner = show.sellsVia === 'onsale' ? 'selling' : 'legacy';
    const refusedFor = owner === change.state ? troubles : [`its stock is sold by ${owner}`, ...troubles];
    if (refusedFor.length > 0) return { refusedFor };
    if (change.dryRun) return { route: before, isChanged: false };
    return { route: await write(client, before, change, doer), isChanged: true };
  });
}

/** What of the sale's projections speaks against it. */
async function troublesOf(databases: LogDatabases, saleId: string): Promise<string[]> {
  const head = await readHead(databases.events, saleId);
  if (head === undefined) return ['selling has no such sale'];
  return (await readProjections(databases, saleId, head.seq)).flatMap(({ projection, parked, behind }) => {
    const name = `projection ${projection}`;
    if (parked !== null) return [`${name} is parked at event ${parked.seq}: ${parked.reason}`];
    return behind > BEHIND_MAX ? [`${name} is ${behind} events behind`] : [];
  });
}

async function write(
  client: PoolClient, { saleId, state: from }: Route, { state, why }: RouteChange, doer: Doer,
): Promise<Route> {
  await client.query(sql.write, [saleId, state, doer.actor, why]);
  const route = await readRoute(client, saleId);
  if (route === undefined) throw new Error(`the route of ${saleId} is gone right after it was written`);
  const stream = routeStreamOf(saleId);
  await writeToStream(client, streamEvent({
    id: `${stream}-${route.number}`, service: 'operator', stream, type: 'route.changed', timeMs: Date.now(),
    doer, data: { saleId, number: route.number, from, to: state },
  }));
  return route;
}
