import type { RouteState } from '../shared/routes/route.ts';
import type { Pace } from './upstream.ts';

/** Who answers a request. */
export type Side = RouteState;

/** What the address of a request says about who is to answer it. */
export interface Target {
  /** undefined: it is about no sale */
  saleId: string | undefined;
  /** the side that issued the hold or order it is about, whatever the route says meanwhile */
  issuedBy: Side | undefined;
  /** an order is made from a hold that only the body names */
  isOrder: boolean;
  pace: Pace;
}

/** Segments are plain characters, so that no encoding of `..` leads anywhere else. */
const SALE_PATH =
  /^\/v1\/sales\/([a-z0-9][a-z0-9-]{0,63})(?:\/([a-z]+)(?:\/([A-Za-z0-9_-]+)(?:\/[A-Za-z0-9_-]+)*)?)?$/;
const SELLING_PATH = /^\/v1\/(?:sessions|webhooks\/[a-z]+)$/;

/** Undefined for what is no request of the selling API that buyers and providers use. */
export function readTarget(method: string, url: string): Target | undefined {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const parts = SALE_PATH.exec(path);
  if (parts !== null) {
    const [, saleId, what, id] = parts;
    return {
      saleId,
      issuedBy: id === undefined ? undefined : issuerOf(id),
      isOrder: method === 'POST' && what === 'orders' && id === undefined,
      pace: paceOf(what),
    };
  }
  if (!SELLING_PATH.test(path)) return undefined;
  // Buyers are known to both sides by tokens that selling makes; providers know selling only.
  return { saleId: undefined, issuedBy: 'selling', isOrder: false, pace: 'slow' };
}

function paceOf(what: string | undefined): Pace {
  if (what === 'stream') return 'stream';
  return what === 'orders' ? 'slow' : 'quick';
}

/** The side that made the hold an order is to be made from; undefined where the body names none. */
export function issuerInOrder(body: Buffer): Side | undefined {
  try {
    const { holdId } = JSON.parse(body.toString('utf8')) as { holdId?: unknown };
    return typeof holdId === 'string' ? issuerOf(holdId) : undefined;
  } catch {
    return undefined;
  }
}

/** Holds and orders of the legacy side are `lh_…` and `lo_…`, those of selling `h_…` and `o_…`. */
function issuerOf(id: string): Side | undefined {
  if (/^l[ho]_/.test(id)) return 'legacy';
  return /^[ho]_/.test(id) ? 'selling' : undefined;
}
