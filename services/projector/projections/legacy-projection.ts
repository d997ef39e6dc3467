import { openContact } from '../../shared/platform/contact-seal.ts';
import type { Contact } from '../../shared/platform/contact-seal.ts';
import { writeLegacyRows } from '../legacy-rows.ts';
import { planEffects } from '../plan-effects.ts';
import type { Step } from '../plan-effects.ts';
import type { Projection } from './projection.ts';

interface LegacyPlan {
  steps: readonly Step[];
  /** by orderId, of every order in the steps */
  contacts: Map<string, Contact>;
}

/**
 * The rows of the legacy application: shows, areas, seats, prices, and every order with all that belongs to
 * it. It cannot be replayed: the rows' ids are in other hands.
 *
 * @param contactKey opens the contact data of orders
 */
export function createLegacyProjection(contactKey: Uint8Array): Projection<LegacyPlan> {
  return {
    key: 'legacy',
    async plan(events) {
      const steps = planEffects(events);
      const orders = steps.flatMap((step) => step.kind === 'change-stock' ? step.change.orders : []);
      const contacts = await Promise.all(orders.map(async ({ data }): Promise<[string, Contact]> =>
        [data.orderId, await openContact(contactKey, data.contact)]));
      return { steps, contacts: new Map(contacts) };
    },
    apply: (client, saleId, { steps, contacts }) => writeLegacyRows(client, saleId, steps, contacts),
  };
}
