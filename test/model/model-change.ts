import { readHoldRecord } from '../../services/shared/contracts/hold-record.ts';
import type { ReleaseRequest } from '../../services/shared/contracts/http-schemas.ts';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { planRelease } from '../../services/selling/plan-change.ts';
import { expectAnswer, foldDue, recordOf, refsOf } from './model-steps.ts';
import type { RefPick } from './model-steps.ts';
import type { ModelWorld } from './model-world.ts';

const ENDED = { released: 'hold_released', expired: 'hold_expired', ordered: 'hold_ordered' };

/** Gives a part of a hold back, under one of four keys per hold: its end stays, and a repeat its answer. */
export async function releasePart(world: ModelWorld, picks: RefPick[]): Promise<void> {
  const [{ sale, ref, pick } = { sale: undefined }] = refsOf(world, picks.slice(0, 1));
  const known = sale?.fold.holds.get(ref?.holdId ?? '');
  if (sale === undefined || ref === undefined || known === undefined) return;
  const record = await world.redis.hget(saleKeys(world.partition, sale.saleId).holds, ref.holdId);
  if (record === null) return;
  const [first] = known.items;
  if (first === undefined) return;
  const { areaId, ticketType, quantity, seatIds } = first;
  const part: ReleaseRequest['items'][number] = seatIds === undefined
    ? { areaId, ticketType, quantity: Math.min(quantity, pick.key + 1) } : { seatIds: [seatIds[0] ?? ''] };
  const fields = record.split('\t');
  const plan = planRelease([part], { items: fields[6] ?? '',
    codes: (fields[8] ?? '').split(' ').filter(Boolean) }, sale.known);
  const total = known.items.reduce((sum, item) => sum + item.quantity, 0);
  const given = part.quantity ?? 1;
  if ('reason' in plan) {
    const isTypeRule = plan.reason === 'ticket_type_minimum' && sale.known.definition.ticketTypes.length > 0;
    if (!isTypeRule && given < total) throw new Error(`${plan.reason} for ${JSON.stringify(part)}`);
    world.judged += 1;
    return;
  }
  const key = `c${pick.key}`;
  const digest = pick.isPlaced ? 'd' : 'e';
  const called = await world.during(() =>
    world.stock.changeHold(world.partition, { ...plan, ...ref, key, digest }));
  const { answer } = called;
  foldDue(world, sale, called, true);
  world.judged += 1;
  world.note(answer.ok ? 'part given back' : answer.reason);
  const hold = recordOf(sale, ref);
  if (hold === undefined) return expectAnswer(answer, 'hold_unknown');
  const earlier = hold.changes.find((change) => change.key === key);
  if (earlier === undefined) {
    if (hold.status !== 'live') return expectAnswer(answer, ENDED[hold.status], hold.orderId);
    const { expiresAt } = hold;
    world.fold(sale, 'hold.changed', ref.holdId);
    if (hold.expiresAt !== expiresAt) throw new Error('its end is another');
  } else if (!sale.forgotten.has(`${ref.holdId}/${key}`) && earlier.digest !== digest) {
    return expectAnswer(answer, 'idempotency_key_reused');
  }
  if (!answer.ok) throw new Error(`a part was not given back: ${answer.reason} ${answer.detail}`);
  const after = readHoldRecord(answer.text);
  const isKept = !sale.forgotten.has(`${ref.holdId}/${key}`);
  const wanted = (isKept ? hold.changes.find((change) => change.key === key) : undefined) ?? hold;
  const tickets = (items: readonly { quantity: number }[]) =>
    items.reduce((sum, item) => sum + item.quantity, 0);
  if (tickets(after.items) !== tickets(wanted.items) || after.codes.join() !== wanted.codes.join()) {
    throw new Error(`the hold is ${answer.text}, not ${JSON.stringify(wanted.items)}`);
  }
  world.expectNoMore();
}
