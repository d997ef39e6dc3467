/**
 * Faults in a random but fair order: each action has a deck of cards, shuffled with the seed; a call takes
 * the next card, and an empty deck is shuffled again. So every fault of a deck comes once in so many calls
 * as it has cards, whatever the seed, and a seed gives the same order per action again.
 */
import type { KinesisFault } from './start-kinesis-proxy.ts';

/** The decks, by the name of the action; an action without one is let through. */
export type FaultDecks = Readonly<Record<string, readonly KinesisFault[]>>;

/** For `proxy.decide`. */
export function shuffleFaults(seed: number, decks: FaultDecks): (action: string) => KinesisFault {
  const random = seededRandom(seed);
  const left = new Map<string, KinesisFault[]>();
  return (action) => {
    const deck = decks[action] ?? [];
    const cards = left.get(action) ?? [];
    if (cards.length === 0) cards.push(...shuffle(deck, random));
    left.set(action, cards);
    return cards.pop() ?? 'none';
  };
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffle<T>(cards: readonly T[], random: () => number): T[] {
  return cards
    .map((card) => ({ card, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ card }) => card);
}
