import t from 'tap';
import { isPending, readOrderRecord } from '../../../services/shared/contracts/order-record.ts';
import { partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { Payments } from '../../../services/selling/payments.ts';
import type { Answer } from '../../../services/selling/stock.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../../harness/open-desk.ts';
import type { Desk } from '../../harness/open-desk.ts';
import type { Teardown } from '../../harness/teardown.ts';

const CONTEXT = 'buyer 0123456789abcdef0123456789abcdef';
const sale = saleOf([hallOf([rowOf('A', 4)]), floorOf(4)]);

/** A till for one sale: the hold's letter names the order as well, and what it costs is 1000. */
async function openTill(t: Teardown) {
  const desk = await openDesk(t, sale);
  const { partition, saleId, redis } = desk;
  const payments = new Payments(desk.stock);
  const ref = (name: string) => ({ saleId, orderId: `o_${name}`, context: CONTEXT });
  const record = async (name: string) =>
    await redis.hget(saleKeys(partition, saleId).orders, `o_${name}`) ?? '';
  return {
    desk, payments, ref, record,
    start: (name: string, attempt = 1, payMs = 60_000) => payments.start(partition, {
      ...ref(name), holdId: name, buyerId: 'buyer', digest: 'd', attempt, attemptsMax: 2, payMs,
      method: 'sandbox',
      extras: JSON.stringify({ paymentMethod: 'sandbox', contact: 'sealed', ticketSeed: 's', digest: 'd' }),
    }),
    fail: (name: string, attempt: number, retryMs: number) => payments.fail(partition,
      { ...ref(name), attempt, attemptsMax: 2, retryMs, reason: 'declined' }),
    pay: (name: string, paymentId: string, amountMinor = 1000, currency = 'EUR') =>
      payments.settle(partition, { ...ref(name), paymentId, amountMinor, currency, attempt: 1,
        method: 'sandbox', price: { amountMinor: 1000, currency: 'EUR' } }),
    order: async (name: string) => readOrderRecord(await record(name)),
  };
}

/** Types of the last events, after everything was compared with the fold. */
async function lastOf(desk: Desk, count: number): Promise<string[]> {
  return (await desk.check()).events.slice(-count).map(({ type }) => type);
}

function reasonOf(answer: Answer): string {
  return answer.ok ? 'ok' : answer.reason;
}

t.test('a pending order owns its places, whatever its hold had', async (t) => {
  const { desk, start, pay, order } = await openTill(t);
  await desk.setHoldMs(30, 60);
  await desk.place('a', [{ seatIds: ['A1'] }]);
  t.equal(reasonOf(await start('a')), 'ok');
  const { unconfirmed } = partitionKeys(desk.partition);
  t.equal(await desk.redis.hget(unconfirmed, (await order('a')).eventId), 'o_a', 'it waits for the log');
  await desk.awaitLapse();
  t.equal(await desk.expire(), 0, 'the end of its hold is nothing to it');
  t.match(await desk.place('b', [{ seatIds: ['A1'] }]), { ok: false, reason: 'seats_taken' });
  t.equal(reasonOf(await desk.release('a')), 'hold_ordered');
  t.equal(reasonOf(await desk.confirm('a', 'o_other')), 'hold_ordered', 'never two orders from one hold');
  t.equal(reasonOf(await pay('a', 'pi_1')), 'ok');
  t.match(await order('a'), { status: 'confirmed',
    payment: { payments: [{ paymentId: 'pi_1', kind: 'kept' }] } });
  t.same(await lastOf(desk, 2), ['payment.started', 'order.confirmed']);
});

t.test('an order may be paid for again, for a minimum of time and not for ever', async (t) => {
  const { desk, start, fail, order } = await openTill(t);
  await desk.place('a', [{ areaId: 'floor', quantity: 1 }]);
  await start('a', 1, 50);
  t.equal(reasonOf(await start('a', 2)), 'payment_under_way');
  t.equal(reasonOf(await fail('a', 1, 60_000)), 'ok');
  const { deadlineMs = 0 } = (await order('a')).payment ?? {};
  t.ok(deadlineMs > Date.now() + 30_000, 'there is time for another attempt');
  t.equal(reasonOf(await fail('a', 1, 90_000)), 'ok', 'told again');
  t.equal(reasonOf(await start('a', 2)), 'ok');
  t.equal(reasonOf(await start('a', 1)), 'ok', 'the first one again, as it is now');
  t.equal(reasonOf(await fail('a', 2, 90_000)), 'ok');
  t.equal((await order('a')).payment?.deadlineMs, deadlineMs, 'no attempt is left, so it gets no more time');
  t.equal(reasonOf(await start('a', 3)), 'payment_attempts_spent');
  t.ok(isPending(await order('a')));
  await desk.check();
});

t.test('late money takes the same places if they are free, else it goes back, once', async (t) => {
  const { desk, start, pay, order } = await openTill(t);
  for (const [name, seatId] of [['a', 'A1'], ['b', 'A2']] as const) {
    await desk.place(name, [{ seatIds: [seatId] }]);
    await start(name, 1, 10);
  }
  await desk.awaitLapse();
  t.match(await desk.place('c', [{ seatIds: ['A2'] }]), { ok: true }, 'no sweeper was there, and it is free');
  t.equal(reasonOf(await pay('a', 'pi_a')), 'ok');
  t.same(await lastOf(desk, 2), ['payment.late', 'order.confirmed']);
  t.equal(reasonOf(await pay('b', 'pi_b')), 'ok');
  t.equal(reasonOf(await pay('b', 'pi_b')), 'ok');
  t.equal(reasonOf(await pay('a', 'pi_a')), 'ok');
  t.same(await lastOf(desk, 2), ['order.confirmed', 'refund.requested'], 'nothing happened twice');
  t.match(await order('b'), { status: 'expired',
    payment: { refunds: [{ refundId: 'pi_b', amountMinor: 1000, status: 'requested' }] } });
  t.equal(reasonOf(await pay('a', 'pi_second')), 'ok');
  t.match((await order('a')).payment?.refunds, [{ refundId: 'pi_second', status: 'requested' }]);
});

t.test('a wrong amount is held for an operator and confirms nothing', async (t) => {
  const { desk, start, pay, order, payments, ref } = await openTill(t);
  await desk.place('a', [{ areaId: 'floor', quantity: 1 }]);
  await start('a');
  await pay('a', 'pi_less', 999);
  await pay('a', 'pi_foreign', 1000, 'USD');
  t.match(await order('a'), { status: 'pending',
    payment: { payments: [{ kind: 'mismatched' }, { kind: 'mismatched', currency: 'USD' }] } });
  const refund = (refundId: string, amountMinor: number) => payments.requestRefund(desk.partition,
    { ...ref('a'), refundId, paymentId: 'pi_less', amountMinor, reason: 'mismatched' });
  t.match(await refund('re_1', 1000), { reason: 'refund_too_large', detail: '999' });
  t.match(await refund('re_1', 999), { ok: true });
  t.match(await refund('re_1', 999), { ok: true }, 'told again');
  t.match(await refund('re_2', 1), { reason: 'refund_too_large', detail: '0' });
  t.equal(reasonOf(await pay('a', 'pi_right')), 'ok');
  t.equal((await order('a')).status, 'confirmed');
  await desk.check();
});

t.test('cancelled tickets go back on sale or are blocked, and a cancelled order stays so', async (t) => {
  const { desk, start, pay, order, payments, ref, record } = await openTill(t);
  await desk.place('a', [{ seatIds: ['A1', 'A2'] }]);
  await desk.confirm('a', 'o_a');
  const cancel = async (name: string, tickets: number[] | undefined, isReturned: boolean) =>
    payments.cancel(desk.partition, { ...ref(name), record: await record(name), isReturned, reason: 'ill',
      ...tickets && { tickets } });
  t.match(await cancel('a', [1], true), { ok: true });
  t.match(await cancel('a', [1], true), { ok: true }, 'told again');
  t.match(await desk.place('b', [{ seatIds: ['A1'] }]), { ok: true });
  t.match(await cancel('a', undefined, false), { ok: true });
  t.match(await order('a'), { status: 'cancelled', payment: { gone: [1, 2] } });
  t.match(await desk.place('c', [{ seatIds: ['A2'] }]), { reason: 'seats_taken' }, 'it is blocked');
  await start('b');
  t.match(await cancel('b', undefined, true), { ok: true });
  t.equal(reasonOf(await pay('b', 'pi_b')), 'ok');
  t.match(await order('b'), { status: 'cancelled', payment: { refunds: [{ refundId: 'pi_b' }] } });
  t.match(await desk.place('d', [{ seatIds: ['A1'] }]), { ok: true });
  await desk.check();
});
