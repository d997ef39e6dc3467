import { ErrorCode, StandardResolutionReasons } from '@openfeature/server-sdk';
import type { EvaluationContext, Provider, ResolutionDetails } from '@openfeature/server-sdk';
import type { Route } from '../shared/routes/route.ts';

/**
 * The routes as an OpenFeature provider: the string flag `show-route` for the show in the context's
 * `targetingKey` is the state of its route. A company's own flag service can stand in its place.
 */
export const ROUTE_FLAG = 'show-route';

/** @param routeOf what the gateway knows of a show; undefined where there is no such show */
export function createRouteProvider(routeOf: (saleId: string) => Route | undefined): Provider {
  const unknown = <T>(value: T): Promise<ResolutionDetails<T>> =>
    Promise.resolve({ value, errorCode: ErrorCode.FLAG_NOT_FOUND, reason: StandardResolutionReasons.ERROR });
  return {
    metadata: { name: 'onsale routes' },
    runsOn: 'server',
    resolveStringEvaluation: (flag, value, { targetingKey = '' }: EvaluationContext) => {
      const route = flag === ROUTE_FLAG ? routeOf(targetingKey) : undefined;
      if (route === undefined) return unknown(value);
      const flagMetadata = { number: route.number };
      return Promise.resolve({
        value: route.state, variant: route.state, flagMetadata,
        reason: StandardResolutionReasons.TARGETING_MATCH,
      });
    },
    resolveBooleanEvaluation: (_flag, value) => unknown(value),
    resolveNumberEvaluation: (_flag, value) => unknown(value),
    resolveObjectEvaluation: (_flag, value) => unknown(value),
  };
}
