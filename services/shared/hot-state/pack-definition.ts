import { channelByte, HOME } from '../contracts/layout.ts';
import type { SaleLayout } from '../contracts/layout.ts';
import type { SaleDefinition } from '../contracts/sale-definition.ts';

/** What Redis keeps of a definition, beside its JSON; the meaning of each is in contracts/keys.ts. */
export interface PackedDefinition {
  homes: string;
  runs: Buffer;
  segments: Buffer;
  /** of the sale's hash: names and values in turn */
  fields: (string | number)[];
  /** of the counters' hash: names and values in turn, for a sale of which nothing is held or sold */
  counters: (string | number)[];
}

/** Packs a definition for lua/define-sale.lua. Pure. */
export function packDefinition(definition: SaleDefinition, layout: SaleLayout): PackedDefinition {
  return {
    homes: layout.homes,
    runs: packRuns(layout, layout.homes),
    segments: packSegments(layout),
    fields: fieldsOf(definition, layout),
    counters: [
      ...layout.counters.flatMap(({ capacity }, index) => [index, `${capacity} 0 0 0`]),
      ...allotmentsOf(layout),
    ],
  };
}

/** What is set aside, by area and channel; one channel may be given several shares of one area. */
function allotmentsOf({ allotments }: SaleLayout): (string | number)[] {
  const sums = new Map<string, number>();
  for (const { areaIndex, channel, quantity } of allotments) {
    const field = `${areaIndex}:${channel}`;
    sums.set(field, (sums.get(field) ?? 0) + quantity);
  }
  return [...sums].flat();
}

function fieldsOf(definition: SaleDefinition, layout: SaleLayout): (string | number)[] {
  const { hoarding } = definition;
  const ms = (time: string | null) => (time === null ? 0 : Date.parse(time));
  return Object.entries({
    opensAtMs: ms(definition.opensAt),
    closesAtMs: ms(definition.closesAt),
    holdMs: definition.holdSeconds * 1000,
    holdMaxMs: definition.holdSecondsMax * 1000,
    buyerLimit: definition.buyerLimit,
    holdLimit: definition.holdLimit,
    liveHoldsMax: definition.liveHoldsMax,
    allowanceMs: (hoarding?.holdSeconds ?? 0) * 1000,
    coolDownMs: (hoarding?.coolDownSeconds ?? 0) * 1000,
    coolDownMaxMs: (hoarding?.coolDownSecondsMax ?? 0) * 1000,
    strand: definition.allowStrandedSeats ? 0 : 1,
    channels: layout.channelIds.length,
    channelIds: layout.channelIds.join(' '),
    above: aboveOf(definition, layout),
    returnsAt: definition.channels.flatMap(({ returnsAt }, i) =>
      (returnsAt === null ? [] : [`${channelByte(i + 1)}${ms(returnsAt)}`])).join(' '),
    segmentCount: layout.segments.length,
    slots: layout.slots,
    ...joinedFields(layout),
    accessible: layout.accessibleSegments.join('.'),
  }).flat();
}

/** The counters above each area; `*` stands for the venue's, which is above all. */
function aboveOf({ capacity }: SaleDefinition, { areas, counters }: SaleLayout): string {
  return [
    ...capacity === null ? [] : [`*:${counters.length - 1}`],
    ...areas.filter(({ above }) => above.length > 0).map(({ index, above }) => `${index}:${above.join('.')}`),
  ].join(';');
}

/**
 * The bounds for every way of looking at the seats: 128 + the longest run that everybody may have, and per
 * channel of what it may have beside that.
 *
 * @param seats one byte per seat, as they are now
 */
export function packRuns(layout: SaleLayout, seats: string): Buffer {
  const { slots, segments, channelIds } = layout;
  const runs = Buffer.alloc(slots * (channelIds.length + 1), 128);
  for (let lens = 0; lens <= channelIds.length; lens++) {
    const isFree = (byte: string | undefined) =>
      byte === HOME.public || (lens > 0 && byte === channelByte(lens));
    for (const [index, segment] of segments.entries()) {
      let longest = 0;
      let run = 0;
      for (let i = segment.offset; i < segment.offset + segment.seats; i++) {
        run = isFree(seats[i]) ? run + 1 : 0;
        longest = Math.max(longest, run);
      }
      for (const slot of [index, segment.categorySlot, segment.anywhereSlot]) {
        runs[lens * slots + slot] = 128 + Math.min(longest, 127);
      }
    }
  }
  return runs;
}

/**
 * Rows whose segments only a category parts, since a block may stand across them: `joined` has the areas that
 * have such rows, `joined:<area>` the segments of each row, the best rows first.
 */
function joinedFields(layout: SaleLayout): Record<string, string> {
  const byArea = new Map<number, string[]>();
  for (const chain of joinedSegments(layout)) {
    const area = layout.segments[chain[0] ?? -1]?.areaIndex ?? -1;
    byArea.set(area, [...byArea.get(area) ?? [], chain.join('.')]);
  }
  const fields = [...byArea].map(([area, chains]) => [`joined:${area}`, chains.join(';')]);
  return { joined: [...byArea.keys()].join('.'), ...Object.fromEntries(fields) as Record<string, string> };
}

/** Segments of one row with no aisle between, the best first. */
function joinedSegments({ segments }: SaleLayout): number[][] {
  const inRows = [...segments.keys()]
    .toSorted((a, b) => (segments[a]?.offset ?? 0) - (segments[b]?.offset ?? 0));
  const chains: number[][] = [];
  for (const index of inRows) {
    if (segments[index]?.joinsLeft) chains.at(-1)?.push(index);
    else chains.push([index]);
  }
  const rankOf = (chain: number[]) => Math.min(...chain.map((index) => segments[index]?.anywhereSlot ?? 0));
  return chains.filter((chain) => chain.length > 1).toSorted((a, b) => rankOf(a) - rankOf(b));
}

/** Of each segment and its slots; lua/include/seats.lua reads it. */
const SEGMENT_BYTES = 20;

function packSegments({ segments, slots }: SaleLayout): Buffer {
  const end = segments.length * SEGMENT_BYTES;
  const packed = Buffer.alloc(end + (slots - segments.length) * 4);
  for (const [i, segment] of segments.entries()) {
    const at = i * SEGMENT_BYTES;
    packed.writeUInt32BE(segment.offset, at);
    packed.writeUInt16BE(segment.seats, at + 4);
    packed.writeInt16BE(Math.max(-32_768, Math.min(32_767, segment.centreHalves)), at + 6);
    packed.writeUInt16BE(segment.areaIndex, at + 8);
    packed.writeUInt8(segment.categoryIndex, at + 10);
    packed.writeUInt8((segment.joinsLeft ? 1 : 0) + (segment.joinsRight ? 2 : 0), at + 11);
    packed.writeUInt32BE(segment.categorySlot, at + 12);
    packed.writeUInt32BE(segment.anywhereSlot, at + 16);
    for (const slot of [segment.categorySlot, segment.anywhereSlot]) {
      if (slot >= segments.length) packed.writeUInt32BE(i, end + (slot - segments.length) * 4);
    }
  }
  return packed;
}
