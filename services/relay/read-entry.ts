import { readOutboxEntry } from '../shared/contracts/outbox.ts';
import type { PackedEvent } from '../shared/contracts/outbox.ts';

/**
 * The events of an outbox entry, as far as it can be read, and in a sentence what cannot be. Each sale has
 * its own block in it: one that cannot be read takes nothing from the others.
 */
export function readEntry(entryId: string, fields: string[]): { events: PackedEvent[]; fault?: string } {
  const events: PackedEvent[] = [];
  const faults: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    try {
      events.push(...readOutboxEntry(fields.slice(i, i + 2)));
    } catch (error) {
      faults.push((error as Error).message);
    }
  }
  if (faults.length === 0) return { events };
  return { events, fault: `outbox entry ${entryId} cannot be read: ${faults.join('; ')}` };
}
