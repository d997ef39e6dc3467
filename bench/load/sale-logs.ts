import { Redis } from 'ioredis';
import { buildRecord } from '../../services/relay/build-record.ts';
import { SaleDirectory } from '../../services/selling/sale-directory.ts';
import type { SaleLayout } from '../../services/shared/contracts/layout.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import { readOutboxEntry, toSaleEvent } from '../../services/shared/contracts/outbox.ts';
import type { Lab } from '../open-lab.ts';
import { startGenerations } from './open-bench-sale.ts';
import { sellMixed } from './sell-mixed.ts';

/** Of the logs that are made here. */
const PARTITIONS = 64;

/** A sale's events in order, as they come over the bus. */
export interface SaleLog {
  saleId: string;
  partition: number;
  events: readonly SaleEvent[];
}

/** Of a record, as the relay sends them at full speed (scenario `relay`). */
const EVENTS_PER_RECORD = 500;
const COPY_CHARS = 4;

/** Logs of mixed sales (sell-mixed.ts), made by the selling service in a Redis of their own. */
export async function makeSaleLogs(
  lab: Lab, mixed: { saleIds: readonly string[]; holdsPerSale: number; contactKey: Uint8Array },
): Promise<SaleLog[]> {
  const { url } = await lab.bareRedis('own');
  const redis = new Redis(url);
  try {
    await startGenerations(url, PARTITIONS);
    await sellMixed({ redis, partitions: PARTITIONS, ...mixed });
    return await readSaleLogs(redis, PARTITIONS);
  } finally {
    redis.disconnect();
  }
}

/** What is in the outboxes, sale by sale. */
async function readSaleLogs(redis: Redis, partitions: number): Promise<SaleLog[]> {
  const directory = new SaleDirectory(redis, partitions);
  const layouts = new Map<string, SaleLayout | undefined>();
  const logs = new Map<string, { saleId: string; partition: number; events: SaleEvent[] }>();
  for (let partition = 0; partition < partitions; partition++) {
    const entries = await redis.xrange(partitionKeys(partition).outbox, '-', '+');
    for (const packed of entries.flatMap(([, fields]) => readOutboxEntry(fields))) {
      const { saleId } = packed;
      if (!layouts.has(saleId)) layouts.set(saleId, (await directory.find(saleId))?.layout);
      const log = logs.get(saleId) ?? { saleId, partition, events: [] };
      log.events.push(toSaleEvent(packed, partition, layouts.get(saleId)));
      logs.set(saleId, log);
    }
  }
  return [...logs.values()];
}

/**
 * The same as the log of another sale: with a sale's id, and ids of orders and tickets, of its own. Nothing
 * else of an event has to differ between two sales.
 */
export function retellSale({ saleId, partition, events }: SaleLog, copy: number): SaleLog {
  const mark = copy.toString(36).padStart(COPY_CHARS, '0');
  const subject = `${saleId}-${mark}`;
  const retold = events.map((event): SaleEvent => {
    if (event.type !== 'order.confirmed') return { ...event, subject };
    const { orderId, ticketSeed } = event.data;
    const data = { ...event.data, orderId: marked(orderId, mark), ticketSeed: marked(ticketSeed, mark) };
    return { ...event, subject, data };
  });
  return { saleId: subject, partition, events: retold };
}

/** The log up to the opening of its sale, and what is sold then. */
export function splitAtOpening(log: SaleLog): { opening: SaleLog; selling: SaleLog } {
  const end = log.events.findIndex(({ type }) => type === 'sale.opened') + 1;
  return {
    opening: { ...log, events: log.events.slice(0, end) },
    selling: { ...log, events: log.events.slice(end) },
  };
}

/** The records of a log, in order, as the relay builds them. */
export function buildRecords({ events }: SaleLog): Buffer[] {
  const texts = events.map((event) => JSON.stringify(event));
  const records: Buffer[] = [];
  for (let at = 0; at < texts.length;) {
    const { data, count } = buildRecord(texts.slice(at, at + EVENTS_PER_RECORD));
    records.push(data);
    at += count;
  }
  return records;
}

function marked(id: string, mark: string): string {
  return `${id.slice(0, -COPY_CHARS)}${mark}`;
}
