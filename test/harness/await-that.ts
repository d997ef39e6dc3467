import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until `condition` gives something truthy and returns it. Throws after `msMax`, saying what was
 * awaited.
 */
export async function awaitThat<T>(
  what: string,
  condition: () => Promise<T> | T,
  msMax = 30_000,
): Promise<Exclude<NonNullable<T>, false>> {
  const deadlineAtMs = Date.now() + msMax;
  for (;;) {
    const found = await condition();
    if (found) return found as Exclude<NonNullable<T>, false>;
    if (Date.now() > deadlineAtMs) throw new Error(`This did not happen within ${msMax} ms: ${what}.`);
    await sleep(20);
  }
}
