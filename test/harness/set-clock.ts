import type { Redis } from 'ioredis';
import { loadScripts } from '../../services/shared/platform/scripts.ts';

/** As the scripts ask for it (lua/include/clock.lua). */
const CLOCK = "redis.call('TIME')";

/**
 * Lets the scripts that a connection runs happen at moments that a test says: they are sent with that time in
 * the place of Redis' own, and are otherwise what they always are. So an edge in time is met in its very
 * millisecond, not by chance.
 *
 * @returns sets the time from now on, in ms; undefined: Redis' own again
 */
export function setClockOf(redis: Redis): (nowMs: number | undefined) => void {
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  let clock: string | undefined;
  redis.evalsha = async (...args: unknown[]) => {
    const [sha, keyCount, values] = args as [string, number, string[]];
    const script = [...loadScripts().values()].find((one) => one.sha === sha);
    if (clock === undefined || script === undefined) return evalsha(...args);
    return redis.eval(script.source.replace(CLOCK, clock), keyCount, values);
  };
  return (nowMs) => {
    clock = nowMs === undefined ? undefined
      : `{ '${Math.floor(nowMs / 1000)}', '${String(nowMs % 1000)}000' }`;
  };
}

/** The script that a text sent by `setClockOf` is made from. */
export function withOwnClock(source: string): string {
  return source.replace(/(?<=^ *local time = )\{ '\d+', '\d+' \}$/m, CLOCK);
}
