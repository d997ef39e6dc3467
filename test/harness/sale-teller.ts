import { defineSale } from '../../services/shared/contracts/define-sale.ts';
import { attributesOf } from '../../services/shared/contracts/event-attributes.ts';
import type { EventData, EventType, Item, SaleEvent } from '../../services/shared/contracts/events.ts';
import { evolve, initialSale } from '../../services/shared/contracts/evolve.ts';
import type { FoldedSale } from '../../services/shared/contracts/evolve.ts';
import { readTerms, totalOf } from '../../services/shared/contracts/pricing.ts';
import type { SaleDefinition } from '../../services/shared/contracts/sale-definition.ts';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';

/** Makes the events of one sale and folds them as they come; `events` are those that the fold took. */
export interface Teller {
  sale: FoldedSale;
  events: SaleEvent[];
  /** when the next event happens */
  nowMs: number;
  tell<T extends EventType>(type: T, data: EventData<T>): void;
  define(definition: SaleDefinition, areasChanged?: boolean): void;
  /** A hold of ten minutes, at most thirty, unless said. The totals are what the items come to. */
  place(holdId: string, items: Item[], more?: Partial<EventData<'hold.placed'>>): void;
  change(holdId: string, removed: Item[], added: Item[], items: Item[],
    more?: Partial<EventData<'hold.changed'>>): void;
  end(holdId: string, type?: 'hold.released' | 'hold.expired'): void;
  confirm(holdId: string, orderId?: string): void;
}

const START_MS = Date.parse('2026-11-23T09:00:00.000Z');
const iso = (ms: number) => new Date(ms).toISOString();

/** The definition of an input that has no fault; throws on any other. */
export function definitionFrom(input: SaleInput, version = 1): SaleDefinition {
  const defined = defineSale(input, version);
  if ('faults' in defined) throw new Error(JSON.stringify(defined.faults));
  return defined.definition;
}

/** What items come to, in the words of an event. */
export function sumsOf(items: Item[], terms = '') {
  const lines = items.map(({ price, fees = [], taxes = [], quantity }) =>
    ({ money: { price, fees, taxes }, quantity }));
  const { total, fees, taxes } = totalOf(lines, readTerms(terms));
  return { total, currency: 'EUR', ...fees.length > 0 && { fees }, ...taxes.length > 0 && { taxes },
    ...terms !== '' && { terms } };
}

/** A sale of which nothing was told yet. */
export function createTeller(): Teller {
  const teller: Teller = {
    sale: initialSale(),
    events: [],
    nowMs: START_MS,
    tell(type, data) {
      const { seq, id: prev } = teller.sale.head;
      // Over the wire and back, as every reader gets it.
      const event = JSON.parse(JSON.stringify(attributesOf({
        id: `e${seq + 1}`, partition: 0, type, saleId: 'hamlet', seq: seq + 1, prev, time: iso(teller.nowMs),
        epoch: 0, data,
      }))) as SaleEvent;
      evolve(teller.sale, event);
      teller.events.push(event);
    },
    define(definition, areasChanged = true) {
      teller.tell('sale.defined', { ...definition, areas: definition.areas.map((area) => {
        const { areaId, name, kind, capacity, categoryId = null } = area;
        return { areaId, name, kind, capacity, categoryId };
      }) });
      const { version } = definition;
      for (const { areaId, rows } of areasChanged ? definition.areas : []) {
        if (rows !== undefined) teller.tell('area.defined', { version, areaId, rows });
      }
    },
    place(holdId, items, more = {}) {
      teller.tell('hold.placed', { holdId, buyerId: 'ann', items, ...sumsOf(items, more.terms),
        expiresAt: iso(teller.nowMs + 600_000), expiresAtMax: iso(teller.nowMs + 1_800_000),
        digest: `d-${holdId}`,
        ...more });
    },
    change(holdId, removed, added, items, more = {}) {
      const { buyerId = 'ann' } = teller.sale.holds.get(holdId) ?? {};
      teller.tell('hold.changed', { holdId, buyerId, removed, added, items, ...sumsOf(items, more.terms),
        key: 'k', digest: `c-${holdId}`, ...more });
    },
    end(holdId, type = 'hold.released') {
      const { buyerId = 'ann', items = [] } = teller.sale.holds.get(holdId) ?? {};
      teller.tell(type, { holdId, buyerId, items });
    },
    confirm(holdId, orderId = `o-${holdId}`) {
      const { buyerId = 'ann', items = [], terms } = teller.sale.holds.get(holdId) ?? {};
      teller.tell('order.confirmed', { orderId, holdId, buyerId, items, ...sumsOf(items, terms),
        paymentMethod: 'free', contact: 'sealed', ticketSeed: 'seed', digest: `d-${orderId}` });
    },
  };
  return teller;
}
