import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { evolve, initialSale } from '../../services/shared/contracts/evolve.ts';
import type { FoldedSale } from '../../services/shared/contracts/evolve.ts';
import { GENESIS, judge } from '../../services/shared/contracts/log-rule.ts';
import { percentile } from '../report/percentile.ts';

/**
 * Was the sale clean? Each of Redis, the log and SQL is counted by itself, then they are held against each
 * other and against what the buyers were told; nothing is taken from one to fill a gap in another. A sale
 * that is over is clean when every place was sold once, everywhere, and nobody was told otherwise.
 */
export interface Evidence {
  capacity: number;
  /** what lua/snapshot-sale.lua says */
  redis: { seq: number; areas: AreaCount[]; seats: string };
  /** the sale's events by seq */
  log: SaleEvent[];
  sql: {
    areas: AreaCount[];
    tickets: { ticketId: string; orderId: string; areaId: string; seatId: string | null }[];
    /** from the confirmation in Redis to the rows in the legacy tables */
    lagsMs: number[];
  };
  /** orders that a buyer was told are confirmed */
  acknowledged: { orderId: string; ticketIds: string[] }[];
}

export interface AreaCount {
  areaId: string;
  capacity: number;
  held: number;
  sold: number;
}

export interface SaleVerdict {
  isClean: boolean;
  /** tickets sold, as the log says */
  sold: number;
  /** places sold more than once, or past the capacity; the worst of the three sources */
  oversold: number;
  /** places not sold although the sale is over; the worst of the three sources */
  undersold: number;
  /** tickets in the legacy tables */
  legacyRows: number;
  lagP99Ms: number;
  /** what is not as it should be, one sentence each */
  faults: string[];
}

/** Judges a sale that is over: sold out, nobody buying any more, SQL caught up. */
export function judgeSale(evidence: Evidence): SaleVerdict {
  const faults: string[] = [];
  const folded = fold(evidence.log, faults);
  const counts = [countRedis(evidence), countLog(evidence), countSql(evidence)];
  compareHeads(evidence, folded, faults);
  compareAreas(evidence, folded, faults);
  compareTickets(evidence, faults);
  compareAcknowledged(evidence, faults);
  for (const { source, sold, over } of counts) {
    if (over > 0) faults.push(`${source} has ${over} places sold twice or past the capacity`);
    if (sold < evidence.capacity) faults.push(`${source} has ${evidence.capacity - sold} places unsold`);
  }
  const oversold = Math.max(...counts.map(({ over }) => over));
  const missing = counts.map(({ sold, over }) => Math.max(0, evidence.capacity - (sold - over)));
  return {
    isClean: faults.length === 0,
    sold: counts[1]?.sold ?? 0,
    oversold,
    undersold: Math.max(...missing),
    legacyRows: evidence.sql.tickets.length,
    lagP99Ms: percentile(evidence.sql.lagsMs, 0.99),
    faults,
  };
}

/** `sold 500, oversold 0, undersold 0, legacy rows 500, lag p99 … ms` */
export function verdictLine({ sold, oversold, undersold, legacyRows, lagP99Ms }: SaleVerdict): string {
  const lag = Number.isNaN(lagP99Ms) ? 'unknown' : `${Math.round(lagP99Ms)} ms`;
  return `sold ${sold}, oversold ${oversold}, undersold ${undersold}, `
    + `legacy rows ${legacyRows}, lag p99 ${lag}`;
}

/** The fold of the log; a break in its chain or a broken promise is a fault, and ends the fold there. */
function fold(log: SaleEvent[], faults: string[]): FoldedSale {
  const sale = initialSale();
  let head = GENESIS;
  for (const event of log) {
    const seq = Number(event.sequence);
    const { verdict, reason } = judge(head, { seq, id: event.id, prev: event.prev }, false);
    if (verdict !== 'accepted') faults.push(`the log breaks at seq ${seq}: ${verdict} ${reason}`.trimEnd());
    head = { seq, id: event.id };
    try {
      evolve(sale, event);
    } catch (error) {
      faults.push(`the log contradicts itself: ${(error as Error).message}`);
      return sale;
    }
  }
  return sale;
}

interface Count { source: string; sold: number; over: number }

function countRedis({ redis, capacity }: Evidence): Count {
  const sold = redis.areas.reduce((sum, area) => sum + area.sold, 0);
  const over = redis.areas.reduce((sum, area) => sum + Math.max(0, area.sold + area.held - area.capacity), 0);
  return { source: 'Redis', sold, over: Math.max(over, sold - capacity, 0) };
}

