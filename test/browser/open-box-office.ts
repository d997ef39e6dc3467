import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { HoldAnswer } from '../../services/shared/contracts/http-schemas.ts';
import type { AccessCodesRequest } from '../../services/shared/contracts/inventory-schemas.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import { openTestStack, startService } from '../stack.ts';
import type { TestService } from '../stack.ts';
import type { Teardown } from '../harness/teardown.ts';

/**
 * The whole stack, every service its own process, with a real Chromium before it; and the things that
 * others do meanwhile, by the API: an operator who defines and pauses, another buyer who is faster.
 */
export interface BoxOffice {
  checkout: string;
  cms: string;
  selling: string;
  relay: TestService;
  /** A new browser profile, so a new buyer; what its pages complain about is in `complaints`. */
  openPage(options?: BrowserContextOptions): Promise<Page>;
  complaints: string[];
  /** Defines a sale and opens it. */
  putOnSale(saleId: string, input: SaleInput): Promise<void>;
  addAccessCodes(saleId: string, codes: AccessCodesRequest): Promise<void>;
  operate(saleId: string, verb: 'pause' | 'resume' | 'close'): Promise<void>;
  /** Somebody has paid at the box office. */
  takeAtCounter(saleId: string, orderId: string, payment: object): Promise<void>;
  /** Somebody else's hold. */
  otherHolds(saleId: string, items: object[]): Promise<HoldAnswer>;
  otherReleases(saleId: string, holdId: string): Promise<void>;
  otherBuys(saleId: string, holdId: string): Promise<void>;
  availability(saleId: string): Promise<{ free: number; held: number; sold: number }>;
  /** Seat ids of a sale by their state now. */
  seatStates(saleId: string): Promise<Map<string, string>>;
}

/** Enough for a machine that is busy with other tests. */
const ACTION_MS_MAX = 30_000;
/** Chromium without its calls to Google; --no-sandbox only where its sandbox cannot work. */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts it all. @param more of the environment of the services */
export async function openBoxOffice(
  t: Teardown,
  executablePath: string,
  more: Record<string, string> = {},
): Promise<BoxOffice> {
  const stack = await openTestStack(t, { shards: 2 });
  // A short wait, so that a log that does not answer is soon seen by the buyer as "being secured".
  const env = { ...stack.env, CONFIRM_WAIT_MS: '700', ...more };
  const [relay, , selling, legacy] = await Promise.all([
    startService(t, 'relay', env),
    startService(t, 'projector', env),
    startService(t, 'selling', { ...env, PORT: more['SELLING_PORT'] ?? '0' }),
    startService(t, 'legacy', env),
  ]);
  const checkout = await startService(t, 'checkout', {
    ...env,
    SELLING_URL: selling.url,
    SHOWS: 'hamlet',
    PORT: more['CHECKOUT_PORT'] ?? '0',
  });
  const browser = await launch(t, executablePath);
  const complaints: string[] = [];
  const api = createApi(selling.url, stack);
  return {
    checkout: checkout.url,
    cms: legacy.url,
    selling: selling.url,
    relay,
    complaints,
    openPage: (options) => openPage(browser, options, complaints),
    ...api,
  };
}

async function launch(t: Teardown, executablePath: string): Promise<Browser> {
  const asRoot = process.getuid?.() === 0;
  const browser = await chromium.launch({
    executablePath,
    args: [...FLAGS, ...(asRoot ? ['--no-sandbox'] : [])],
  });
  t.teardown(() => browser.close());
  return browser;
}

async function openPage(
  browser: Browser,
  options: BrowserContextOptions | undefined,
  complaints: string[],
): Promise<Page> {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1280, height: 860 },
    ...options,
  });
  context.setDefaultTimeout(ACTION_MS_MAX);
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text());
  });
  return page;
}

