import { ivOfKeyless } from '../../shared/contracts/sealed-contact.ts';
import { openContact } from '../../shared/platform/contact-seal.ts';
import type { Contact } from '../../shared/platform/contact-seal.ts';
import type { PoolClient } from '../../shared/platform/pg.ts';
import { readContactKeys } from '../contact-keys.ts';
import { writeLegacyRows } from '../legacy-rows.ts';
import { planEffects } from '../plan-effects.ts';
import type { Step } from '../plan-effects.ts';
import { ProjectionFault } from './projection-fault.ts';
import type { Projection } from './projection.ts';

interface LegacyPlan {
  steps: readonly Step[];
  /** those that could be opened by themselves, by orderId */
  contacts: Map<string, Contact>;
  /** those whose key is kept elsewhere */
  keyless: { orderId: string; sealed: string; iv: string }[];
}

/** What is left of a buyer whose key was erased. */
const ERASED: Contact = { name: '', email: '' };

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
      const plan: LegacyPlan = { steps, contacts: new Map(), keyless: [] };
      for (const step of steps) {
        for (const { data: { orderId, contact } } of step.kind === 'change-stock' ? step.change.orders : []) {
          const iv = ivOfKeyless(contact);
          if (iv !== undefined) plan.keyless.push({ orderId, sealed: contact, iv });
          else plan.contacts.set(orderId, await openContact(contactKey, contact));
        }
      }
      return plan;
    },
    async apply(client, saleId, plan) {
      const contacts = new Map([...plan.contacts, ...await openKeyless(client, contactKey, plan)]);
      await writeLegacyRows(client, saleId, plan.steps, contacts);
    },
  };
}

async function openKeyless(
  client: PoolClient, contactKey: Uint8Array, { keyless }: LegacyPlan,
): Promise<[string, Contact][]> {
  const keys = await readContactKeys(client, keyless.map(({ iv }) => iv));
  return Promise.all(keyless.map(async ({ orderId, sealed, iv }): Promise<[string, Contact]> => {
    const key = keys.get(iv);
    if (key === null) return [orderId, ERASED];
    // It may have come while this database was away, and wait beside the event store for a moment.
    if (key === undefined) throw new Error(`order ${orderId}: the key of its contact is not here yet`);
    try {
      return [orderId, await openContact(contactKey, sealed, key)];
    } catch (error) {
      const { message } = error as Error;
      throw new ProjectionFault(`order ${orderId}: its contact cannot be opened: ${message}`);
    }
  }));
}