function countLog({ log, capacity }: Evidence): Count {
  const orders = log.filter((event) => event.type === 'order.confirmed');
  const items = orders.flatMap(({ data }) => data.items);
  const sold = items.reduce((sum, item) => sum + item.quantity, 0);
  const twice = repeats(items.flatMap(({ seatIds = [] }) => seatIds));
  return { source: 'the log', sold, over: Math.max(twice, sold - capacity, 0) };
}

function countSql({ sql, capacity }: Evidence): Count {
  const sold = sql.tickets.length;
  const twice = repeats(sql.tickets.flatMap(({ seatId }) => seatId ?? []));
  const past = sql.areas.reduce((sum, area) => {
    const tickets = sql.tickets.filter(({ areaId }) => areaId === area.areaId).length;
    return sum + Math.max(0, tickets - area.capacity);
  }, 0);
  return { source: 'SQL', sold, over: Math.max(twice, past, sold - capacity, 0) };
}

function repeats(ids: string[]): number {
  return ids.length - new Set(ids).size;
}

function compareHeads({ redis, log }: Evidence, { head }: FoldedSale, faults: string[]): void {
  if (head.seq !== redis.seq) faults.push(`Redis is at seq ${redis.seq}, the fold of the log at ${head.seq}`);
  if (log.length !== redis.seq) faults.push(`the log has ${log.length} events for ${redis.seq} seqs`);
}

function compareAreas({ redis, sql }: Evidence, folded: FoldedSale, faults: string[]): void {
  for (const [source, areas] of [['Redis', redis.areas], ['SQL', sql.areas]] as const) {
    for (const [areaId, { held, sold }] of folded.areas) {
      const area = areas.find((one) => one.areaId === areaId);
      if (area?.held === held && area.sold === sold) continue;
      faults.push(`${areaId}: the log says held ${held}, sold ${sold}; `
        + `${source} says held ${area?.held ?? 'nothing'}, sold ${area?.sold ?? 'nothing'}`);
    }
  }
  const seats = [...folded.seats.values()].filter(({ sold }) => sold).length;
  const inRedis = redis.seats.split('s').length - 1;
  if (seats !== inRedis) faults.push(`the log has ${seats} seats sold, Redis ${inRedis}`);
}

/** Every ticket of the log is in SQL with the same seat, and no other. */
function compareTickets({ log, sql }: Evidence, faults: string[]): void {
  const expected = new Map<string, string>();
  for (const event of log) {
    if (event.type !== 'order.confirmed') continue;
    const { orderId, items } = event.data;
    const places = items.flatMap(({ areaId, quantity, seatIds }) =>
      Array.from({ length: quantity }, (_, i) => `${areaId} ${seatIds?.[i] ?? ''}`));
    for (const [i, place] of places.entries()) expected.set(`${orderId}-${i + 1}`, place);
  }
  const found = new Map(sql.tickets.map((ticket) =>
    [ticket.ticketId, `${ticket.areaId} ${ticket.seatId ?? ''}`]));
  const wrong = [...expected].filter(([ticketId, place]) => found.get(ticketId) !== place);
  const surplus = [...found.keys()].filter((ticketId) => !expected.has(ticketId));
  if (wrong.length > 0) faults.push(`${wrong.length} tickets of the log are not in SQL, or on another place`);
  if (surplus.length > 0) faults.push(`SQL has ${surplus.length} tickets that the log does not know`);
  if (found.size !== sql.tickets.length) faults.push('SQL has a ticket twice');
}

/** What a buyer was told is in the log, and so are its tickets in SQL. */
function compareAcknowledged({ acknowledged, log, sql }: Evidence, faults: string[]): void {
  const confirmed = log.filter((event) => event.type === 'order.confirmed');
  const orders = new Set(confirmed.map(({ data }) => data.orderId));
  const tickets = new Set(sql.tickets.map(({ ticketId }) => ticketId));
  const lost = acknowledged.filter(({ orderId }) => !orders.has(orderId)).length;
  const missing = acknowledged.filter(({ ticketIds }) => ticketIds.some((id) => !tickets.has(id))).length;
  if (lost > 0) faults.push(`${lost} orders that buyers were told of are not in the log`);
  if (missing > 0) faults.push(`${missing} orders that buyers were told of lack tickets in SQL`);
}
