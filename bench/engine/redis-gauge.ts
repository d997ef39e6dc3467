import type { Redis } from 'ioredis';
import { readThreadCpuUs } from '../report/read-cpu.ts';

/** What Redis did between two readings. */
export interface RedisWork {
  /** inside EVALSHA by the clock, the commands it calls included: others on its core make it longer */
  scriptUs: number;
  /** of that, inside the commands */
  commandUs: number;
  scriptCalls: number;
  /** CPU time of the server's main thread, reading and answering included; NaN where it cannot be read */
  cpuUs: number;
}

/** Starts counting; the function it gives says what was counted since. */
export async function openRedisGauge(redis: Redis, pid: number): Promise<() => Promise<RedisWork>> {
  await redis.config('RESETSTAT');
  const cpuBeforeUs = readThreadCpuUs(pid) ?? NaN;
  return async () => {
    const cpuUs = (readThreadCpuUs(pid) ?? NaN) - cpuBeforeUs;
    const stats = [...(await redis.info('commandstats'))
      .matchAll(/^cmdstat_(\S+):calls=(\d+),usec=(\d+)/gm)]
      .map(([, name = '', calls, us]) => ({ name, calls: Number(calls), us: Number(us) }));
    const script = stats.find(({ name }) => name === 'evalsha');
    const inner = stats.filter(({ name }) => !OUTSIDE.test(name));
    return {
      scriptUs: script?.us ?? 0,
      commandUs: inner.reduce((sum, { us }) => sum + us, 0),
      scriptCalls: script?.calls ?? 0,
      cpuUs,
    };
  };
}

/** What is sent beside the scripts. */
const OUTSIDE = /^(evalsha|config|info|ping|client|script)/;

/** What Redis has allocated for data and clients. */
export async function readMemoryBytes(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1] ?? NaN);
}
