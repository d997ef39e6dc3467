import type { BusEvent } from '../shared/contracts/bus-record.ts';
import { evolve, initialSale } from '../shared/contracts/evolve.ts';
import type { FoldedSale } from '../shared/contracts/evolve.ts';
import { judge } from '../shared/contracts/log-rule.ts';
import { upcast } from '../shared/contracts/upcast.ts';

/** Where the events of a sale are read: the operator's API, with a credential of the role viewer. */
export interface LogSource {
  url: string;
  token: string;
}

const EVENTS_PER_PAGE = 1_000;
const ANSWER_MS_MAX = 15_000;

/**
 * Folds the log of a sale, page by page. What has just happened may be missing: the event store is a little
 * behind the log.
 *
 * @returns the fold, or in words why the log cannot be read now
 * @throws Error when an event does not follow the one before, or breaks a promise
 */
export async function foldLog(
  source: LogSource,
  saleId: string,
): Promise<{ fold: FoldedSale } | { away: string }> {
  const fold = initialSale();
  for (;;) {
    const page = await readPage(source, saleId, fold.head.seq);
    if ('away' in page) return page;
    for (const event of page.events) {
      const seq = Number(event.sequence);
      const { verdict, reason } = judge(fold.head, { seq, id: event.id, prev: event.prev }, false);
      if (verdict !== 'accepted' || event.subject !== saleId) {
        throw new Error(`the log of ${saleId} contradicts itself at seq ${seq}: ${reason || verdict}`);
      }
      evolve(fold, upcast(event));
    }
    if (page.events.length < EVENTS_PER_PAGE) return { fold };
  }
}

async function readPage(
  { url, token }: LogSource,
  saleId: string,
  after: number,
): Promise<{ events: BusEvent[] } | { away: string }> {
  const address = new URL(`/admin/v1/sales/${saleId}/events?after=${after}&limit=${EVENTS_PER_PAGE}`, url);
  try {
    const response = await fetch(address, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    if (response.ok) return await response.json() as { events: BusEvent[] };
    return { away: `the log is answered with ${response.status}` };
  } catch (error) {
    return { away: `the log does not answer: ${(error as Error).message}` };
  }
}
