import { readContactKey } from '../shared/platform/contact-seal.ts';
import { createHttp } from '../shared/platform/http-server.ts';
import { connectFanOut, connectKinesis } from '../shared/platform/kinesis.ts';
import type { Log } from '../shared/platform/log.ts';
import { registerHealth } from '../shared/platform/metrics.ts';
import { connectPg } from '../shared/platform/pg.ts';
import type { RunningService } from '../shared/platform/run-service.ts';
import { serve } from '../shared/platform/serve.ts';
import type { ProjectorConfig } from './config.ts';
import { jobsProjection } from './projections/jobs-projection.ts';
import { createLegacyProjection } from './projections/legacy-projection.ts';
import { BATCHES_AT_ONCE, ProjectionEngine } from './projections/projection-engine.ts';
import { ProjectionProgress } from './projections/projection-progress.ts';
import { createUpkeep } from './projections/projection-upkeep.ts';
import { READ_MODELS } from './projections/read-models/read-models.ts';
import { createProjectorMetrics } from './projector-metrics.ts';
import { Projector } from './projector.ts';
import type { OutboxDatabase } from './stream-forwarder.ts';

/** One transaction per shard that is being read at once, more wait; and one for looking things up. */
const EVENT_STORE_CONNECTIONS = 5;
/**
 * Leases, shards, what is parked, global positions, old events to chain, removals, keys that wait, three
 * outboxes: each is the work of one loop.
 */
const LEASE_CONNECTIONS = 10;
/** One per outbox: read, emptied. */
const OUTBOX_CONNECTIONS = 1;

/**
 * Starts the projector with its HTTP side (health and metrics only). It is up at once and ready when it
 * reads; PostgreSQL or the stream being away delays that and ends nothing.
 *
 * @throws Error when the configuration is wrong or the port is taken
 */
export async function startProjector(config: ProjectorConfig, log: Log): Promise<RunningService> {
  const contactKey = readContactKey(config.CONTACT_KEY);
  const events = connectPg(config.EVENT_STORE_URL ?? config.DATABASE_URL, {
    name: 'projector-events', log, poolMax: EVENT_STORE_CONNECTIONS,
  });
  const leases = connectPg(config.EVENT_STORE_URL ?? config.DATABASE_URL, {
    name: 'projector-leases', log, poolMax: LEASE_CONNECTIONS,
  });
  const legacy = connectPg(config.DATABASE_URL, {
    name: 'projector-legacy', log, poolMax: BATCHES_AT_ONCE + 3,
  });
  const outboxes = connectOutboxes(config, log);
  const bus = { region: config.AWS_REGION, endpoint: config.KINESIS_ENDPOINT };
  const kinesis = connectKinesis(bus);
  const fanOut = config.BUS_FAN_OUT ? connectFanOut(bus) : undefined;
  const metrics = createProjectorMetrics();
  const projections = new ProjectionEngine({
    progress: new ProjectionProgress({ events, pool: legacy }),
    upkeep: createUpkeep({
      pool: legacy, events, projections: [createLegacyProjection(contactKey), jobsProjection],
      readModels: READ_MODELS, log,
    }),
    metrics, log,
  });
  const projector = new Projector({
    config, kinesis, fanOut, events, leases, legacy, outboxes, projections, metrics, log,
  });
  const http = createHttp({ log });
  registerHealth(http, { ready: async () => projector.troubles() });
  projector.start();
  return serve(http, config, async () => {
    await projector.stop();
    await http.close();
    await Promise.all([events.end(), leases.end(), legacy.end(),
      ...outboxes.map(({ pool }) => pool.end())]);
    kinesis.destroy();
    fanOut?.destroy();
  });
}

/** Of each database that acts are told from, once. */
function connectOutboxes(config: ProjectorConfig, log: Log): OutboxDatabase[] {
  const { DATABASE_URL: legacy, EVENT_STORE_URL: eventStore = legacy, WORKER_DATABASE_URL: worker } = config;
  const byUrl = new Map([[worker ?? eventStore, 'worker'], [eventStore, 'event-store'], [legacy, 'legacy']]);
  return [...byUrl].map(([url, name]) => ({
    name, pool: connectPg(url, { name: `projector-outbox-${name}`, log, poolMax: OUTBOX_CONNECTIONS }),
  }));
}
