/** Events of one sale as its scripts would emit them, for tests that put the log together by hand. */
import { randomBytes } from 'node:crypto';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { attributesOf } from '../../services/shared/contracts/event-attributes.ts';
import type {
  EventData, EventType, Item, RefundReason, SaleEvent,
} from '../../services/shared/contracts/events.ts';
import { GENESIS } from '../../services/shared/contracts/log-rule.ts';
import type { Head } from '../../services/shared/contracts/log-rule.ts';
import { partitionName, partitionOf } from '../../services/shared/contracts/partition-of.ts';
import { sealContact } from '../../services/shared/platform/contact-seal.ts';
import { compress } from '../../services/shared/platform/compression.ts';
import { putRecord } from '../../services/shared/platform/kinesis.ts';

const PARTITIONS = 64;
export const FLOOR = 'floor';
export const BOX = 'box';

export class EventChain {
  readonly saleId: string;
  readonly partition: number;
  readonly #contactKey: Uint8Array;
  head: Head = GENESIS;

  constructor(saleId: string, contactKey: string) {
    this.saleId = saleId;
    this.partition = partitionOf(saleId, PARTITIONS);
    this.#contactKey = Buffer.from(contactKey, 'base64url');
  }

  /** The next event, whatever it says. */
  next<T extends EventType>(type: T, data: EventData<T>): SaleEvent {
    const event = attributesOf({
      id: `e-${randomBytes(8).toString('hex')}`, partition: this.partition, type, saleId: this.saleId,
      seq: this.head.seq + 1, prev: this.head.id, time: new Date().toISOString(), epoch: 0, data,
    }) as SaleEvent;
    this.head = { seq: this.head.seq + 1, id: event.id };
    return event;
  }

  /** Definition, seats and opening: a floor of `capacity`, and a box of `seats`. */
  open({ capacity = 1_000, seats = 20 } = {}): SaleEvent[] {
    const prices = { adult: 4_500, child: 2_000 };
    const box = Array.from({ length: seats }, (_, i) =>
      ({ seatId: `b-${i}`, label: String(i + 1), x: i, y: 0, categoryId: 'c' }));
    return [
      this.next('sale.defined', {
        version: 1, name: `The ${this.saleId}`, currency: 'EUR', opensAt: null, closesAt: null,
        holdSeconds: 600, holdSecondsMax: 1_800, buyerLimit: 8, paymentMethods: ['free'],
        categories: [{ categoryId: 'c', name: 'C', prices }],
        areas: [
          { areaId: FLOOR, name: 'Floor', kind: 'general', capacity, categoryId: 'c' },
          { areaId: BOX, name: 'Box', kind: 'seated', capacity: seats, categoryId: null },
        ],
      }),
      this.next('area.defined', { version: 1, areaId: BOX, rows: [{ rowId: 'A', seats: box }] }),
      this.next('sale.opened', {}),
    ];
  }

  /** A hold; a count without `seatIds`. */
  hold(quantity: number, seatIds?: string[]): { event: SaleEvent; holdId: string; items: Item[] } {
    const holdId = `h_${randomBytes(12).toString('base64url')}`;
    const items: Item[] = [{
      areaId: seatIds === undefined ? FLOOR : BOX, categoryId: 'c', ticketType: 'adult', price: 4_500,
      quantity, ...(seatIds !== undefined && { seatIds }),
    }];
    const at = new Date().toISOString();
    const event = this.next('hold.placed', {
      holdId, buyerId: holdId, items, total: 4_500 * quantity, currency: 'EUR', expiresAt: at,
      expiresAtMax: at, digest: 'd',
    });
    return { event, holdId, items };
  }

  release({ holdId, items }: { holdId: string; items: Item[] }): SaleEvent {
    return this.next('hold.released', { holdId, buyerId: holdId, items });
  }

  async confirm({ holdId, items }: { holdId: string; items: Item[] }): Promise<SaleEvent> {
    return this.next('order.confirmed', {
      orderId: `o_${holdId.slice(2)}`, holdId, buyerId: holdId, items, currency: 'EUR', paymentMethod: 'free',
      total: items.reduce((sum, { price, quantity }) => sum + price * quantity, 0),
      contact: sealContact(this.#contactKey, { name: 'Ann Ä.', email: 'ann@example.org' }),
      ticketSeed: randomBytes(12).toString('base64url'), digest: 'd',
    });
  }

  /** Tickets of an order of one item, by their numbers. */
  cancel(order: SaleEvent, numbers: number[], returned = true): SaleEvent {
    if (order.type !== 'order.confirmed') throw new Error(`${order.type} is no order`);
    const { orderId, holdId, buyerId, items: [item] } = order.data;
    if (item === undefined) throw new Error('the order has no item');
    const seatIds = item.seatIds?.filter((_, i) => numbers.includes(i + 1));
    return this.next('order.cancelled', {
      orderId, holdId, buyerId, tickets: numbers, from: 'confirmed', returned, reason: 'asked for',
      items: [{ ...item, quantity: numbers.length, ...(seatIds !== undefined && { seatIds }) }],
    });
  }

  /** Of what was paid for an order, an amount is to be given back. */
  refund(order: SaleEvent, amount: number, reason: RefundReason): SaleEvent {
    if (order.type !== 'order.confirmed') throw new Error(`${order.type} is no order`);
    const { orderId, holdId, buyerId } = order.data;
    return this.next('refund.requested', {
      orderId, holdId, buyerId, amount, currency: 'EUR', reason, paymentId: 'sandbox:pay_1',
      refundId: `r_${randomBytes(8).toString('hex')}`,
    });
  }

  /** `count` holds on the floor, of which every third is released and all others become orders. */
  async traffic(count: number): Promise<SaleEvent[]> {
    const events: SaleEvent[] = [];
    for (let i = 0; i < count; i++) {
      const hold = this.hold(1 + (i % 2));
      events.push(hold.event, i % 3 === 0 ? this.release(hold) : await this.confirm(hold));
    }
    return events;
  }
}

/** Puts events of one partition on the stream as one record, as the relay does. */
export async function putEvents(
  client: KinesisClient,
  streamName: string,
  events: SaleEvent[],
): Promise<void> {
  const partition = Number(/p(\d+)$/.exec(events[0]?.source ?? '')?.[1]);
  await putRecord(client, {
    streamName, partitionKey: partitionName(partition), data: compress(JSON.stringify(events)),
  });
}
