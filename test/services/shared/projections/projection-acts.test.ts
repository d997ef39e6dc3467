/** A poison event stops one projection of one sale; operators retry, skip, replay, and all of it is kept. */
import t from 'tap';
import { createLegacyProjection } from '../../../../services/projector/projections/legacy-projection.ts';
import { buyerOrders } from '../../../../services/projector/projections/read-models/buyer-orders.ts';
import { occupancy } from '../../../../services/projector/projections/read-models/occupancy.ts';
import {
  askForReplay, retryParked, selectActs, skipParked,
} from '../../../../services/shared/projections/projection-acts.ts';
import { awaitThat } from '../../../harness/await-that.ts';
import type { Kit } from '../../../kit/open-kit.ts';
import { openKit } from '../../../kit/open-kit.ts';

const ann = { actor: 'operator:ann', why: 'the seat is there now' };

/** seq by projection; `parked` where it is. */
async function statesOf({ progress }: Kit, saleId: string): Promise<Record<string, number | 'parked'>> {
  const states = (await progress.states(['legacy', occupancy.key, buyerOrders.key], [saleId])).get(saleId);
  return Object.fromEntries([...states ?? []].map(([key, { seq, isParked }]) =>
    [key, isParked ? 'parked' : seq]));
}

/** A sale whose tenth event is about a seat that legacy does not know. */
async function poison(kit: Kit, saleId: string) {
  const sale = kit.chain(saleId);
  await kit.given([...sale.open(), ...await sale.traffic(3)]);
  const { event, ...hold } = sale.hold(1, ['no-such-seat']);
  await kit.given([event, await sale.confirm(hold), ...await sale.traffic(2)]);
  return { sale, parked: { projection: 'legacy', saleId, seq: 10 } };
}

async function addSeat({ pool }: Kit, saleId: string): Promise<void> {
  await pool.query(`INSERT INTO seats
    (show_id, area_id, code, row_label, label, x, y, sort_order, category_id)
    SELECT show_id, area_id, 'no-such-seat', 'A', '0', 0, 0, 0, category_id FROM seats
    WHERE show_id = (SELECT id FROM shows WHERE slug = $1) LIMIT 1`, [saleId]);
}

t.test('that projection of that sale waits, all else goes on; a retry after the fix ends it', async (t) => {
  const kit = await openKit(t);
  const projections = [createLegacyProjection(kit.contactKey), occupancy, buyerOrders];
  const { sale, parked } = await poison(kit, 'bad-show');
  await kit.projected(...projections);
  const { seq } = sale.head;
  t.same(await statesOf(kit, 'bad-show'), { legacy: 'parked', [occupancy.key]: seq, [buyerOrders.key]: seq });

  // With the poison in its midst every batch of many sales has to get through.
  const others = Array.from({ length: 40 }, (_, i) => kit.chain(`good-${i}`));
  for (const other of others) await kit.given([...other.open(), ...await other.traffic(2)]);
  await kit.given(await sale.traffic(5));
  await kit.projected(...projections);
  for (const other of others) {
    const at = other.head.seq;
    t.same(await statesOf(kit, other.saleId), { legacy: at, [occupancy.key]: at, [buyerOrders.key]: at });
  }
  t.same((await statesOf(kit, 'bad-show'))['legacy'], 'parked', 'it waits');

  t.equal(await retryParked(kit.pool, { ...parked, seq: 9 }, ann), false, 'only where it is parked');
  t.ok(await retryParked(kit.pool, parked, { ...ann, why: 'too early' }));
  await kit.projected(...projections);
  t.same((await statesOf(kit, 'bad-show'))['legacy'], 'parked', 'without the fix it is parked again');
  await addSeat(kit, 'bad-show');
  t.ok(await retryParked(kit.pool, parked, ann));
  t.equal(await retryParked(kit.pool, parked, ann), false, 'it is not parked any more');
  await kit.projected(...projections);
  t.equal((await statesOf(kit, 'bad-show'))['legacy'], sale.head.seq);
  const acts = await selectActs(kit.pool, { saleId: 'bad-show', countMax: 10 });
  t.match(acts, ['retried', 'parked', 'retried', 'parked'].map((act) =>
    ({ act, projection: 'legacy', seq: 10, eventType: 'hold.placed', reason: /seats/ })));
  t.match(acts[0], { ...ann, askedAt: Date, doneAt: Date });
  const older = { saleId: 'bad-show', countMax: 1, beforeId: acts[2]?.id ?? 0 };
  t.same(await selectActs(kit.pool, older), [acts[3]]);
});

t.test('a projector that runs notices by itself', async (t) => {
  const kit = await openKit(t);
  const engine = kit.engineOf([createLegacyProjection(kit.contactKey)]);
  engine.start();
  t.teardown(() => engine.stop());
  const { sale, parked } = await poison(kit, 'bad-show');
  await awaitThat('it is parked', async () => (await statesOf(kit, 'bad-show'))['legacy'] === 'parked');
  await addSeat(kit, 'bad-show');
  t.ok(await retryParked(kit.pool, parked, ann));
  await awaitThat('it catches up', async () =>
    (await statesOf(kit, 'bad-show'))['legacy'] === sale.head.seq);
});

