import t from 'tap';
import { openTestStack } from '../harness/open-test-stack.ts';
import { runModel, seedOf } from './run-model.ts';

/**
 * `evolve` is the model: every verb in random order, on random sales, with time that passes, repeats, resends
 * and outdated plans. After each script call the events are folded, which proves that no place has two owners
 * and no counter or limit is passed, and each answer must be the one that test/model/reference-sale.ts works
 * out; every few calls all of Redis must equal the fold. A failure prints seed, path and commands:
 * `MODEL_SEED=… MODEL_PATH=… npm test -- test/model/run-model.test.ts` runs it again.
 */
t.test('the scripts do what the model does', async (t) => {
  const { redisUrl } = await openTestStack(t);
  const { MODEL_SEED, MODEL_COMMANDS, MODEL_PATH } = process.env;
  const seed = seedOf(MODEL_SEED);
  const commands = Number(MODEL_COMMANDS ?? 20_000);
  t.comment(`MODEL_SEED=${seed} MODEL_COMMANDS=${commands}`);
  const run = await runModel({ redisUrl, commands, seed, path: MODEL_PATH });

  t.comment(`${run.commands} commands, ${run.events} events: `
    + [...run.answers].toSorted(([, a], [, b]) => b - a).map(([answer, n]) => `${answer} ${n}`).join(', '));
  if (MODEL_PATH !== undefined) return;
  t.ok(run.commands >= commands);
  if (commands < 20_000) return;
  t.ok((run.answers.get('placed') ?? 0) > commands / 20, 'enough is placed to mean something');
  for (const reason of ['sold_out', 'seats_taken', 'seats_reserved', 'no_adjacent_seats', 'would_strand_seat',
    'buyer_limit', 'hold_limit', 'live_holds_limit', 'buyer_cooling_down', 'hold_time_spent',
      'access_code_used',
    'access_code_unknown', 'promotion_code_used', 'hold_unknown', 'hold_released', 'hold_expired',
      'hold_ordered',
    'idempotency_key_reused', 'sale_paused', 'sale_not_open', 'sale_closed', 'stale',
    'stock_in_use', 'capacity_in_use', 'allocation_too_large', 'code_exists', 'stock.blocked',
      'stock.unblocked', 'allocation.changed', 'allocation.returned', 'capacity.changed', 'price.changed',
    'payment.started', 'payment.failed', 'payment.late', 'payment.mismatched', 'payment told before',
    'refund: late', 'refund: duplicate', 'order.expired', 'order.confirmed', 'order_confirmed',
    'cancelled before payment', 'cancelled, returned', 'cancelled, blocked', 'refund.completed',
    'places.released', 'codes.added', 'recovered', 'unchanged', 'part given back', 'replaced',
    ...['sold_out', 'seats_taken', 'no_adjacent_seats', 'buyer_limit', 'hold_limit', 'stale']
      .map((reason) => `not replaced: ${reason}`)]) {
    t.ok((run.answers.get(reason) ?? 0) > 0, `${reason} came up`);
  }
});
