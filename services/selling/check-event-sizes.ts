import { RECORD_BYTES_MAX, RECORD_TEXT_BYTES_MAX } from '../shared/contracts/bus-record.ts';
import { areaFieldOf } from '../shared/contracts/definition-fault.ts';
import type { DefinitionFault } from '../shared/contracts/definition-fault.ts';
import type { SaleInput } from '../shared/contracts/sale-input.ts';
import { compress } from '../shared/platform/compression.ts';

/**
 * An event that no record of the bus can carry would stop its sale for good after it was accepted, so what
 * defines a sale is measured as the relay will send it, before anything is written.
 */
export interface DefiningEvent {
  type: string;
  /** JSON */
  data: string;
  /** index of the area it defines; none in the event of the sale itself */
  area?: number;
}

/** What the relay puts around the data (id, prev, actor, …), and what that may change in compressing. */
const ENVELOPE_BYTES_MAX = 4_096;
const BYTES_MAX = RECORD_BYTES_MAX - ENVELOPE_BYTES_MAX;
const TEXT_BYTES_MAX = RECORD_TEXT_BYTES_MAX - ENVELOPE_BYTES_MAX;

/** The events that are too large, by the field of the input that made them so; costs 10 ms per megabyte. */
export function checkEventSizes(events: DefiningEvent[], input: SaleInput): DefinitionFault[] {
  return events.flatMap(({ data, area }) => {
    const fault = sizeFault(data);
    if (fault === undefined) return [];
    if (area === undefined) return [{ field: '', message: `the sale without its seats ${fault}` }];
    const { areaId } = JSON.parse(data) as { areaId: string };
    return [{ field: areaFieldOf(input, area), message: `"${areaId}" ${fault}; make several areas of it` }];
  });
}

function sizeFault(data: string): string | undefined {
  const textBytes = Buffer.byteLength(data);
  if (textBytes > TEXT_BYTES_MAX) return `takes ${textBytes} bytes in the log; at most ${TEXT_BYTES_MAX} fit`;
  const bytes = compress(data).length;
  if (bytes > BYTES_MAX) return `takes ${bytes} bytes in the log, compressed; at most ${BYTES_MAX} fit`;
  return undefined;
}
