import * as fc from 'fast-check';
import type { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { isPending } from '../../services/shared/contracts/order-record.ts';
import { claimPicks, HOLDS } from './model-requests.ts';
import { releasePart } from './model-change.ts';
import {
  askRefund, cancel, cancelPicks, capture, capturePicks, endRefund, fail, failPicks, outcomePicks, payVerb,
  refundPicks,
} from './model-payments.ts';
import { recover } from './model-recover.ts';
import { replaceItems } from './model-replace.ts';
import { adjust, codesPicks, giveCodes, stockPicks } from './model-stock.ts';
import { callRefs, confirm, expire, extend, forget, place, release } from './model-steps.ts';
import type { RefPick } from './model-steps.ts';
import { CONTEXT } from './model-world.ts';
import type { ModelSale, ModelWorld } from './model-world.ts';
import { inputOf } from './sale-shapes.ts';
import type { SaleShape } from './sale-shapes.ts';

/** The folds are in the world itself: what fast-check carries along is only where the run stands. */
export interface ModelState {
  steps: number;
  shapes: SaleShape[];
}

type Command = fc.AsyncCommand<ModelState, ModelWorld>;

/** Between two comparisons of everything that Redis keeps. */
const STEPS_PER_CHECK = 8;

/** A command by its name; new verbs are one line in `commandArbitraries` each. */
class Step<Pick> implements Command {
  #name: string;
  #pick: Pick;
  #work: (world: ModelWorld, pick: Pick, state: ModelState) => Promise<void>;

  constructor(name: string, pick: Pick,
    work: (world: ModelWorld, pick: Pick, state: ModelState) => Promise<void>) {
    this.#name = name;
    this.#pick = pick;
    this.#work = work;
  }

  check(): boolean {
    return true;
  }

  async run(state: ModelState, world: ModelWorld): Promise<void> {
    await this.#work(world, this.#pick, state);
    state.steps += 1;
    if (state.steps % STEPS_PER_CHECK === 0) await world.check();
  }

  toString(): string {
    return `${this.#name}(${JSON.stringify(this.#pick)})`;
  }
}

/** Of true and false, mostly one. */
const mostly = (value: boolean, times: number) =>
  fc.constantFrom(...Array.from({ length: times }, () => value), !value);
const refPicks: fc.Arbitrary<RefPick> = fc.record({
  sale: fc.nat(1), hold: fc.nat(HOLDS - 1), isPlaced: mostly(true, 5), isOwner: mostly(true, 8),
    key: fc.nat(3),
});
/** Some holds. */
export const refs = fc.array(refPicks, { minLength: 1, maxLength: 6, size: 'max' });
const sale = fc.nat(1);
/** Long enough to sell, or over before the next few calls. */
const payTimes = fc.constantFrom(1000, 1000, 600, 8, 20);
const holdMs = fc.constantFrom(1000, 1000, 1000, 600, 5, 12, 25);

function step<Pick>(
  name: string,
  picks: fc.Arbitrary<Pick>,
  work: (world: ModelWorld, pick: Pick, state: ModelState) => Promise<void>,
): fc.Arbitrary<Command> {
  return picks.map((pick) => new Step(name, pick, work));
}

/** Of every verb, as often as it is listed. */
export function commandArbitraries(): fc.Arbitrary<Command>[] {
  const places = step('place', fc.record({
    claims: fc.array(claimPicks, { minLength: 1, maxLength: 8, size: 'max' }), holdMs,
    isResent: mostly(false, 6),
  }), (world, { claims, holdMs, isResent }) => place(world, claims, holdMs, isResent));
  const releases = step('release', refs, (world, picks) => callRefs(world, release, picks));
  const orders = step('confirm', refs, (world, picks) => callRefs(world, confirm, picks));
  return [
    ...Array.from({ length: 12 }, () => places), ...Array.from({ length: 6 }, () => releases), orders, orders,
    step('extend', refs, (world, picks) => callRefs(world, extend, picks)),
    step('expire', fc.record({ sale, most: fc.constantFrom(1, 3, 500) }), (world, { sale, most }) =>
      expire(world, sale, most)),
    step('forget', fc.record({ sale, most: fc.integer({ min: 1, max: 30 }) }), (world, { sale, most }) =>
      forget(world, sale, most)),
    step('move', fc.record({ sale,
      verb: fc.constantFrom('pause' as const, 'resume' as const, 'resume' as const,
      'open' as const, 'reopen' as const) }), (world, { sale, verb }) => move(world, sale, verb)),
    step('close', fc.record({ sale, isMeant: mostly(false, 14) }),
      (world, { sale, isMeant }) => move(world, sale, isMeant ? 'close' : 'resume')),
    step('define', fc.record({ sale, price: fc.integer({ min: 900, max: 905 }), extra: fc.nat(3) }), define),
    ...Array.from({ length: 4 }, () => step('adjust', stockPicks, adjust)),
    step('part', refs, releasePart), step('part', refs, releasePart),
    ...Array.from({ length: 5 }, () => step('replace',
      fc.record({ ref: refPicks, claim: claimPicks, isStale: mostly(false, 8) }), replaceItems)),
    ...Array.from({ length: 4 }, () => step('pay', fc.record({ picks: refs, payMs: payTimes }),
      (world, { picks, payMs }) => callRefs(world, payVerb(world, payMs), picks))),
    ...Array.from({ length: 4 }, () => step('capture', capturePicks, capture)),
    step('fail', failPicks, fail), step('fail', failPicks, fail), step('cancel', cancelPicks, cancel),
    step('cancel', cancelPicks, cancel), step('refund', refundPicks, askRefund),
    step('outcome', outcomePicks, endRefund),
    step('codes', codesPicks, giveCodes),
    step('recover', fc.record({ sale, lostMs: fc.constantFrom(0, 2, 30) }), recover),
    step('lapse', fc.constant({}), lapse),
    step('spend', mostly(false, 3), (world, isMeant) => (isMeant ? spend(world) : Promise.resolve())),
  ];
}

const EVENT_BY_VERB = { open: 'sale.opened', pause: 'sale.paused', resume: 'sale.resumed',
  close: 'sale.closed', reopen: 'sale.reopened' } as const;
const TARGET = { open: 'open', pause: 'paused', resume: 'open', close: 'closed', reopen: 'open' } as const;

/** What a verb answers by the sale's state; `ok` makes an event unless the sale is so already. */
function moveAnswer(verb: keyof typeof TARGET, state: ModelSale['fold']['state']): string {
  if (state === TARGET[verb] || verb === 'close') return 'ok';
  if (verb === 'reopen') return state === 'closed' ? 'ok' : 'sale_not_closed';
  if (verb === 'open') return state === 'draft' ? 'ok' : state === 'paused' ? 'sale_paused' : 'sale_closed';
  if (state === 'closed') return 'sale_closed';
  return state === 'draft' ? 'sale_not_open' : 'ok';
}

/** Opens, pauses, resumes or closes a sale. */
export async function move(world: ModelWorld, at: number, verb: keyof typeof TARGET): Promise<void> {
  const sale = world.sales[at] as ModelSale;
  const { state } = sale.fold;
  const { answer } = await world.during(
    () => world.stock.call(world.partition, `${verb}-sale`, world.keysOf(sale),
    [CONTEXT, sale.saleId]));
  if (answer !== moveAnswer(verb, state)) throw new Error(
    `${verb} of a sale that is ${state}: ${String(answer)}`);
  const type: SaleEvent['type'] = EVENT_BY_VERB[verb];
  if (answer === 'ok' && state !== TARGET[verb]) world.fold(sale, type);
  world.judged += 1;
  world.expectNoMore();
}

/** Another price, another limit: allowed until the sale is closed. */
async function define(
  world: ModelWorld,
  { sale: at, price, extra }: { sale: number; price: number; extra: number },
  { shapes }: ModelState,
): Promise<void> {
  const sale = world.sales[at] as ModelSale;
  const { state } = sale.fold;
  // Capacities are changed by their own verb: once a sale is open its definition cannot bring others.
  const { areas, groups, capacity } = sale.input;
  const input = { ...inputOf(shapes[at] as SaleShape, world.openedAtMs, price, extra), areas, groups,
    ...capacity !== undefined && { capacity } } as SaleInput;
  const isSame = JSON.stringify(input) === JSON.stringify(sale.input);
  const put = await world.define(sale, input);
  const expected = state === 'closed' && !isSame ? 'sale_closed' : undefined;
  const got = 'reason' in put ? put.reason : 'faults' in put ? JSON.stringify(put.faults) : undefined;
  if (got !== expected) throw new Error(
    `the definition was answered ${got ?? 'ok'}, not ${expected ?? 'ok'}`);
  world.judged += 1;
}

/** Waits until a hold that is soon to lapse has lapsed. */
async function lapse(world: ModelWorld): Promise<void> {
  const ends = world.sales.flatMap(({ fold }) => [...fold.holds.values()])
    .filter(({ status }) => status === 'live').map(({ expiresAt }) => Date.parse(expiresAt) - Date.now());
  ends.push(...world.sales.flatMap(({ fold }) => [...fold.orders.values()])
    .filter(isPending).map(({ deadlineMs }) => deadlineMs - Date.now()));
  await wait(Math.min(...ends.filter((ms) => ms > 0 && ms < 30)));
}

/** Waits until the time of some places that were given back is over. */
async function spend(world: ModelWorld): Promise<void> {
  const caps = world.sales.flatMap(({ fold }) => [...fold.buyers.values()])
    .flatMap(({ returned }) => [...returned.values()]).map((capMs) => capMs - Date.now());
  await wait(Math.min(...caps.filter((ms) => ms > 0 && ms < 1100)));
}

async function wait(ms: number): Promise<void> {
  if (Number.isFinite(ms)) await new Promise((resolve) => setTimeout(resolve, ms + 1));
}
