import type { PartitionRelay } from '../../services/relay/partition-relay.ts';
import type { SimParts } from './sim-world.ts';

/** Breaks the account of an outbox on purpose, if the parts say so. */
export function breakRelay({ ledger }: PartitionRelay, { trimsPastOpen }: SimParts): void {
  const { add, restart } = ledger;
  if (!trimsPastOpen) return;
  let last: { entryId: string; eventId: string } | undefined;
  let reading = 0;
  ledger.add = (entryId, events, readable) => {
    last = { entryId, eventId: events[0]?.id ?? '' };
    return add(entryId, events, readable);
  };
  ledger.restart = () => {
    last = undefined;
    reading += 1;
    restart();
  };
  ledger.trim = () => last && { ...last, reading, spared: [] };
  ledger.trimmed = () => {
    last = undefined;
  };
}
