import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Redis } from 'ioredis';
import { findRedis } from '../../infra/setup/find-redis.mjs';
import type { LabRedis } from '../open-lab.ts';
import { readThreadCpuUs } from '../report/read-cpu.ts';

/**
 * What Redis can do with one claim per call when the script does as little as a hold can: a counter, a
 * record of who holds until when, an event; no limit per buyer, no index of expiry, no chain of events, no
 * idempotency. Asked by Redis' own `redis-benchmark`, pipelined, so that neither the network nor a client of
 * ours is the limit.
 */
const MINIMAL_HOLD = `
local left = tonumber(redis.call('GET', KEYS[1]))
if left < 1 then return 0 end
redis.call('DECRBY', KEYS[1], 1)
redis.call('HSET', KEYS[2], 'buyer', ARGV[2], 'expiresAtMs', ARGV[3])
redis.call('XADD', KEYS[3], '*', 'hold', ARGV[1], 'buyer', ARGV[2])
return 1`;

const STOCK = '{floor}:stock';
/** `__rand_int__` is a number of twelve digits, the same in all places of one request. */
const KEYS = [STOCK, '{floor}:h___rand_int__', '{floor}:outbox'];
const ARGS = ['h___rand_int__', 'b___rand_int__', '1790000000000'];
const CLIENTS = 50;
/** Ids are random among so many: a record is new nearly every time. */
const RANDOM_IDS = 1_000_000_000;

export interface Floor {
  perSecond: number;
  /** CPU time of Redis per claim; NaN where it cannot be read */
  redisCpuUs: number;
}

/** `count` minimal holds, `pipeline` requests per write. Empties the database before and after. */
export async function measureFloor(
  redis: Redis,
  { server: { port, pid }, count, pipeline }: { server: LabRedis; count: number; pipeline: number },
): Promise<Floor> {
  await redis.set(STOCK, 2 * count);
  const sha = String(await redis.script('LOAD', MINIMAL_HOLD));
  const { path, env } = findBenchmark();
  const cpuBeforeUs = readThreadCpuUs(pid) ?? NaN;
  const { stdout } = await promisify(execFile)(path, [
    '-p', String(port), '-n', String(count), '-c', String(CLIENTS), '-P', String(pipeline),
    '-r', String(RANDOM_IDS), '--csv', 'EVALSHA', sha, String(KEYS.length), ...KEYS, ...ARGS,
  ], { env: { ...process.env, ...env } });
  const cpuUs = (readThreadCpuUs(pid) ?? NaN) - cpuBeforeUs;
  const perSecond = Number(/^"EVALSHA[^"]*","([\d.]+)"/m.exec(stdout)?.[1] ?? NaN);
  // It finishes the writes it has begun, so it may claim a few more than it was asked for.
  const claimed = 2 * count - Number(await redis.get(STOCK));
  if (claimed < count || Number.isNaN(perSecond)) throw new Error(`redis-benchmark went wrong: ${stdout}`);
  await redis.flushdb('SYNC');
  return { perSecond, redisCpuUs: cpuUs / claimed };
}

/** It stands beside the server. */
function findBenchmark(): { path: string; env: Record<string, string> } {
  const server = findRedis();
  if (server === null) throw new Error('no Redis was found');
  const path = join(dirname(server.path), basename(server.path).replace('-server', '-benchmark'));
  if (!existsSync(path)) throw new Error(`${path} is missing; it comes with redis-tools`);
  return { path, env: server.env };
}
