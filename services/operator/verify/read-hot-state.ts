import type { Redis } from 'ioredis';
import { definitionOf } from '../../shared/contracts/evolve-definition.ts';
import type { FoldedSale } from '../../shared/contracts/folded-sale.ts';
import { saleKeys } from '../../shared/contracts/keys.ts';
import { compileLayout } from '../../shared/contracts/layout.ts';
import { packSale } from '../../shared/contracts/pack-sale.ts';
import { loadScripts, runScript, scriptNamed } from '../../shared/platform/scripts.ts';
import type { Facts } from './stock-view.ts';

const snapshot = scriptNamed(loadScripts(), 'snapshot-sale');

/** What Redis keeps of a sale, at one seq. */
export interface HotState {
  state: string;
  seq: number;
  facts: Facts;
}

/**
 * Reads counters and seats of a sale in one script call.
 *
 * @returns undefined when Redis has no such sale, as after it was archived
 * @throws Error when Redis does not answer
 */
export async function readHotState(
  redis: Redis, partition: number, saleId: string,
): Promise<HotState | undefined> {
  const keys = saleKeys(partition, saleId);
  const answer = await runScript(redis, snapshot, [keys.sale, keys.areas, keys.seats], [1]);
  if (answer === null) return undefined;
  const [state, , epoch, seq, head, areas, seats] = answer as [
    string, string, string, string, string, string[], string,
  ];
  const counters: Record<string, string> = {};
  for (let i = 0; i + 1 < areas.length; i += 2) counters[areas[i] ?? ''] = areas[i + 1] ?? '';
  return { state, seq: Number(seq), facts: factsOf({ epoch, head, counters, seats }) };
}

/** The same of the fold. */
export function hotFactsOf(sale: FoldedSale): Facts {
  const definition = definitionOf(sale);
  const { areas, seats } = packSale(sale, definition, compileLayout(definition));
  return factsOf({ epoch: String(sale.epoch), head: sale.head.id, counters: areas, seats });
}

function factsOf(
  { epoch, head, counters, seats }:
  { epoch: string; head: string; counters: Record<string, string>; seats: string },
): Facts {
  const facts = new Map([['epoch', epoch], ['last event', head]]);
  // A channel that has nothing left is there with 0, or not at all.
  for (const [counter, text] of Object.entries(counters)) {
    if (text !== '0') facts.set(`counter ${counter}`, text);
  }
  for (let i = 0; i < seats.length; i++) facts.set(`seat number ${i}`, seats.charAt(i));
  return facts;
}
