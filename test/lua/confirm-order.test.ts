import t from 'tap';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { readOrderRecord } from '../../services/shared/contracts/order-record.ts';
import { takeKeys, withoutKey } from '../../services/shared/contracts/sealed-contact.ts';
import { openContact, readContactKey, sealContact } from '../../services/shared/platform/contact-seal.ts';
import { floorOf, hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';

const claim = [{ areaId: 'hall', bestAvailable: 2 }, { areaId: 'floor', quantity: 1 }];
const sale = saleOf([hallOf([rowOf('A', 8)]), floorOf(10)]);

t.test('given a live hold, when it is ordered, then what was held is sold', async (t) => {
  const desk = await openDesk(t, sale);
  await desk.place('a', claim);
  const answer = await desk.confirm('a', 'o1');
  t.ok(answer.ok);
  const { areas, seats, events } = await desk.check();
  t.same(areas, { hall: { free: 6, held: 0, sold: 2 }, floor: { free: 9, held: 0, sold: 1 } });
  t.equal(seats, '000ss000');
  t.match(events.at(-1), { type: 'order.confirmed', data: {
    orderId: 'o1', holdId: 'a', buyerId: 'buyer', total: 3000, currency: 'EUR', paymentMethod: 'free',
    contact: 'sealed', ticketSeed: 't_o1', digest: 'd',
  } });

  const before = await desk.dump();
  t.same(await desk.confirm('a', 'o1'), answer, 'the same order again is the same order');
  t.same(await Promise.all([desk.confirm('a', 'o1'), desk.confirm('a', 'o1')]), [answer, answer]);
  await desk.resend();
  t.same(await desk.dump(), before);
  await refuses(t, desk, () => desk.confirm('a', 'o1', { digest: 'other' }), 'idempotency_key_reused');
  await refuses(t, desk, () => desk.confirm('a', 'o2'), 'hold_ordered', 'o1');
});

t.test('given a new order, when it comes twice in one call, then it is made once', async (t) => {
  const desk = await openDesk(t, sale);
  await desk.place('a', claim);
  const [first, second] = await Promise.all([desk.confirm('a', 'o1'), desk.confirm('a', 'o1')]);
  t.ok(first.ok);
  t.same(second, first);
  await desk.place('b', claim);
  const [made, other] = await Promise.all([
    desk.confirm('b', 'o2'), desk.confirm('b', 'o2', { digest: 'other' }),
  ]);
  t.ok(made.ok);
  t.same(other, { ok: false, reason: 'idempotency_key_reused', detail: '' });
  const { areas, events } = await desk.check();
  t.same(areas, { hall: { free: 4, held: 0, sold: 4 }, floor: { free: 8, held: 0, sold: 2 } });
  t.equal(events.filter(({ type }) => type === 'order.confirmed').length, 2);
});

t.test('given one hold, when two orders of one call want it, then the first gets it', async (t) => {
  const desk = await openDesk(t, sale);
  await desk.place('a', claim);
  const [first, second] = await Promise.all([desk.confirm('a', 'o1'), desk.confirm('a', 'o2')]);
  t.equal(first.ok, true);
  t.same(second, { ok: false, reason: 'hold_ordered', detail: 'o1' });
  await desk.check();
});

t.test('a hold that is unknown, foreign, released or lapsed makes no order', async (t) => {
  const desk = await openDesk(t, sale);
  for (const id of ['live', 'released']) await desk.place(id, claim);
  await desk.release('released');
  await desk.setHoldMs(20);
  await desk.place('lapsed', claim);
  await desk.awaitLapse();
  await refuses(t, desk, () => desk.confirm('nobody', 'o1'), 'hold_unknown');
  await refuses(t, desk, () => desk.confirm('live', 'o1', { buyerId: 'another' }), 'hold_unknown');
  await refuses(t, desk, () => desk.confirm('released', 'o1'), 'hold_released');
  await refuses(t, desk, () => desk.confirm('lapsed', 'o1'), 'hold_expired');
  await desk.expire();
  await refuses(t, desk, () => desk.confirm('lapsed', 'o1'), 'hold_expired');
  await desk.check();
});

t.test('what was held before the end can be ordered after it', async (t) => {
  const desk = await openDesk(t, sale);
  for (const id of ['a', 'b', 'c']) await desk.place(id, claim);
  await desk.move('pause');
  t.ok((await desk.confirm('a', 'o1')).ok);
  await desk.move('close');
  t.ok((await desk.confirm('b', 'o2')).ok);
  await desk.check();
  await desk.redis.hset(`{p${String(desk.partition).padStart(2, '0')}}:hamlet:sale`, 'state', 'recovering');
  await refuses(t, desk, () => desk.confirm('c', 'o3'), 'recovering');
});

t.test('the key of a contact goes with its event alone', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const sealed = sealContact(new Uint8Array(32), { name: 'Ana', email: 'ana@example.org' });
  const extras = { paymentMethod: 'free', contact: sealed, ticketSeed: 't', digest: 'd' };
  await desk.place('a', [{ areaId: 'floor', quantity: 1 }]);
  const answer = await desk.stock.confirmOrder(desk.partition, { saleId: 'hamlet', holdId: 'a',
    buyerId: 'buyer', orderId: 'o1', digest: 'd', context: 'buyer 0', extras: JSON.stringify(extras) });
  t.same(answer.ok && readOrderRecord(answer.text).extras, { ...extras, contact: withoutKey(sealed) });
  const { events } = await desk.check();
  t.match(events.at(-1), { type: 'order.confirmed', data: { contact: sealed } });
  t.same(takeKeys(await desk.redis.hget(saleKeys(desk.partition, 'hamlet').orders, 'o1') ?? '').keys, []);
});

t.test('a contact in an event is sealed: only the key opens it', async (t) => {
  const key = readContactKey(Buffer.alloc(32, 7).toString('base64url'));
  const contact = { name: 'Ana Ñandú', email: 'ana@example.org' };
  const sealed = sealContact(key, contact);
  t.notMatch(sealed, /ana/i);
  t.same(await openContact(key, sealed), contact);
  await t.rejects(openContact(new Uint8Array(32), sealed));
  t.throws(() => readContactKey('short'), /32 bytes/);
});
