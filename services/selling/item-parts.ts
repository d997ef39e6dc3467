import { readOffsets } from '../shared/contracts/hold-record.ts';

/**
 * Packed items as a change of a hold divides them: what stays keeps its price and where it came from to the
 * letter, so these are cut from the text of the record and never made anew.
 */
export interface ItemPart {
  /** area, ticket type, category and money, as in the record */
  front: string;
  areaIndex: number;
  typeIndex: number;
  quantity: number;
  /** channel and segment, as in the record */
  source: string;
  /** seats; none in a general area */
  offsets: number[];
}

/** What stays of a hold: seats by offset, places of general areas by `placesKey`. */
export interface Staying {
  seats: Set<number>;
  places: Map<string, number>;
}

/** Places of one general area and ticket type. */
export function placesKey(areaIndex: number, typeIndex: number): string {
  return `${areaIndex} ${typeIndex}`;
}

/** Reads the items of a hold's record. */
export function readParts(items: string): ItemPart[] {
  return items.split(';').map((item) => {
    const [area = '', type = '', category, money, quantity, channel, segment, offsets = ''] = item.split(',');
    return {
      front: [area, type, category, money].join(),
      areaIndex: Number(area),
      typeIndex: Number(type),
      quantity: Number(quantity),
      source: `${channel},${segment}`,
      offsets: offsets === '' ? [] : readOffsets(offsets),
    };
  });
}

/** All of a hold, as what may stay. */
export function allOf(parts: ItemPart[]): Staying {
  const all: Staying = { seats: new Set(), places: new Map() };
  for (const { areaIndex, typeIndex, quantity, offsets } of parts) {
    for (const offset of offsets) all.seats.add(offset);
    if (offsets.length > 0) continue;
    const key = placesKey(areaIndex, typeIndex);
    all.places.set(key, (all.places.get(key) ?? 0) + quantity);
  }
  return all;
}

/** Divides items into those that stay and those that go. Of places of one kind the last ones go first. */
export function divide(parts: ItemPart[], staying: Staying): { kept: string; removed: string } {
  const kept: string[] = [];
  const removed: string[] = [];
  const left = new Map(staying.places);
  for (const part of parts) {
    const { areaIndex, typeIndex, quantity, offsets } = part;
    if (offsets.length > 0) {
      addSeats(kept, part, offsets.filter((offset) => staying.seats.has(offset)));
      addSeats(removed, part, offsets.filter((offset) => !staying.seats.has(offset)));
      continue;
    }
    const key = placesKey(areaIndex, typeIndex);
    const stays = Math.min(quantity, left.get(key) ?? 0);
    left.set(key, (left.get(key) ?? 0) - stays);
    if (stays > 0) kept.push(`${part.front},${stays},${part.source},`);
    if (stays < quantity) removed.push(`${part.front},${quantity - stays},${part.source},`);
  }
  return { kept: kept.join(';'), removed: removed.join(';') };
}

/** Tickets by index of their type. */
export function countTypes(items: string): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { typeIndex, quantity } of items === '' ? [] : readParts(items)) {
    counts.set(typeIndex, (counts.get(typeIndex) ?? 0) + quantity);
  }
  return counts;
}

function addSeats(list: string[], { front, source }: ItemPart, offsets: number[]): void {
  if (offsets.length > 0) list.push(`${front},${offsets.length},${source},${packOffsets(offsets)}`);
}

/** `7.9+3`: 7, 9, 10, 11. */
export function packOffsets(offsets: number[]): string {
  const runs: { first: number; count: number }[] = [];
  for (const offset of offsets) {
    const run = runs.at(-1);
    if (run !== undefined && offset === run.first + run.count) run.count += 1;
    else runs.push({ first: offset, count: 1 });
  }
  return runs.map(({ first, count }) => (count === 1 ? first : `${first}+${count}`)).join('.');
}
