import type { FoldedSale } from '../../shared/contracts/folded-sale.ts';

/** A sale in facts, each a name and a text, so that two views of it can be told apart fact by fact. */
export type Facts = ReadonlyMap<string, string>;

/** Sentences are for people: past these many, the count says the rest. */
const DIFFERENCES_TOLD_MAX = 20;

/** What a view lacks, has besides, or has otherwise than the fold of the log. */
export interface Differences {
  count: number;
  /** the first of them, in words */
  told: string[];
}

/** Compares facts of a view with those of the log. */
export function differencesOf(log: Facts, view: Facts): Differences {
  const names = new Set([...log.keys(), ...view.keys()]);
  const different = [...names].filter((name) => log.get(name) !== view.get(name));
  return {
    count: different.length,
    told: different.toSorted().slice(0, DIFFERENCES_TOLD_MAX).map((name) =>
      `${name}: ${view.get(name) ?? 'missing'}, by the log ${log.get(name) ?? 'not there'}`),
  };
}

/** What the legacy rows of a sale have to say, by the fold of its log. */
export function legacyFactsOf(sale: FoldedSale): Facts {
  const facts = new Map<string, string>();
  for (const [code, { capacity, held, sold, blocked }] of sale.areas) {
    facts.set(`area ${code}`, areaFact({ capacity, held, sold, blocked }));
  }
  for (const [code, { holder, sold, blocked }] of sale.seats) {
    const free = blocked ? 'blocked' : 'free';
    facts.set(`seat ${code}`, sold ? 'sold' : holder === undefined ? free : 'held');
  }
  for (const [number, { status, confirmedAtMs, items, totalMinor, gone }] of sale.orders) {
    // What nobody has paid for yet has no rows.
    if (confirmedAtMs === 0) continue;
    const places = items.reduce((sum, { quantity }) => sum + quantity, 0);
    const tickets = places - gone.length;
    facts.set(`order ${number}`,
      orderFact({ status, total: totalMinor, paid: totalMinor, places, tickets }));
  }
  return facts;
}

export function areaFact(
  { capacity, held, sold, blocked }: { capacity: number; held: number; sold: number; blocked: number },
): string {
  return `capacity ${capacity}, held ${held}, sold ${sold}, blocked ${blocked}`;
}

export function orderFact(
  { status, total, paid, places, tickets }:
  { status: string; total: number; paid: number; places: number; tickets: number },
): string {
  return `${status}, total ${total}, paid ${paid}, ${places} places, ${tickets} tickets`;
}
