import t from 'tap';
import { loadBrowserModule } from '../load-browser-module.ts';

type Outcome = { kind: 'answer' } | { kind: 'refused'; status: number; code: string };

interface Claims {
  claimHold(parts: {
    send: () => Promise<Outcome>;
    opensAt: string | null;
    now: () => number;
    sleep: (ms: number) => Promise<void>;
  }): Promise<Outcome>;
}

const { claimHold } = await loadBrowserModule<Claims>('claim-hold.js');
const OPENS_AT = '2026-12-01T09:00:00Z';
const OPENS_AT_MS = Date.parse(OPENS_AT);
const EARLY: Outcome = { kind: 'refused', status: 409, code: 'sale_not_open' };
const HELD: Outcome = { kind: 'answer' };

/** A claim from a browser whose clock shows `browserMs` when the server's shows `serverMs`. */
async function claimAt(browserMs: number, serverMs: number, opensAt: string | null = OPENS_AT) {
  let passedMs = 0;
  let sent = 0;
  const outcome = await claimHold({
    opensAt,
    now: () => browserMs + passedMs,
    async send() {
      sent++;
      passedMs += 10;
      return serverMs + passedMs >= OPENS_AT_MS ? HELD : EARLY;
    },
    async sleep(ms) {
      passedMs += ms;
    },
  });
  return { outcome, sent };
}

t.test('a browser whose clock is ahead claims again until the server opens', async (t) => {
  for (const aheadMs of [50, 500, 1_000, 2_000]) {
    const { outcome, sent } = await claimAt(OPENS_AT_MS, OPENS_AT_MS - aheadMs);
    t.same(outcome, HELD, `${aheadMs} ms ahead`);
    t.ok(sent > 1 && sent <= 2 + aheadMs / 150, `${sent} requests`);
  }
});

t.test('a browser that learns from the refusal how early it was claims again all the same', async (t) => {
  let nowMs = OPENS_AT_MS + 10;
  const outcome = await claimHold({
    opensAt: OPENS_AT,
    now: () => nowMs,
    async send() {
      if (nowMs === OPENS_AT_MS + 10) nowMs -= 400;
      return nowMs >= OPENS_AT_MS ? HELD : EARLY;
    },
    async sleep(ms) {
      nowMs += ms;
    },
  });
  t.same(outcome, HELD);
});

t.test('a sale that does not open when it should is not asked for ever', async (t) => {
  const { outcome, sent } = await claimAt(OPENS_AT_MS, OPENS_AT_MS - 3600_000);
  t.same(outcome, EARLY);
  t.ok(sent <= 3_000 / 150 + 1, `${sent} requests`);
});

t.test('not open, and it is not the clock: the refusal is told at once', async (t) => {
  const atMinutes = [[-1, OPENS_AT], [1, OPENS_AT], [0, null]] as const;
  for (const [minutes, opensAt] of atMinutes) {
    const browserMs = OPENS_AT_MS + minutes * 60_000;
    t.same(await claimAt(browserMs, OPENS_AT_MS - 60_000, opensAt), { outcome: EARLY, sent: 1 });
  }
});

t.test('a session that is unknown is asked for once more, any other refusal is not', async (t) => {
  for (const [status, sends] of [[401, 2], [409, 1], [403, 1]] as const) {
    let sent = 0;
    const refusal: Outcome = { kind: 'refused', status, code: 'whatever' };
    const outcome = await claimHold({
      opensAt: null, now: () => 0, sleep: async () => undefined,
      async send() {
        sent++;
        return refusal;
      },
    });
    t.same([outcome, sent], [refusal, sends]);
  }
});
