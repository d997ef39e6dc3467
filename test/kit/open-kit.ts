/**
 * For whoever writes a projection: given events, when projected, then rows. Real PostgreSQL and the engine
 * that the projector runs; no stream, so the events are there at once.
 */
import { pino } from 'pino';
import { createProjectorMetrics } from '../../services/projector/projector-metrics.ts';
import { ProjectionEngine } from '../../services/projector/projections/projection-engine.ts';
import { ProjectionProgress } from '../../services/projector/projections/projection-progress.ts';
import { createUpkeep } from '../../services/projector/projections/projection-upkeep.ts';
import type { Projection } from '../../services/projector/projections/projection.ts';
import type { ReadModel } from '../../services/projector/projections/read-models/read-model.ts';
import type { BusEvent } from '../../services/shared/contracts/bus-record.ts';
import { sealContact } from '../../services/shared/platform/contact-seal.ts';
import { connectPg } from '../../services/shared/platform/pg.ts';
import { awaitThat } from '../harness/await-that.ts';
import { EventChain } from '../harness/event-chain.ts';
import { storeEvents } from '../harness/store-events.ts';
import type { Teardown } from '../harness/teardown.ts';
import { openTestStack } from '../stack.ts';

export type Kit = Awaited<ReturnType<typeof openKit>>;

const metrics = createProjectorMetrics();
const log = pino({ level: 'silent' });

/** A database with the event store, the legacy tables and all read models, and nothing in them. */
export async function openKit(t: Teardown) {
  const stack = await openTestStack(t);
  const pool = connectPg(stack.databaseUrl, { name: 'kit', log, poolMax: 8 });
  t.teardown(() => pool.end());
  const contactKey = Buffer.from(stack.env['CONTACT_KEY'] ?? '', 'base64url');
  const progress = new ProjectionProgress({ events: pool, pool });
  const engineOf = (projections: Projection[], retiredMs?: number) => {
    const readModels = projections.filter((one): one is ReadModel => 'createSql' in one);
    const others = projections.filter((one) => !('createSql' in one));
    return new ProjectionEngine({
      progress, metrics, log,
      upkeep: createUpkeep({
        pool, events: pool, projections: others, readModels, log, ...retiredMs !== undefined && { retiredMs },
      }),
    });
  };
  return {
    stack, pool, contactKey, progress, engineOf,
    chain: (saleId: string) => new EventChain(saleId, stack.env['CONTACT_KEY'] ?? ''),
    /** Appends events, in order per sale, as the projector does with what it reads from the stream. */
    given: (events: readonly BusEvent[]) => storeEvents(pool, events),
    /** Runs an engine until none of the projections is behind, except where it is parked. */
    async projected(...projections: Projection[]) {
      const engine = engineOf(projections);
      engine.start();
      const keys = projections.map(({ key }) => key);
      try {
        await awaitThat('all is projected or parked', async () =>
          (await progress.survey(keys)).behind.length === 0);
      } finally {
        await engine.stop();
      }
    },
    /** The same events as those of another sale. Those of orders get contact data that can be opened. */
    retold: async (events: readonly BusEvent[], saleId: string): Promise<BusEvent[]> => {
      const contact = sealContact(contactKey, { name: 'Ann Ä.', email: 'ann@example.org' });
      return events.map((event) => retell(event, saleId, contact));
    },
    rows: async (text: string, values: unknown[] = []): Promise<unknown[]> =>
      (await pool.query(text, values)).rows,
    /** All rows of a read model of one sale, by its table: as they are, in an order of their own. */
    async rowsOf({ name, version }: ReadModel, saleId: string): Promise<unknown[]> {
      const table = `read_models.${name}_v${version}`;
      const text = `SELECT * FROM ${table} r WHERE sale_id = $1 ORDER BY to_json(r)::text`;
      return (await pool.query(text, [saleId])).rows;
    },
  };
}

/** Ids of orders and codes of tickets are unique over all sales; so are the seeds of tickets. */
function retell(event: BusEvent, saleId: string, contact: string): BusEvent {
  const told = { ...event, subject: saleId };
  const data = event.data as { orderId?: string } | null;
  if (data?.orderId === undefined) return told;
  const orderId = `${data.orderId}-${saleId}`;
  if (event.type !== 'order.confirmed') return { ...told, data: { ...data, orderId } };
  return { ...told, data: { ...data, orderId, ticketSeed: `seed-${orderId}`, contact } };
}
