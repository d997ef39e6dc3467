import { OpenFeature } from '@openfeature/server-sdk';
import type { Client, Provider } from '@openfeature/server-sdk';
import type { Log } from '../shared/platform/log.ts';
import { NotificationFeed } from '../shared/platform/notification-feed.ts';
import { createPause } from '../shared/platform/pause.ts';
import type { Pool } from '../shared/platform/pg.ts';
import { LISTEN_ROUTES, readRoutes } from '../shared/routes/read-routes.ts';
import { ROUTE_STATES } from '../shared/routes/route.ts';
import type { Route, RouteState } from '../shared/routes/route.ts';
import { createRouteProvider, ROUTE_FLAG } from './route-provider.ts';

/**
 * What a gateway knows of the routes. Every change is heard as soon as it is committed, and all are read once
 * a second besides, so that no lost word matters longer. While PostgreSQL is away it goes on with what it
 * knows: both sides refuse what is not theirs. Where a flag service decides, it is asked once a second for
 * each show that is asked for; while it is away the routes decide.
 */
export interface RouteBoard {
  /** Reads the routes, and goes on reading them. Throws when a flag service is to decide and cannot. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Nothing is known yet: nobody can say where a request belongs. */
  isBlank(): boolean;
  /** When the routes were read last; undefined while nothing is known. */
  readAtMs(): number | undefined;
  /** Where a show's requests go. What legacy does not have is selling's, if it is anybody's. */
  stateOf(saleId: string): RouteState | Promise<RouteState>;
}

export interface RouteBoardOptions {
  pool: Pool;
  log: Log;
  /** of the company's own flag service; without it the routes decide */
  flags: Provider | undefined;
  /** told of each show whose requests go elsewhere from now on */
  onMoved(saleId: string): void;
}

/** What was decided for a show. */
interface Decision {
  state: RouteState;
  atMs: number;
  /** it is being asked for again */
  isAsked: boolean;
}

const LOOK_MS = 1_000;

export function createRouteBoard({ pool, log, flags, onMoved }: RouteBoardOptions): RouteBoard {
  const stopping = new AbortController();
  const pause = createPause(stopping.signal);
  const feed = new NotificationFeed({ pool, listen: LISTEN_ROUTES, log });
  let routes = new Map<string, Route>();
  /** of shows that were asked for: no more than there are shows */
  const decisions = new Map<string, Decision>();
  let client: Client | undefined;
  let readAtMs: number | undefined;
  let isAway = false;
  let working: Promise<void> | undefined;

  async function read(): Promise<void> {
    const startedAtMs = Date.now();
    const before = routes;
    routes = new Map((await readRoutes(pool)).map((route) => [route.saleId, route]));
    readAtMs = startedAtMs;
    for (const saleId of decisions.keys()) {
      const [now, then] = [routes.get(saleId), before.get(saleId)];
      if (now === undefined) decisions.delete(saleId);
      else if (now.number !== then?.number || now.state !== then.state) await decide(now);
    }
  }

  async function look(): Promise<void> {
    try {
      await read();
      if (isAway) log.info('the routes are read again');
      isAway = false;
    } catch (error) {
      if (!isAway) log.warn({ err: error }, 'the routes cannot be read: those known before are in force');
      isAway = true;
    }
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      await pause.wait(LOOK_MS);
      if (!stopping.signal.aborted) await look();
    }
  }

  /** The flag's value; the route's own state where the flag service does not know the show, or is away. */
  async function decide({ saleId, state }: Route): Promise<RouteState> {
    const value = await client?.getStringValue(ROUTE_FLAG, state, { targetingKey: saleId, saleId });
    const decided = ROUTE_STATES.find((known) => known === value) ?? state;
    const before = decisions.get(saleId);
    decisions.set(saleId, { state: decided, atMs: performance.now(), isAsked: false });
    if (before !== undefined && before.state !== decided) onMoved(saleId);
    return decided;
  }

  return {
    async start() {
      await OpenFeature.setProviderAndWait(flags ?? createRouteProvider((saleId) => routes.get(saleId)));
      client = OpenFeature.getClient();
      feed.listen(() => pause.wake());
      await look();
      working = work();
    },
    async stop() {
      stopping.abort();
      pause.wake();
      await working;
      await feed.stop();
      await OpenFeature.close();
    },
    isBlank: () => readAtMs === undefined,
    readAtMs: () => readAtMs,
    stateOf(saleId) {
      const route = routes.get(saleId);
      if (route === undefined) return 'selling';
      const decision = decisions.get(saleId);
      if (decision === undefined) return decide(route);
      if (!decision.isAsked && performance.now() - decision.atMs > LOOK_MS) {
        decision.isAsked = true;
        void decide(route);
      }
      return decision.state;
    },
  };
}
