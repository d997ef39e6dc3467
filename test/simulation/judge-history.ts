import type { Cast } from './run-history.ts';
import { saleIdOf } from './sim-api.ts';
import type { SimWorld } from './sim-world.ts';

/** What is still to be done, a sentence each: nothing, some time after the last trouble. */
export function faultsOf(world: SimWorld, { relays, readers }: Cast): string[] {
  const { cluster, bus } = world;
  const unfinished = relays.flatMap((relay) => relay.unfinished());
  for (const [partition, { generation, outbox, sales }] of cluster.primary.partitions.entries()) {
    if (generation === '') unfinished.push(`partition ${partition} has no generation`);
    const { length } = outbox;
    if (length > 0) unfinished.push(`the outbox of partition ${partition} has ${length} entries`);
    for (const [saleId, { state, seq, id }] of sales) {
      const last = bus.log.of(saleId).at(-1);
      if (state !== 'open') unfinished.push(`${saleId} is ${state}`);
      if (seq !== (last?.seq ?? 0) || id !== (last?.id ?? '0')) {
        unfinished.push(`${saleId} is at seq ${seq} in Redis and at ${last?.seq ?? 0} in the log`);
      }
    }
  }
  for (const saleId of saleIdsOf(world)) {
    const { length } = bus.log.of(saleId);
    for (const reader of readers) {
      const read = reader.logOf(saleId).length;
      if (read === length) continue;
      unfinished.push(`${reader.name} has read ${read} of ${length} events of ${saleId}`);
    }
  }
  return unfinished;
}

/** The promises that a finished history has broken, a sentence each. */
export function verdictOf(world: SimWorld, { readers }: Cast): string[] {
  const { bus, cluster, acknowledged, plan, stops } = world;
  const faults: string[] = [];
  const counts = new Map<string, number>();
  for (const saleId of saleIdsOf(world)) {
    const ids = bus.log.of(saleId).map(({ id }) => id);
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const reader of readers) {
      const isSame = reader.logOf(saleId).join(' ') === ids.join(' ');
      if (!isSame) faults.push(`${reader.name} has another log of ${saleId}`);
    }
  }
  for (const id of acknowledged) {
    const count = counts.get(id) ?? 0;
    if (count !== 1) faults.push(`${id} is acknowledged, and ${count} times in the log`);
  }
  const { failOver, isolate, flush } = plan.rates;
  if (failOver + isolate + flush === 0 && stops > 0) {
    faults.push(`a sale was stopped ${stops} times, and Redis had forgotten nothing`);
  }
  for (const { written, setAside, sales, unconfirmed } of cluster.primary.partitions) {
    for (const [id, saleId] of unconfirmed) {
      const where = counts.has(id) ? 'in the log' : 'not in the log';
      faults.push(`${id} of ${saleId} waits for ever, and is ${where}`);
    }
    for (const [id, { saleId, epoch }] of written) {
      const isVoid = epoch < (sales.get(saleId)?.epoch ?? 0);
      if (!counts.has(id) && !setAside.has(id) && !isVoid) {
        faults.push(`${id} of ${saleId}, epoch ${epoch}, is neither in the log nor set aside`);
      }
    }
  }
  return faults;
}

function saleIdsOf({ plan }: SimWorld): string[] {
  return Array.from({ length: plan.partitions }, (_, partition) =>
    Array.from({ length: plan.salesPerPartition }, (_, number) => saleIdOf(partition, number))).flat();
}
