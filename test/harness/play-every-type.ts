import { pino } from 'pino';
import { AcceptedFollower } from '../../services/selling/accepted-follower.ts';
import { addCodes } from '../../services/selling/add-codes.ts';
import { adjustStock } from '../../services/selling/adjust-stock.ts';
import { archiveSale } from '../../services/selling/archive-sale.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { giveTimeBack } from '../../services/shared/contracts/evolve-holds.ts';
import type { InventoryRequest } from '../../services/shared/contracts/inventory-schemas.ts';
import { partitionKeys, saleKeys } from '../../services/shared/contracts/keys.ts';
import { restoreSale } from '../../services/shared/hot-state/restore-sale.ts';
import { acceptOutbox, foldOf } from './accept-outbox.ts';
import { Payments } from '../../services/selling/payments.ts';
import { openDesk, OPERATOR } from './open-desk.ts';
import type { Desk } from './open-desk.ts';
import { RULED } from './ruled-sale.ts';
import type { Teardown } from './teardown.ts';

const TAXED = { ...RULED, taxes: [{ taxId: 'vat', percent: 7, included: true }] };

/**
 * The log of one sale in which every type of event happens, as the real scripts write it.
 *
 * @param redisUrl unless given, a database of the test run
 */
export async function playEveryType(t: Teardown, saleId: string, redisUrl?: string): Promise<SaleEvent[]> {
  const desk = await openDesk(t, TAXED, { saleId, ...redisUrl !== undefined && { redisUrl } });
  const adjust = async (request: InventoryRequest) => {
    const answer = await adjustStock(desk, saleId, request, OPERATOR);
    if (!('ok' in answer)) throw new Error(`refused: ${JSON.stringify(answer)}`);
  };
  await adjust({ block: { seatIds: ['A4'] }, reason: 'camera' });
  await adjust({ unblock: { seatIds: ['A4'] }, reason: 'camera' });
  await adjust({ block: { areaId: 'stand', quantity: 1 }, reason: 'bar' });
  await adjust({ capacity: 9, areaId: 'floor' });
  await adjust({ capacity: 12 });
  await adjust({ price: 600, categoryId: 'C', ticketType: 'child' });
  await adjust({ allocate: { channelId: 'club', areaId: 'floor', quantity: 2 } });
  await adjust({ allocate: { channelId: null, seatIds: ['B2'] } });
  await adjust({ release: { seatIds: ['N'] } });
  await adjust({ returnAllocation: 'press' });
  const request = { channelIds: ['club'], usesMax: 2, codes: ['OPEN SESAME'] };
  const idSecret = 'a secret of at least thirty-two characters';
  await addCodes({ ...desk, idSecret }, saleId, request, OPERATOR);

  await desk.place('h_sold', [{ areaId: 'hall', bestAvailable: 2 }, { areaId: 'stand', quantity: 1 }],
    { buyerId: 'b_sold', promotionCode: 'HALF' });
  await desk.extend('h_sold', 'key-of-extension', 'b_sold');
  await desk.change('h_sold', { items: [{ seatIds: ['A2'] }, { areaId: 'floor', quantity: 1 }] },
    { buyerId: 'b_sold', key: 'key-of-change', promotionCode: 'HALF' });
  await desk.confirm('h_sold', 'o_sold', { buyerId: 'b_sold' });
  await desk.place('h_released', [{ areaId: 'floor', quantity: 2 }], { buyerId: 'b_released' });
  await desk.release('h_released', 'b_released');
  await desk.setHoldMs(10);
  await desk.place('h_expired', [{ seatIds: ['A3'] }], { buyerId: 'b_expired' });
  await desk.awaitLapse();
  await desk.expire();
  await desk.setHoldMs(600_000);
  await payForOrders(desk);
  for (const verb of ['pause', 'resume', 'close', 'reopen', 'close'] as const) await desk.move(verb);

  const { redis, partition } = desk;
  const accepted = new AcceptedFollower(redis, 64, pino({ level: 'silent' }));
  const archive = () => archiveSale({ ...desk, accepted }, saleId, OPERATOR, 0);
  // An order that waits for the log keeps the sale from being archived, and so does the event that says so.
  const events = await acceptOutbox(desk);
  await archive();
  events.push(...await acceptOutbox(desk));
  await archive();
  const revived = await restoreSale(desk, foldOf(events),
    { partition, saleId, from: 'archived', to: 'closed', type: 'sale.revived', context: OPERATOR });
  if (revived !== 'ok') throw new Error(`not revived: ${revived}`);
  await desk.directory.reload(saleId);
  events.push(...await acceptOutbox(desk));
  await recover(desk, saleId, events);
  return [...events, ...await acceptOutbox(desk)];
}

