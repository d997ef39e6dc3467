import { pino } from 'pino';
import { AcceptedFollower } from '../../services/selling/accepted-follower.ts';
import { addCodes } from '../../services/selling/add-codes.ts';
import { adjustStock } from '../../services/selling/adjust-stock.ts';
import { archiveSale } from '../../services/selling/archive-sale.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';
import { giveTimeBack } from '../../services/shared/contracts/evolve-holds.ts';
import type { InventoryRequest } from '../../services/shared/contracts/inventory-schemas.ts';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import { restoreSale } from '../../services/shared/hot-state/restore-sale.ts';
import { acceptOutbox, foldOf } from './accept-outbox.ts';
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
