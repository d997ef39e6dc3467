import { packOffsets, readParts } from './item-parts.ts';

/** What a cancellation takes of an order. */
export interface Division {
  /** numbers of tickets that were cancelled before, joined by dots; `-` of an order that is not paid for */
  before: string;
  /** with those that go */
  after: string;
  /** those that go, ascending */
  numbers: number[];
  /** their places, packed */
  items: string;
}

/**
 * Cuts tickets out of an order's record. Tickets are numbered in item order and then seat order, from 1 on.
 * What was cancelled before goes with no other: whoever names it again is told the order as it is.
 *
 * @param tickets all that are left, unless given
 */
export function divideTickets(record: string, tickets?: readonly number[]): Division {
  const fields = record.split('\t');
  const items = fields[ITEMS] ?? '';
  const cancelled = fields[GONE] ?? '';
  const gone = cancelled.split('.').filter(Boolean).map(Number);
  const wanted = tickets === undefined ? undefined : new Set(tickets);
  const numbers: number[] = [];
  let number = 0;
  const cut: string[] = [];
  for (const { front, quantity, source, offsets } of readParts(items)) {
    const places = Array.from({ length: quantity }, (_, i) => i).filter(() => {
      number += 1;
      const goes = !gone.includes(number) && (wanted === undefined || wanted.has(number));
      if (goes) numbers.push(number);
      return goes;
    });
    if (places.length === 0) continue;
    const seats = offsets.length === 0 ? '' : packOffsets(places.map((i) => offsets[i] ?? 0));
    cut.push(`${front},${places.length},${source},${seats}`);
  }
  const after = [...gone, ...numbers].toSorted((a, b) => a - b).join('.');
  // Whoever gives up what is not paid for does not mean what has been paid for since.
  const before = UNPAID.includes(fields[STATUS] ?? '') ? '-' : cancelled;
  // To the letter what the record says, where all of it goes.
  return { before, after, numbers, items: numbers.length === number ? items : cut.join(';') };
}

/** Positions in a record (contracts/order-record.ts). */
const STATUS = 0;
const ITEMS = 5;
const GONE = 16;
const UNPAID: readonly string[] = ['pending', 'failed'];
