/**
 * The server's time as this browser can know it, so that a countdown is right on a device whose clock is
 * wrong. Every answer's Date header bounds the difference of the two clocks; the bounds of several answers
 * are intersected, which soon gives less than a second of doubt although the header has whole seconds only.
 *
 * @typedef {{ learn(dateHeader: string | null, sentMs: number, receivedMs: number): void, now(): number }}
 *   ServerClock
 */

/**
 * @param {() => number} [localNow] this device's clock, ms
 * @returns {ServerClock} `now()` in ms since 1970, by the server's clock; this device's until the first
 *   answer
 */
export function createServerClock(localNow = Date.now) {
  let lowMs = 0;
  let highMs = 0;
  let known = false;
  return {
    learn(dateHeader, sentMs, receivedMs) {
      const dateMs = Date.parse(dateHeader ?? '');
      if (Number.isNaN(dateMs)) return;
      const newLowMs = dateMs - receivedMs;
      const newHighMs = dateMs + 1000 - sentMs;
      lowMs = known ? Math.max(lowMs, newLowMs) : newLowMs;
      highMs = known ? Math.min(highMs, newHighMs) : newHighMs;
      // Bounds that contradict each other mean that a clock was set: only the newest can be right.
      if (lowMs > highMs) [lowMs, highMs] = [newLowMs, newHighMs];
      known = true;
    },
    now: () => localNow() + (lowMs + highMs) / 2,
  };
}
