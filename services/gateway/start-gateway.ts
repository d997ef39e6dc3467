import { OFREPProvider } from '@openfeature/ofrep-provider';
import type { Log } from '../shared/platform/log.ts';
import { connectPg } from '../shared/platform/pg.ts';
import type { RunningService } from '../shared/platform/run-service.ts';
import { serve } from '../shared/platform/serve.ts';
import type { GatewayConfig } from './config.ts';
import { createGatewayApp } from './gateway-app.ts';
import { OpenStreams } from './open-streams.ts';
import { createRouteBoard } from './route-board.ts';
import { createUpstream } from './upstream.ts';

/** One listens for changes of routes, one reads them. */
const CONNECTIONS_MAX = 2;
const FLAG_MS_MAX = 1_000;

/**
 * Starts the gateway: the one address that the checkout knows. PostgreSQL may come later: until the routes
 * were read once, requests get 503 and /health/ready says so.
 *
 * @throws Error when the configuration is wrong or the port is taken
 */
export async function startGateway(config: GatewayConfig, log: Log): Promise<RunningService> {
  const pool = connectPg(config.DATABASE_URL, { name: 'gateway', log, poolMax: CONNECTIONS_MAX });
  const streams = new OpenStreams();
  const board = createRouteBoard({
    pool, log, flags: openFlags(config),
    onMoved: (saleId) => {
      log.info({ saleId }, 'a show has moved');
      streams.end(saleId);
    },
  });
  const sides = {
    legacy: createUpstream(config.LEGACY_URL, { isBatching: false }),
    selling: createUpstream(config.SELLING_URL, { isBatching: true }),
  };
  const app = createGatewayApp({ board, sides, streams, log });
  await board.start();
  return serve(app, config, async () => {
    await app.close();
    await board.stop();
    await Promise.all([sides.legacy.close(), sides.selling.close()]);
    await pool.end();
  });
}

/** Undefined where the routes decide. */
function openFlags({ FLAGS_URL: baseUrl, FLAGS_TOKEN: token }: GatewayConfig): OFREPProvider | undefined {
  if (baseUrl === undefined) return undefined;
  return new OFREPProvider({
    baseUrl,
    fetchImplementation: fetchInTime,
    ...token !== undefined && { headers: { authorization: `Bearer ${token}` } },
  });
}

const fetchInTime: typeof fetch = (input, init) =>
  fetch(input, { ...init, signal: AbortSignal.timeout(FLAG_MS_MAX) });
