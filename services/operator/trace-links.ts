import type { BusEvent } from '../shared/contracts/bus-record.ts';
import { linksOf } from '../shared/contracts/event-links.ts';
import { readLinked } from '../shared/event-store/read-linked.ts';
import type { Pool } from '../shared/platform/pg.ts';

const LINK = /^(flow|hold|order|buyer|seat):/;
const HOLD = /^h_/;
const ORDER = /^o_/;

/**
 * The links that what somebody asks after leads to: a correlation, which is the id of a hold or of a request
 * (`x-trace-id`), or a link written out (contracts/event-links.ts). An order leads to the hold that it was
 * made from, and with it to everything of its flow. Anything else is a buyer or a request. Throws when
 * PostgreSQL does not answer.
 */
export async function traceLinks(pool: Pool, asked: string): Promise<string[]> {
  if (asked.startsWith('order:')) return linksOfOrder(pool, asked);
  if (LINK.test(asked)) return [asked];
  if (HOLD.test(asked)) return [`hold:${asked}`, `flow:${asked}`];
  if (ORDER.test(asked)) return linksOfOrder(pool, `order:${asked}`);
  return [`flow:${asked}`, `buyer:${asked}`];
}

async function linksOfOrder(pool: Pool, link: string): Promise<string[]> {
  const links = new Set([link]);
  for await (const batch of readLinked(pool, [link])) {
    for (const { event } of batch) for (const flow of flowsOf(event)) links.add(flow);
  }
  return [...links];
}

function flowsOf(event: BusEvent): string[] {
  const holds = linksOf(event).filter((link) => link.startsWith('hold:'));
  return event.correlationid === undefined ? holds : [...holds, `flow:${event.correlationid}`];
}
