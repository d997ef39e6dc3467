import { median, percentile } from '../report/percentile.ts';
import { readCpuMs } from '../report/read-cpu.ts';
import { hammer } from './hammer.ts';
import type { HammerOptions } from './hammer.ts';

/** One variant during one round. */
export interface Round {
  acceptedPerSecond: number;
  /** answers with 201 */
  accepted: number;
  /** answers with 409: the stock or the sale said no */
  refused: number;
  /** every other answer, and broken connections */
  errors: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU time of the server per answer in µs; NaN where it cannot be read */
  serverCpuUs: number;
  /** share of a core that the server used, and that the load used */
  serverCpuShare: number;
  loadCpuShare: number;
}

/** Runs the load once against a server and sums up. */
export async function measureRound(options: HammerOptions, serverPid: number): Promise<Round> {
  const loadBefore = process.cpuUsage();
  const serverBeforeMs = readCpuMs(serverPid) ?? NaN;
  const { durationMs, countByStatus, errors, latenciesMs } = await hammer(options);
  const serverMs = (readCpuMs(serverPid) ?? NaN) - serverBeforeMs;
  const load = process.cpuUsage(loadBefore);
  const accepted = countByStatus.get(201) ?? 0;
  const refused = countByStatus.get(409) ?? 0;
  return {
    acceptedPerSecond: accepted / durationMs * 1000,
    accepted,
    refused,
    errors: errors + latenciesMs.length - accepted - refused,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    serverCpuUs: serverMs * 1000 / latenciesMs.length,
    serverCpuShare: serverMs / durationMs,
    loadCpuShare: (load.user + load.system) / 1000 / durationMs,
  };
}

/** Several rounds of one variant as one: rates and latencies are medians, counts are sums. */
export function sumUp(rounds: readonly Round[]): Round {
  const middle = (field: keyof Round): number => rounded(median(rounds.map((round) => round[field])));
  const sum = (field: keyof Round): number => rounds.reduce((total, round) => total + round[field], 0);
  return {
    acceptedPerSecond: Math.round(middle('acceptedPerSecond')),
    accepted: sum('accepted'),
    refused: sum('refused'),
    errors: sum('errors'),
    p50Ms: middle('p50Ms'),
    p99Ms: middle('p99Ms'),
    serverCpuUs: middle('serverCpuUs'),
    serverCpuShare: middle('serverCpuShare'),
    loadCpuShare: middle('loadCpuShare'),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