t.test('skip passes one event by, and keeps who and why', async (t) => {
  const kit = await openKit(t);
  const legacy = createLegacyProjection(kit.contactKey);
  const { parked } = await poison(kit, 'bad-show');
  await kit.projected(legacy);
  t.ok(await skipParked(kit.pool, parked, { ...ann, why: 'a test order' }));
  await kit.projected(legacy);
  const [again, skipped] = await selectActs(kit.pool, { saleId: 'bad-show', countMax: 10 });
  t.match(skipped, { act: 'skipped', actor: 'operator:ann', why: 'a test order', seq: 10, reason: /seats/ });
  t.match(again, { act: 'parked', seq: 11, eventType: 'order.confirmed' }, 'the order of that seat as well');
  t.same(await kit.rows('SELECT seq::int FROM projection.positions'), [{ seq: 10 }]);
  t.equal(await skipParked(kit.pool, parked, ann), false, 'not twice');
  await t.rejects(skipParked(kit.pool, { ...parked, seq: 11 }, { ...ann, why: '' }), /check/, 'no why');
  t.equal((await statesOf(kit, 'bad-show'))['legacy'], 'parked', 'nothing was done');
});

t.test('what was got past although it is parked cannot be skipped, and stays to be retried', async (t) => {
  const kit = await openKit(t);
  const { parked } = await poison(kit, 'bad-show');
  await kit.projected(createLegacyProjection(kit.contactKey));
  // A newer process knew what to do with the event, and was under way when it was parked.
  await kit.pool.query('UPDATE projection.positions SET seq = 12');
  t.equal(await skipParked(kit.pool, parked, ann), false);
  t.same(await kit.rows('SELECT seq::int FROM projection.parked_events'), [{ seq: 10 }]);
  t.match(await selectActs(kit.pool, { countMax: 9 }), [{ act: 'parked' }], 'nothing was done');
  t.ok(await retryParked(kit.pool, parked, ann));
});

t.test('the first event of a sale can be skipped too', async (t) => {
  const kit = await openKit(t);
  const legacy = createLegacyProjection(kit.contactKey);
  const sale = kit.chain('lear');
  await kit.given([sale.hold(1).event, ...sale.open()]);
  await kit.projected(legacy);
  t.ok(await skipParked(kit.pool, { projection: 'legacy', saleId: 'lear', seq: 1 }, ann));
  await kit.projected(legacy);
  t.equal((await statesOf(kit, 'lear'))['legacy'], sale.head.seq);
});

t.test('replay takes the rows of one sale back and makes them anew', async (t) => {
  const kit = await openKit(t);
  const [a, b] = [kit.chain('a'), kit.chain('b')];
  for (const sale of [a, b]) await kit.given([...sale.open(), ...await sale.traffic(6)]);
  await kit.projected(occupancy);
  const expected = await kit.rowsOf(occupancy, 'a');
  await kit.pool.query('UPDATE read_models.occupancy_v1 SET sold = 0');
  const wrong = await kit.rowsOf(occupancy, 'b');
  const a1 = { projection: occupancy.key, saleId: 'a' };
  t.ok(await askForReplay(kit.pool, a1, ann));
  t.ok(await askForReplay(kit.pool, a1, ann), 'asked twice before it is done');
  t.match(await selectActs(kit.pool, { countMax: 9 }), [{ act: 'replayed', doneAt: null }]);
  const engine = kit.engineOf([occupancy]);
  engine.start();
  await awaitThat('it is replayed', async () =>
    (await kit.rows('SELECT FROM projection.acts WHERE done_at IS NOT NULL')).length === 1);
  await awaitThat('it is there again', async () => (await statesOf(kit, 'a'))[occupancy.key] === a.head.seq);
  await engine.stop();
  t.same(await kit.rowsOf(occupancy, 'a'), expected);
  t.same(await kit.rowsOf(occupancy, 'b'), wrong, 'of the other sale nothing changed');
  t.equal(await askForReplay(kit.pool, { projection: 'legacy', saleId: 'a' }, ann), false);
  t.equal(await askForReplay(kit.pool, { projection: 'nothing@1', saleId: 'a' }, ann), false);
});

t.test('who is late parks nothing', async (t) => {
  const kit = await openKit(t);
  const sale = kit.chain('hamlet');
  const events = sale.open();
  await kit.given(events);
  await kit.projected(occupancy);
  const [event] = events;
  if (event === undefined) throw new Error('no event');
  t.equal(await kit.progress.park(occupancy.key, 'hamlet', 0, { seq: 1, event }, 'too late'), false);
  t.same(await kit.rows('SELECT FROM projection.parked_events'), []);
  t.same(await selectActs(kit.pool, { countMax: 9 }), []);
});