/** An order that is paid at the second attempt and cancelled in part, one paid late, one given up. */
async function payForOrders({ place, awaitLapse, expire, redis, stock, partition, saleId }: Desk) {
  const payments = new Payments(stock);
  const context = 'buyer 0123456789abcdef0123456789abcdef';
  const attempt = (name: string, number: number, payMs = 900_000) => payments.start(partition, {
    saleId, orderId: `o_${name}`, holdId: `h_${name}`, buyerId: `b_${name}`, digest: 'd', context,
    attempt: number, attemptsMax: 3, payMs, method: 'sandbox',
    extras: JSON.stringify({ paymentMethod: 'sandbox', contact: 'sealed', ticketSeed: 't', digest: 'd' }),
  });
  const ref = { saleId, orderId: 'o_paid', context };
  const capture = (paymentId: string, amountMinor: number, costs = amountMinor, orderId = 'o_paid') =>
    payments.settle(partition, { ...ref, orderId, paymentId, amountMinor, currency: 'EUR', attempt: 1,
      method: 'sandbox', price: { amountMinor: costs, currency: 'EUR' } });
  const done: unknown[] = [];
  await place('h_paid', [{ areaId: 'stand', quantity: 2 }], { buyerId: 'b_paid' });
  done.push(await attempt('paid', 1), await payments.fail(partition,
    { ...ref, attempt: 1, attemptsMax: 3, retryMs: 60_000, reason: 'declined' }), await attempt('paid', 2));
  done.push(await capture('pi_wrong', 1, 2_150), await capture('pi_paid', 2_150),
    await capture('pi_two', 2_150));
  const record = await redis.hget(saleKeys(partition, saleId).orders, 'o_paid') ?? '';
  done.push(await payments.cancel(partition, { ...ref, record, tickets: [1], isReturned: true,
    reason: 'ill', refund: { refundId: 're_1', paymentId: 'pi_paid', amountMinor: 500, currency: 'EUR' } }));
  done.push(await payments.requestRefund(partition,
    { ...ref, refundId: 're_2', paymentId: 'pi_wrong', amountMinor: 1, reason: 'mismatched' }));
  done.push(await payments.settleRefund(partition,
    { ...ref, refundId: 're_1', outcome: 'completed', reason: '' }));
  done.push(await payments.settleRefund(partition,
    { ...ref, refundId: 're_2', outcome: 'failed', reason: 'no such card' }));
  // A sale with open refunds is not archived.
  done.push(await payments.settleRefund(partition,
    { ...ref, refundId: 'pi_two', outcome: 'completed', reason: '' }));
  await place('h_late', [{ areaId: 'stand', quantity: 1 }], { buyerId: 'b_late' });
  done.push(await attempt('late', 1, 5));
  await awaitLapse();
  await expire();
  done.push(await capture('pi_late', 1_150, 1_150, 'o_late'));
  for (const answer of done) {
    if (!(answer as { ok: boolean }).ok) throw new Error(`refused: ${JSON.stringify(answer)}`);
  }
}

/** As a relay does it (services/relay/recovery). */
async function recover(desk: Desk, saleId: string, events: SaleEvent[]): Promise<void> {
  const { redis, stock, partition } = desk;
  await stock.suspend(partition, saleId, 'operator');
  const since = await redis.hget(partitionKeys(partition).suspended, saleId) ?? '';
  const fold = foldOf(events);
  const lostMs = 1_000;
  giveTimeBack(fold, lostMs);
  fold.epoch += 1;
  const recovered = await restoreSale(desk, fold, {
    partition, saleId, from: 'recovering', since, to: 'closed', type: 'sale.recovered', data: { lostMs },
    context: 'system',
  });
  if (recovered !== 'ok') throw new Error(`not recovered: ${recovered}`);
}
