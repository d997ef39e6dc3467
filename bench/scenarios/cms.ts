import { setTimeout as sleep } from 'node:timers/promises';
import { deriveId } from '../../services/selling/derive-id.ts';
import { arenaSale } from '../engine/engine-sale.ts';
import { openCompany } from '../load/open-company.ts';
import type { Company } from '../load/open-company.ts';
import { postRequest } from '../load/hold-request.ts';
import { openSale } from '../load/open-bench-sale.ts';
import { orderRequest } from '../load/order-request.ts';
import { pace } from '../load/pace.ts';
import type { Lab } from '../open-lab.ts';
import { percentile } from '../report/percentile.ts';
import type { Findings, Scenario } from '../scenario.ts';

/**
 * How long the CMS takes for its pages of a show of 20,000 seats while the show is sold: holds of two seats
 * and their orders in an open loop, and the pages one after the other, with a short pause between two.
 */
const SALE_ID = 'arena';
const SEATS_PER_HOLD = 2;
const HOLDS = 7_000;
/** Each of holds and of orders. */
const PER_SECOND = 300;
/** Sold before the first page. */
const HEAD_START = 1_000;
const CONNECTIONS = 64;
const PAUSE_MS = 20;
const ORDER_AFTER_MS = 2_000;

export const cms: Scenario = {
  name: 'cms',
  summary: 'pages of the CMS of a show with 20,000 seats while it is sold',
  run: runCms,
};

async function runCms(lab: Lab, say: (line: string) => void): Promise<Findings> {
  const company = await openCompany(lab);
  await openSale(company.selling.url, SALE_ID, { sale: arenaSale(), adminToken: company.adminToken });
  const refused = await sell(company, 0, HEAD_START);
  await awaitPage(`${company.cms.url}/cms/orders/${orderIdOf(company, 0)}`);
  const stopping = new AbortController();
  const looking = look(company, stopping.signal);
  const refusedThen = await sell(company, HEAD_START, HOLDS - HEAD_START);
  stopping.abort();
  const timesMs = await looking;
  say(`  ${[...timesMs.values()].flat().length} pages`);
  return report(timesMs, refused + refusedThen, lab.isPinned);
}

/** Sells some holds, orders following holds; gives how many answers were no 201. */
async function sell({ selling: { url }, checkoutKey, idSecret }: Company, from: number, count: number) {
  const order = orderRequest({ saleId: SALE_ID, checkoutKey, idSecret, run: 'arena' });
  const hold = (n: number): string => postRequest(
    `/v1/sales/${SALE_ID}/holds`,
    `{"buyerId":"b-arena-${n}","items":[{"bestAvailable":${SEATS_PER_HOLD}}]}`,
    { authorization: `Bearer ${checkoutKey}`, 'idempotency-key': `k-arena-${n}` },
  );
  const options = { url, connections: CONNECTIONS, perSecond: PER_SECOND, count };
  const holding = pace({ ...options, request: (n) => hold(from + n) });
  // An order needs its hold's answer.
  await sleep(ORDER_AFTER_MS);
  const done = await Promise.all([holding, pace({ ...options, request: (n) => order(from + n) })]);
  return 2 * count - done.reduce((sum, { countByStatus }) => sum + (countByStatus.get(201) ?? 0), 0);
}

function orderIdOf({ idSecret }: Company, n: number): string {
  return deriveId(idSecret, 'o', { saleId: SALE_ID, buyerId: `b-arena-${n}`, key: `o-arena-${n}` });
}

/** Opens the pages in turns until it is stopped; gives ms by page. */
async function look(company: Company, signal: AbortSignal): Promise<Map<string, number[]>> {
  const pages = {
    calendar: '/cms/shows',
    show: `/cms/shows/${SALE_ID}`,
    orders: `/cms/orders?show=${SALE_ID}`,
    order: `/cms/orders/${orderIdOf(company, 0)}`,
    search: `/cms/orders?q=ana&show=${SALE_ID}`,
  };
  const timesMs = new Map(Object.keys(pages).map((name): [string, number[]] => [name, []]));
  while (!signal.aborted) {
    for (const [name, path] of Object.entries(pages)) {
      const startedAtMs = performance.now();
      const reply = await fetch(`${company.cms.url}${path}`);
      await reply.text();
      if (!reply.ok) throw new Error(`${path} was answered with ${reply.status}`);
      timesMs.get(name)?.push(performance.now() - startedAtMs);
      await sleep(PAUSE_MS);
    }
  }
  return timesMs;
}

async function awaitPage(url: string): Promise<void> {
  const deadlineAtMs = performance.now() + 60_000;
  while (!(await fetch(url)).ok) {
    if (performance.now() > deadlineAtMs) throw new Error(`${url} is not there`);
    await sleep(50);
  }
}

function report(timesMs: Map<string, number[]>, refused: number, isPinned: boolean): Findings {
  const rounded = (value: number): number => Number(value.toFixed(1));
  const sumUp = (ms: number[]) =>
    ({ pages: ms.length, p50Ms: rounded(percentile(ms, 0.5)), p99Ms: rounded(percentile(ms, 0.99)) });
  const all = sumUp([...timesMs.values()].flat());
  const byPage = Object.fromEntries([...timesMs].map(([name, ms]) => [name, sumUp(ms)]));
  return {
    conditions: {
      seats: 20_000, seatsPerHold: SEATS_PER_HOLD, holds: HOLDS, holdsPerSecond: PER_SECOND,
      ordersPerSecond: PER_SECOND, confirmAck: 'bus',
      pinned: isPinned ? 'services on core 0; Redis, PostgreSQL, kinesalite and load on core 1' : 'no',
    },
    results: { ...all, refused, byPage },
    table: [
      ['', 'pages', 'p50 ms', 'p99 ms'],
      ...Object.entries({ ...byPage, all }).map(([name, one]) => [name, one.pages, one.p50Ms, one.p99Ms]),
    ],
    chart: {
      title: 'Pages of the CMS of a show with 20,000 seats, during its sale',
      unit: 'ms, p99',
      note: `${PER_SECOND} holds and ${PER_SECOND} orders a second`,
      bars: Object.entries({ ...byPage, all }).map(([label, { p99Ms }]) => ({ label, value: p99Ms })),
    },
  };
}
