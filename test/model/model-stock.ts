import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { addCodes } from '../../services/selling/add-codes.ts';
import { adjustStock } from '../../services/selling/adjust-stock.ts';
import { accessDigestOf } from '../../services/selling/derive-id.ts';
import type { InventoryRequest } from '../../services/shared/contracts/inventory-schemas.ts';
import { CODE_NAMES, ID_SECRET } from './model-requests.ts';
import { foldDue } from './model-steps.ts';
import { OPERATOR } from './model-world.ts';
import type { ModelSale, ModelWorld } from './model-world.ts';
import { outcomeOf } from './reference-stock.ts';
import type { Outcome } from './reference-stock.ts';

/** What operators do to the stock while it sells: as they ask for it, and what the fold calls for. */
export interface StockPick {
  sale: number;
  verb: (typeof VERBS)[number];
  /** which area, counter, price or way */
  at: number;
  n: number;
  seats: number[];
  channel: number;
}

const VERBS = ['block', 'unblock', 'unblock', 'blockCount', 'blockCount', 'allocate', 'allocate',
  'allocateCount', 'allocateCount', 'moveCount', 'capacity', 'capacity',
  'price', 'release', 'return'] as const;

export const stockPicks: fc.Arbitrary<StockPick> = fc.record({
  sale: fc.nat(1), verb: fc.constantFrom(...VERBS), at: fc.nat(5), n: fc.nat(6),
  seats: fc.array(fc.nat(60), { minLength: 1, maxLength: 4 }), channel: fc.nat(3),
});

/** Changes the stock; throws unless answer and events are those that the sale as it was calls for. */
export async function adjust(world: ModelWorld, pick: StockPick): Promise<void> {
  const sale = world.sales[pick.sale] as ModelSale;
  const request = requestOf(pick, sale);
  const called = await world.during(() => adjustStock(world, sale.saleId, request, OPERATOR));
  const { answer } = called;
  const got = 'ok' in answer ? ['ok', ''] : 'refusal' in answer
    ? [answer.refusal.reason, answer.refusal.detail] : [answer.reason, ''];
  try {
    const { version } = sale.known.definition;
    const outcome = outcomeOf(sale, request, {
      foldDue: (hasLapsed) => foldDue(world, sale, called, hasLapsed), called, reason: got[0] ?? '',
    });
    expectOutcome(world, sale, outcome, got);
    if (sale.fold.definition?.version !== version) await world.readAgain(sale, inputAfter(sale, request));
  } catch (error) {
    throw new Error(`${JSON.stringify(request)}: ${(error as Error).message}`, { cause: error });
  }
}

function expectOutcome(world: ModelWorld, sale: ModelSale, outcome: Outcome, got: string[]): void {
  if (got.join(' ') !== `${outcome.answer} ${outcome.detail}`) {
    throw new Error(`the answer is ${got.join(' ')}, not ${outcome.answer} ${outcome.detail}`);
  }
  for (const { type, data } of outcome.events) {
    const event = world.fold(sale, type);
    if (!isDeepStrictEqual(event.data, data)) {
      throw new Error(`${JSON.stringify(data)} was to come, not ${JSON.stringify(event.data)}`);
    }
  }
  world.note(outcome.answer.startsWith('ok') ? outcome.events[0]?.type ?? 'unchanged' : outcome.answer);
  world.judged += 1;
  world.expectNoMore();
}

