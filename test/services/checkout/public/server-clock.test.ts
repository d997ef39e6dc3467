import t from 'tap';
import { loadBrowserModule } from '../load-browser-module.ts';

interface Clocks {
  createServerClock(localNow: () => number): {
    learn(dateHeader: string | null, sentMs: number, receivedMs: number): void;
    now(): number;
  };
}

const { createServerClock } = await loadBrowserModule<Clocks>('server-clock.js');
const SERVER_MS = Date.parse('2026-12-01T09:00:00Z');

/** The Date header of a server whose clock shows that. */
function header(serverMs: number): string {
  return new Date(Math.floor(serverMs / 1000) * 1000).toUTCString();
}

t.test('until a server has answered, this device is believed', async (t) => {
  const clock = createServerClock(() => 5_000);
  t.equal(clock.now(), 5_000);
  clock.learn(null, 4_000, 5_000);
  clock.learn('nonsense', 4_000, 5_000);
  t.equal(clock.now(), 5_000);
});

t.test('a wrong device clock is corrected, ever better', async (t) => {
  const aheadMs = 3 * 3600_000 + 123;
  let serverMs = SERVER_MS;
  const clock = createServerClock(() => serverMs + aheadMs);
  const errors: number[] = [];
  for (let i = 0; i < 20; i++) {
    const sentMs = serverMs + aheadMs;
    const answeredMs = serverMs + 20;
    serverMs += 40;
    clock.learn(header(answeredMs), sentMs, serverMs + aheadMs);
    errors.push(Math.abs(clock.now() - serverMs));
    serverMs += 1_730;
  }
  t.ok((errors[0] ?? Infinity) <= 540, `first error ${errors[0]} ms`);
  t.ok((errors.at(-1) ?? Infinity) <= 100, `last error ${errors.at(-1)} ms`);
});

t.test('when the device clock is set, the newest answer counts', async (t) => {
  let localMs = SERVER_MS;
  const clock = createServerClock(() => localMs);
  clock.learn(header(SERVER_MS), localMs, localMs);
  localMs = SERVER_MS + 7_200_000;
  clock.learn(header(SERVER_MS + 1_000), localMs, localMs);
  t.ok(Math.abs(clock.now() - (SERVER_MS + 1_000)) <= 1_000);
});
