/** What jobs are made of, without a stream: orders in the legacy rows, the projection, the worker. */
import { jobsProjection } from '../../services/projector/projections/jobs-projection.ts';
import { createLegacyProjection } from '../../services/projector/projections/legacy-projection.ts';
import { openKit } from '../kit/open-kit.ts';
import type { EventChain } from './event-chain.ts';
import { readMailbox } from './read-mailbox.ts';
import { startService } from './start-service.ts';
import type { Teardown } from './teardown.ts';

export interface DoorAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** Opens it; the worker is started by the test. */
export async function openJobs(t: Teardown) {
  const kit = await openKit(t);
  const { stack } = kit;
  const env: Record<string, string> = { ...stack.env, LEASE_MS: '1000', BUS_FAN_OUT: 'false' };
  const mailFolder = env['MAIL_FOLDER'] ?? '';
  return {
    kit, stack, env, pool: kit.pool,
    start: (service: 'projector' | 'worker', more: Record<string, string> = {}) =>
      startService(t, service, { ...env, ...more }),
    /** The sale is opened and one order made: two places on the floor, and a seat. */
    async sell(chain: EventChain): Promise<string[]> {
      const [floor, box] = [chain.hold(2), chain.hold(1, ['b-1'])];
      const orders = [await chain.confirm(floor), await chain.confirm(box)];
      await kit.given([floor.event, box.event, ...orders].toSorted((a, b) =>
        Number(a.sequence) - Number(b.sequence)));
      return orders.map(({ data }) => (data as { orderId: string }).orderId);
    },
    projected: () => kit.projected(createLegacyProjection(kit.contactKey), jobsProjection),
    /** Mails in the mailbox, as they would be sent. */
    mails: (): string[] => readMailbox(mailFolder),
    /** Jobs that are not done. */
    jobs: () => kit.rows('SELECT key, attempts FROM graphile_worker.jobs ORDER BY key'),
    async scan(
      worker: { url: string }, body: { token: string; saleId: string; gate?: string },
      { key = 'scan-1', bearer = env['DOOR_KEY'] ?? '' }: { key?: string; bearer?: string } = {},
    ): Promise<DoorAnswer> {
      const reply = await fetch(`${worker.url}/v1/tickets/verify`, {
        method: 'POST', body: JSON.stringify(body),
        headers: {
          authorization: `Bearer ${bearer}`, 'content-type': 'application/json',
          ...key !== '' && { 'idempotency-key': key },
        },
      });
      return { status: reply.status, body: await reply.json() as Record<string, unknown> };
    },
  };
}
