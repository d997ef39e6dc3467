/**
 * What the outbox of a partition may hold of events that the log has not accepted. New holds and extensions
 * are refused from nine tenths of any of them on, orders from the whole; what gives seats back goes on.
 */
export interface OutboxLimits {
  /** stream entries, one per script call */
  entriesMax: number;
  /** of the packed events */
  bytesMax: number;
  /** of the oldest entry, by Redis' clock */
  ageMsMax: number;
}

/** As lua/include/outbox-limits.lua takes them. */
export function packOutboxLimits({ entriesMax, bytesMax, ageMsMax }: OutboxLimits): string {
  return `${entriesMax} ${bytesMax} ${ageMsMax}`;
}
