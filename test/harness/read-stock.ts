import { channelByte } from '../../services/shared/contracts/layout.ts';
import { readOutboxEntry, toSaleEvent } from '../../services/shared/contracts/outbox.ts';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import type { Desk } from './open-desk.ts';

/** Longer runs are not told apart. */
const RUN_MAX = 127;

export interface StockRead {
  /** `free held sold blocked`, by area id, group id, and `venue` */
  counters: Record<string, string>;
  /** `area channel` → what is set aside */
  allotted: Record<string, number>;
  seats: string;
  homes: string;
  returned: string;
}

/**
 * The stock of a desk's sale as Redis has it. Throws when it contradicts itself: counters that are not the
 * capacity, seats that are not what the counters say, more set aside than is free, a free seat that is not of
 * its home, or a bound of `runs` below a run that a claim could look for.
 */
export async function readStock({ redis, partition, saleId, directory }: Desk): Promise<StockRead> {
  const sale = await directory.findCurrent(saleId);
  if (sale === undefined) throw new Error('the sale is not there');
  const { layout } = sale;
  const k = saleKeys(partition, saleId);
  const [fields, seats, homes, runs, returned] = await Promise.all([redis.hgetall(k.areas),
    redis.get(k.seats).then((bytes) => bytes ?? ''), redis.get(k.homes).then((bytes) => bytes ?? ''),
    redis.getBuffer(k.runs), redis.hget(k.sale, 'returned')]);
  const stock: StockRead = { counters: {}, allotted: {}, seats, homes, returned: returned ?? '' };
  for (const [index, { id, capacity }] of layout.counters.entries()) {
    const numbers = (fields[index] ?? '').split(' ').map(Number);
    const [free = 0, held = 0, sold = 0, blocked = 0] = numbers;
    const isWhole = numbers.every((n) => n >= 0) && free + held + sold + blocked === capacity;
    expect(isWhole, `${id} is ${fields[index]}`);
    stock.counters[id === '' ? 'venue' : id] = fields[index] ?? '';
    const area = layout.areas[index];
    if (area === undefined) continue;
    const bytes = seats.slice(area.offset, area.offset + area.seats);
    const count = (byte: string) => bytes.split(byte).length - 1;
    const seated = [count('h'), count('s'), count('b')].join(' ');
    expect(area.seats === 0 || seated === [held, sold, blocked].join(' '), `${id} has ${seated} of seats`);
    let left = 0;
    for (const [c, channelId] of layout.channelIds.entries()) {
      const n = Number(fields[`${index}:${c + 1}`] ?? 0);
      if (n !== 0) stock.allotted[`${id} ${channelId}`] = n;
      left += n;
    }
    expect(left <= free, `${id} has ${left} set aside and ${free} free`);
  }
  for (const [offset, byte] of [...seats].entries()) {
    const isHome = 'hsb'.includes(byte) || byte === homes[offset];
    expect(isHome, `seat ${offset} is ${byte}, its home ${homes[offset]}`);
  }
  for (let lens = 0; lens <= layout.channelIds.length; lens++) {
    const free = new RegExp(lens === 0 ? '0+' : `[0${channelByte(lens)}]+`, 'g');
    for (const [index, segment] of layout.segments.entries()) {
      const bytes = seats.slice(segment.offset, segment.offset + segment.seats);
      const longest = Math.max(0, ...(bytes.match(free) ?? []).map((run) => run.length));
      for (const slot of [index, segment.categorySlot, segment.anywhereSlot]) {
        const bound = (runs?.[lens * layout.slots + slot] ?? 0) - 128;
        expect(bound >= Math.min(longest, RUN_MAX),
          `lens ${lens}, segment ${index}: bound ${bound}, run ${longest}`);
      }
    }
  }
  return stock;
}

/** The events of a desk's sale, from its outbox. */
export async function readEvents({ redis, partition, saleId, directory }: Desk): Promise<SaleEvent[]> {
  const layout = (await directory.findCurrent(saleId))?.layout;
  const entries = await redis.xrange(partitionKeys(partition).outbox, '-', '+');
  return entries.flatMap(([, fields]) => readOutboxEntry(fields))
    .filter((event) => event.saleId === saleId).map((event) => toSaleEvent(event, partition, layout));
}

function expect(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
