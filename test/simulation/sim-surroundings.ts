import type { RelayMetrics } from '../../services/relay/relay-metrics.ts';
import { compileLayout } from '../../services/shared/contracts/layout.ts';
import type { SaleDefinition } from '../../services/shared/contracts/sale-definition.ts';
import type { Log } from '../../services/shared/platform/log.ts';

const unused = { inc: () => undefined, observe: () => undefined };

/** Counts nothing. */
export const simMetrics = new Proxy({}, { get: () => unused }) as RelayMetrics;

/** A log that tells sentences on; with no time of its own. */
export function simLog(say: (text: string) => void): Log {
  const write = (fields: object | string, sentence = ''): void => {
    if (typeof fields === 'string') {
      say(fields);
      return;
    }
    const err = (fields as { err?: unknown }).err;
    const texts = { ...fields, ...(err instanceof Error && { err: err.message }) };
    say(`${sentence} ${JSON.stringify(texts)}`);
  };
  const log = { child: () => log, debug: write, info: write, warn: write, error: write };
  return log as unknown as Log;
}

/** Of every sale: one general area. */
export const simLayout = compileLayout({
  version: 1, currency: 'EUR', channels: [], groups: [], order: [], ticketTypes: [],
  focalPoint: null, capacity: null,
  categories: [{ categoryId: 'standing', name: 'Standing', prices: { adult: 2_500 } }],
  areas: [{ areaId: 'floor', name: 'Floor', kind: 'general', capacity: 1_000, categoryId: 'standing' }],
} as unknown as SaleDefinition);
