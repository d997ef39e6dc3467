import { createHttp } from '../shared/platform/http-server.ts';
import { connectFanOut, connectKinesis } from '../shared/platform/kinesis.ts';
import type { Log } from '../shared/platform/log.ts';
import { registerHealth } from '../shared/platform/metrics.ts';
import { connectRedis } from '../shared/platform/redis.ts';
import type { RunningService } from '../shared/platform/run-service.ts';
import { serve } from '../shared/platform/serve.ts';
import type { RelayConfig } from './config.ts';
import { Relay } from './relay.ts';

/**
 * Starts the relay with its HTTP side (health and metrics only). It is up at once and ready when the log is
 * read; Redis or the stream being away delays that and ends nothing. Only a log that went on without it for
 * longer than the stream keeps records ends it.
 */
export async function startRelay(config: RelayConfig, log: Log): Promise<RunningService> {
  const redis = connectRedis(config.REDIS_URL, { name: 'relay', log });
  const outboxRedis = connectRedis(config.REDIS_URL, { name: 'relay-outbox', log, blocking: true });
  const bus = { region: config.AWS_REGION, endpoint: config.KINESIS_ENDPOINT };
  const kinesis = connectKinesis(bus);
  const fanOut = config.BUS_CONSUMER === undefined ? undefined : connectFanOut(bus);
  const relay = new Relay({ config, log, kinesis, fanOut, redis, outboxRedis });
  const http = createHttp({ log });
  registerHealth(http, { ready: async () => relay.troubles() });
  relay.start();
  const running = await serve(http, config, async () => {
    await relay.stop();
    await http.close();
    redis.disconnect();
    kinesis.destroy();
    fanOut?.destroy();
  });
  return { ...running, failed: relay.failed };
}
