import { partitionName } from './partition-of.ts';

/**
 * Every key this system has in Redis. `{pNN}` is the hash tag, so that a script call stays on one node.
 * The table with types and meaning is in docs/architecture.md; a new key is added there as well.
 */
export interface PartitionKeys {
  /** string; scripts run only if it equals their caller's */
  generation: string;
  /** set of saleId */
  sales: string;
  /** zset: saleId scored by its earliest hold expiry or return of an allocation, ms */
  due: string;
  /** stream: events not yet accepted by the log */
  outbox: string;
  /** stream: ids the log has accepted, followed by the API processes */
  accepted: string;
  /** hash: bytes of the outbox's blocks ever written and trimmed, and since when its oldest entry stands */
  standing: string;
  /** hash: event id of an order.confirmed that is not accepted yet → orderId; of a sale.archived → saleId */
  unconfirmed: string;
  /** hash: saleId → the partition it was pinned to, in the partition that its id alone would give it */
  pins: string;
  /** string: which relay sends this partition's events; lapses unless it is renewed */
  relay: string;
  /** string: up to where in the stream the partition's heads are known (contracts/partition-heads.ts) */
  heads: string;
  /** hash: saleId → `sinceMs reason`: the sales that are recovering */
  suspended: string;
}

/** hash: `busOutage`, `sinceMs`, `by`: what operators decided for all sales. Of no partition, without tag */
export const POLICIES_KEY = 'onsale:policies';

/** stream: `event`: acts of operators on their way to the audit. On the node of the policies, by its tag */
export const ACTS_KEY = '{onsale:policies}:acts';

export interface SaleKeys {
  /** hash: state, seq, head, limits, times; what lua/include/sale.lua reads. All that an archived sale has */
  sale: string;
  /** string: JSON of the definition in force */
  definition: string;
  /** hash: counter index → `free held sold blocked`; `area:channel` → what is set aside for the channel */
  areas: string;
  /** string: one byte per seat: `h` held, `s` sold, `b` blocked, else free: the byte of its home */
  seats: string;
  /** string: a byte per seat, what it is when free: `0` for all, `w`, `c` accessible, `A` … a channel's */
  homes: string;
  /** string: one byte per slot (contracts/order-segments.ts) and lens: 128 + at least its longest free run */
  runs: string;
  /** string: 20 bytes per segment (lua/include/seats.lua), then the segment u32 of each further slot */
  segments: string;
  /** hash: holdId → hold record (contracts/hold-record.ts) */
  holds: string;
  /** zset: holdIds of one call, parted by spaces, scored by expiresAtMs; also of holds that ended since */
  expiry: string;
  /** list: ids of holds that ended, oldest first; their records are kept for repeats */
  ended: string;
  /** hash: buyerId → tickets, live holds, and what counts against hoarding (lua/include/buyers.lua) */
  buyers: string;
  /** hash: orderId → order record (contracts/order-record.ts) */
  orders: string;
  /** hash: access codes and promotions with their uses (lua/include/codes.lua) */
  codes: string;
  /** hash: event id → packed event (`packEvent`): what was set aside when the sale was stopped */
  contradicted: string;
}

/** zset: the relays that work, each scored by when it lapses, ms; of no partition, they share all of them. */
export const RELAYS_KEY = 'relays';

/** Keys of one partition. */
export function partitionKeys(partition: number): PartitionKeys {
  const tag = `{${partitionName(partition)}}`;
  return {
    generation: `${tag}:generation`,
    sales: `${tag}:sales`,
    due: `${tag}:due`,
    outbox: `${tag}:outbox`,
    accepted: `${tag}:accepted`,
    standing: `${tag}:standing`,
    unconfirmed: `${tag}:unconfirmed`,
    pins: `${tag}:pins`,
    relay: `${tag}:relay`,
    heads: `${tag}:heads`,
    suspended: `${tag}:suspended`,
  };
}

/** Keys of one sale, all with the hash tag of its partition. */
export function saleKeys(partition: number, saleId: string): SaleKeys {
  const prefix = `{${partitionName(partition)}}:${saleId}`;
  return {
    sale: `${prefix}:sale`,
    definition: `${prefix}:definition`,
    areas: `${prefix}:areas`,
    seats: `${prefix}:seats`,
    homes: `${prefix}:homes`,
    runs: `${prefix}:runs`,
    segments: `${prefix}:segments`,
    holds: `${prefix}:holds`,
    expiry: `${prefix}:expiry`,
    ended: `${prefix}:ended`,
    buyers: `${prefix}:buyers`,
    orders: `${prefix}:orders`,
    codes: `${prefix}:codes`,
    contradicted: `${prefix}:contradicted`,
  };
}

/** A sale's keys in the order in which every script that changes a sale takes them (lua/include/sale.lua). */
export function saleKeyList(partition: number, saleId: string): string[] {
  const k = saleKeys(partition, saleId);
  return [
    k.sale, k.definition, k.areas, k.seats, k.homes, k.runs, k.segments, k.holds, k.expiry, k.ended,
    k.buyers, k.orders, k.codes,
  ];
}

/** string: JSON, how an attempt to pay for an order is made (payments/provider.ts); lapses with the order */
export function paymentStartKey(partition: number, orderId: string, attempt: number): string {
  return `{${partitionName(partition)}}:payment:${orderId}:${attempt}`;
}