function requestOf(pick: StockPick, { fold, known: { definition, layout } }: ModelSale): InventoryRequest {
  const { at, n, verb } = pick;
  const general = definition.areas.filter(({ kind }) => kind === 'general');
  const areaId = general[at % general.length]?.areaId ?? '';
  const nameOf = (offset: number) => layout.seats[offset % layout.seats.length]?.seat.seatId ?? '';
  const seatIds = pick.seats.map(nameOf);
  const all = layout.seats.map(({ seat }) => seat.seatId);
  const channelId = layout.channelIds[pick.channel % 2] ?? 'nobody';
  switch (verb) {
    case 'block': return { block: { seatIds }, reason: 'r' };
    // What is blocked for good is in the way of everything else.
    case 'unblock': return { unblock: { seatIds: n < 4 ? all : seatIds }, reason: 'r' };
    case 'blockCount': return { [at < 3 ? 'block' : 'unblock']: { areaId, quantity: n }, reason: 'r' };
    case 'allocate': return { allocate: { channelId: pick.channel > 1 ? null : channelId, seatIds } };
    case 'allocateCount': return { allocate: { channelId, areaId, quantity: pick.channel > 1 ? n : 4 * n } };
    case 'moveCount': {
      const fromChannelId = layout.channelIds[(pick.channel + 1) % 2] ?? 'nobody';
      return { allocate: { channelId, fromChannelId, areaId, quantity: n } };
    }
    case 'release': return { release: at < 3 ? { seatIds } : at < 5 ? { areaId: 'hall' } : { all: true } };
    case 'price': {
      const categoryId = ['C', 'D', 'E'][at % 3] ?? '';
      return { price: 900 + n, categoryId, ticketType: n % 2 === 0 ? 'adult' : 'child' };
    }
    case 'return': return { returnAllocation: channelId };
    default: {
      const counter = layout.counters.filter(({ kind, id }) => kind !== 'area'
        || general.some((area) => area.areaId === id))[at];
      const { kind = 'venue', id = '' } = counter ?? {};
      const of = kind === 'area' ? fold.areas.get(id) : kind === 'group' ? fold.groups.get(id) : fold.venue;
      // A definition that is sent again must have room for the channels that it names.
      const least = definition.channels.flatMap(({ allocations }) => allocations)
        .reduce((sum, one) => sum + (one.areaId === id ? one.quantity ?? 0 : 0), 0);
      const capacity = Math.max(n < 2 ? 1 : (of?.capacity ?? 9) + n - 3, least, 1);
      return { capacity, ...kind === 'area' && { areaId: id }, ...kind === 'group' && { groupId: id } };
    }
  }
}

/** What an operator must send now to change nothing. */
function inputAfter({ input }: ModelSale, request: InventoryRequest): ModelSale['input'] {
  const { capacity, areaId, groupId, price, categoryId, ticketType = '' } = request;
  if (price !== undefined) {
    return { ...input, categories: input.categories.map((one) => (one.categoryId === categoryId
      ? { ...one, prices: { ...one.prices, [ticketType]: price } } : one)) };
  }
  if (capacity === undefined) return input;
  if (areaId !== undefined) {
    return { ...input, areas: (input.areas ?? []).map((one) =>
      (one.areaId === areaId ? { ...one, capacity } : one)) };
  }
  if (groupId === undefined) return { ...input, capacity };
  return { ...input, groups: (input.groups ?? []).map((one) =>
    (one.groupId === groupId ? { ...one, capacity } : one)) };
}

/** Access codes that a sale is given, some of which it may have. */
export interface CodesPick {
  sale: number;
  codes: string[];
  channels: number[];
  usesMax: number;
  usesPerBuyerMax: number;
}

export const codesPicks: fc.Arbitrary<CodesPick> = fc.record({
  sale: fc.nat(1), codes: fc.uniqueArray(fc.constantFrom(...CODE_NAMES), { minLength: 1, maxLength: 2 }),
  channels: fc.constantFrom([0], [1], [1, 0], [0, 1]), usesMax: fc.nat(2), usesPerBuyerMax: fc.nat(1),
});

/** Adds access codes, all or none; those there are already, on the same terms, stay. */
export async function giveCodes(world: ModelWorld, pick: CodesPick): Promise<void> {
  const sale = world.sales[pick.sale] as ModelSale;
  const { codes, channels, usesMax, usesPerBuyerMax } = pick;
  const { saleId, fold, known: { layout } } = sale;
  const channelIds = channels.map((at) => layout.channelIds[at] ?? 'nobody');
  const { answer } = await world.during(() => addCodes({ ...world, idSecret: ID_SECRET }, saleId,
    { channelIds, usesMax, usesPerBuyerMax, codes }, OPERATOR));
  const terms = { channelIds: channelIds.toSorted((a, b) =>
    layout.channelIds.indexOf(a) - layout.channelIds.indexOf(b)), usesMax, usesPerBuyerMax };
  const digests = codes.map((code) => accessDigestOf(ID_SECRET, saleId, code));
  const added = digests.filter((digest) => !fold.codes.has(digest));
  const isOther = digests.some((digest) => {
    const had = fold.codes.get(digest);
    return had !== undefined && [had.channelIds, had.usesMax, had.usesPerBuyerMax].join()
      !== Object.values(terms).join();
  });
  const reason = layout.channelIds.length === 0 ? 'channel_unknown' : fold.state === 'closed' ? 'sale_closed'
    : isOther ? 'code_exists' : undefined;
  const events: Outcome['events'] = reason !== undefined || added.length === 0 ? []
    : [{ type: 'codes.added', data: { codes: added.map((digest) => ({ digest, ...terms })) } }];
  const got = 'added' in answer ? `ok ${answer.added}` : 'refusal' in answer ? answer.refusal.reason
    : answer.reason;
  expectOutcome(world, sale, { answer: reason ?? `ok ${added.length}`, detail: '', events }, [got, '']);
}
