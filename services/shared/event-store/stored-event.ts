import type { BusEvent } from '../contracts/bus-record.ts';
import { isEventType } from '../contracts/events.ts';
import { upcast } from '../contracts/upcast.ts';
import type { ChainedEvent } from './verify-chain.ts';

/** An event of the event store, with what its row says. */
export interface StoredEvent extends ChainedEvent {
  event: BusEvent;
  /** in the global order; undefined until it is placed */
  position: number | undefined;
}

/** Which of the events are wanted; what is left out restricts nothing. */
export interface EventFilter {
  types?: readonly string[];
  /** at or after */
  fromTime?: Date;
  /** before */
  toTime?: Date;
}

export interface ReadOptions extends EventFilter {
  isBackwards?: boolean;
  /** events that are handed over at once, at most; default 1,000 */
  batchCountMax?: number;
  /** `event` in the language of today (contracts/upcast.ts); types that are unknown here stay as they are */
  isUpcast?: boolean;
}

export const BATCH_COUNT = 1_000;

/** As the queries give it. */
export interface EventRow {
  sale_id: string;
  seq: number;
  id: string;
  type: string;
  time_us: string;
  body: string;
  digest: Buffer | null;
  chunk_id: number | null;
  ordinal: number | null;
  position?: number | null;
}

/** Throws for an event of a known type in a version that is unknown, if it is to be upcast. */
export function toStoredEvent(row: EventRow, position: number | null, isUpcast: boolean): StoredEvent {
  const { sale_id: saleId, seq, id, type, time_us: timeUs, body, digest } = row;
  const written = JSON.parse(body) as BusEvent;
  const event = isUpcast && isEventType(type) ? upcast(written) : written;
  return {
    saleId, seq, id, type, timeUs, body, digest: digest ?? undefined, event, position: position ?? undefined,
  };
}
