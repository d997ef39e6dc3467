import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS_MAX = 30_000;

/** What a service needs that talks to Redis and the bus. */
export function busEnv(
  { redisUrl, endpoint, streamName, shards, partitions }:
  { redisUrl: string; endpoint: string; streamName: string; shards: number; partitions: number },
): Record<string, string> {
  return {
    REDIS_URL: redisUrl,
    PARTITIONS: String(partitions),
    KINESIS_ENDPOINT: endpoint,
    KINESIS_STREAM: streamName,
    KINESIS_SHARDS: String(shards),
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  };
}

/** Waits until a service says that nothing keeps it from its work. */
export async function awaitReady(url: string): Promise<void> {
  const deadlineAtMs = performance.now() + READY_MS_MAX;
  while (!(await fetch(`${url}/health/ready`)).ok) {
    if (performance.now() > deadlineAtMs) throw new Error(`${url} did not become ready`);
    await sleep(50);
  }
}
