import { Counter, Gauge } from '../shared/platform/metrics.ts';
import type { Side } from './read-target.ts';
import type { RouteBoard } from './route-board.ts';
import type { Upstream } from './upstream.ts';

export interface GatewayMetrics {
  /** passed on, by side */
  requests: Counter<'side'>;
  /** got no answer, by side */
  failed: Counter<'side'>;
}

/** What the gateway counts. */
export function createGatewayMetrics(
  sides: Readonly<Partial<Record<Side, Upstream>>>, board: Pick<RouteBoard, 'readAtMs'>,
): GatewayMetrics {
  new Gauge({
    name: 'onsale_gateway_under_way',
    help: 'requests and streams under way with a side',
    labelNames: ['side'],
    collect() {
      for (const [side, upstream] of Object.entries(sides)) this.set({ side }, upstream.underWay());
    },
  });
  new Gauge({
    name: 'onsale_gateway_shunned',
    help: '1 while a side is not asked, since most of what it was asked lately got no answer',
    labelNames: ['side'],
    collect() {
      for (const [side, upstream] of Object.entries(sides)) this.set({ side }, upstream.isShunned() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'onsale_gateway_routes_age_seconds',
    help: 'since the routes were read last',
    collect() {
      const readAtMs = board.readAtMs();
      if (readAtMs !== undefined) this.set((Date.now() - readAtMs) / 1_000);
    },
  });
  return {
    requests: new Counter({
      name: 'onsale_gateway_requests_total', help: 'requests passed on to a side', labelNames: ['side'],
    }),
    failed: new Counter({
      name: 'onsale_gateway_failed_total', help: 'requests that a side did not answer', labelNames: ['side'],
    }),
  };
}