function createApi(sellingUrl: string, stack: { adminToken: string; checkoutKey: string }) {
  let keys = 0;
  async function call(method: string, path: string, token: string, body?: unknown): Promise<unknown> {
    const response = await fetch(sellingUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'idempotency-key': `key-${++keys}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
  const buyerId = 'somebody-else';
  const asAdmin = (method: string, path: string, body?: unknown) =>
    call(method, `/admin/v1/sales/${path}`, stack.adminToken, body);
  const asOther = (method: string, path: string, body?: unknown) =>
    call(method, `/v1/sales/${path}`, stack.checkoutKey, body);
  return {
    async putOnSale(saleId: string, input: SaleInput) {
      await asAdmin('PUT', saleId, input);
      await asAdmin('POST', `${saleId}/open`);
    },
    async addAccessCodes(saleId: string, codes: AccessCodesRequest) {
      await asAdmin('POST', `${saleId}/access-codes`, codes);
    },
    async takeAtCounter(saleId: string, orderId: string, payment: object) {
      await asAdmin('POST', `${saleId}/orders/${orderId}/payments`, payment);
    },
    async operate(saleId: string, verb: string) {
      await asAdmin('POST', `${saleId}/${verb}`);
    },
    otherHolds: (saleId: string, items: object[]) =>
      asOther('POST', `${saleId}/holds`, { buyerId, items }) as Promise<HoldAnswer>,
    async otherReleases(saleId: string, holdId: string) {
      await asOther('DELETE', `${saleId}/holds/${holdId}`);
    },
    async otherBuys(saleId: string, holdId: string) {
      const contact = { name: 'Somebody Else', email: 'else@example.org' };
      await asOther('POST', `${saleId}/orders`, { buyerId, holdId, contact, payment: { method: 'free' } });
    },
    async availability(saleId: string) {
      type Area = { free: number; held: number; sold: number };
      const { areas } = (await asOther('GET', `${saleId}/availability`)) as { areas: Area[] };
      const sum = (of: (area: Area) => number) => areas.reduce((total, area) => total + of(area), 0);
      return { free: sum((a) => a.free), held: sum((a) => a.held), sold: sum((a) => a.sold) };
    },
    async seatStates(saleId: string) {
      const sale = (await asOther('GET', saleId)) as {
        areas: { areaId: string; rows?: { seats: { seatId: string }[] }[] }[];
      };
      const seats = (await asOther('GET', `${saleId}/seats`)) as {
        areas: { areaId: string; states: string }[];
      };
      const states = new Map(seats.areas.map((area) => [area.areaId, area.states]));
      return new Map(
        sale.areas.flatMap((area) =>
          (area.rows ?? [])
            .flatMap((row) => row.seats)
            .map((seat, i) => [seat.seatId, states.get(area.areaId)?.[i] ?? '?'] as const),
        ),
      );
    },
  };
}

/** The old theatre, with its prices. */
export function theatre(more: Partial<SaleInput> = {}): SaleInput {
  const plan = new URL('../../services/legacy/venues/old-theatre.json', import.meta.url);
  return {
    name: 'Hamlet',
    currency: 'EUR',
    layout: JSON.parse(readFileSync(plan, 'utf8')) as NonNullable<SaleInput['layout']>,
    categories: [
      { categoryId: 'Stalls', prices: { adult: 4500, child: 2000 } },
      { categoryId: 'Circle', prices: { adult: 3800 } },
      { categoryId: 'Restricted view', prices: { adult: 1900 } },
      { categoryId: 'Wheelchair', prices: { adult: 2500 } },
    ],
    ...more,
  };
}

/** Two rows of seats `A1` … `B4`, and if wanted a floor. */
export function smallHall(more: Partial<SaleInput> = {}, floorCapacity = 0): SaleInput {
  const rows = ['A', 'B'].map((rowId, y) => ({
    rowId,
    seats: [1, 2, 3, 4].map((n) => ({ seatId: `${rowId}${n}`, label: String(n), x: n, y })),
  }));
  return {
    name: 'Small hall',
    currency: 'EUR',
    allowStrandedSeats: true,
    categories: [{ categoryId: 'C', name: 'Any seat', prices: { adult: 1000, child: 500 } }],
    areas: [
      { areaId: 'hall', name: 'Hall', kind: 'seated', categoryId: 'C', rows },
      ...(floorCapacity > 0
        ? [
            {
              areaId: 'floor',
              name: 'Floor',
              kind: 'general' as const,
              capacity: floorCapacity,
              categoryId: 'C',
            },
          ]
        : []),
    ],
    ...more,
  };
}
