import { readOutboxEntry } from '../shared/contracts/outbox.ts';
import type { PackedEvent } from '../shared/contracts/outbox.ts';

/** The events of an outbox entry, or in a sentence why it cannot be read. */
export function readEntry(entryId: string, fields: string[]): { events: PackedEvent[]; fault?: string } {
  try {
    return { events: readOutboxEntry(fields) };
  } catch (error) {
    return { events: [], fault: `outbox entry ${entryId} cannot be read: ${(error as Error).message}` };
  }
}
