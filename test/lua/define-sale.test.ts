import t from 'tap';
import { partitionKeys, saleKeyList, saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, hallOf, openDesk, redisUrlOf, rowOf, runRaw, saleOf } from '../harness/open-desk.ts';

const hallAndFloor = saleOf([hallOf([rowOf('A', 3)]), floorOf(5)]);

t.test('a new sale is a draft, with its areas in the log', async (t) => {
  const desk = await openDesk(t, hallAndFloor, { isOpen: false });
  const { fold, events, areas } = await desk.check();
  t.equal(fold.state, 'draft');
  t.same(events.map(({ type, sequence }) => [type, sequence]),
    [['sale.defined', '0000000001'], ['area.defined', '0000000002']]);
  t.equal(events[0]?.prev, '0');
  t.same(areas, { hall: { free: 3, held: 0, sold: 0 }, floor: { free: 5, held: 0, sold: 0 } });
  t.same(await desk.redis.smembers(partitionKeys(desk.partition).sales), ['hamlet']);
  const fields = Object.keys(await desk.redis.hgetall(saleKeys(desk.partition, 'hamlet').sale));
  t.same(fields.filter((field) => !/^[a-z]+$/i.test(field)), [], 'the counters are not in its hash');
});

t.test('the same definition again changes nothing', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 3)])]));
  const before = await desk.dump();
  t.same(await desk.define(saleOf([hallOf([rowOf('A', 3)])])), { created: false });
  t.same(await desk.dump(), before);
});

t.test('the same call twice is stale the second time and changes nothing', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 3)])]), { isOpen: false });
  const before = await desk.dump();
  t.equal(await desk.resend(), 'stale');
  t.same(await desk.dump(), before);
});

t.test('a draft may change in everything', async (t) => {
  const desk = await openDesk(t, hallAndFloor, { isOpen: false });
  const other = saleOf([floorOf(7, 'hall'), hallOf([rowOf('B', 4)], 'new')]);
  t.same(await desk.define(other), { created: false });
  const { areas, fold } = await desk.check();
  t.same(areas, { hall: { free: 7, held: 0, sold: 0 }, new: { free: 4, held: 0, sold: 0 } });
  t.same([...fold.seats.keys()], ['B1', 'B2', 'B3', 'B4'], 'seats of an area that has none now are gone');
  await desk.move('open');
  t.ok((await desk.place('a', [{ areaId: 'new', bestAvailable: 2 }, { areaId: 'hall', quantity: 7 }])).ok);
  await desk.check();
});

t.test('rows over several categories are forgotten with their areas', async (t) => {
  const mixed = [rowOf('A', 4, { categoryIds: ['C', 'C', 'D', 'D'] })];
  const categories = [{ categoryId: 'C', prices: { adult: 1 } }, { categoryId: 'D', prices: { adult: 1 } }];
  const desk = await openDesk(t, saleOf([hallOf(mixed), floorOf(3)], { categories }), { isOpen: false });
  const joined = async () => Object.fromEntries(Object
    .entries(await desk.redis.hgetall(saleKeys(desk.partition, 'hamlet').sale))
    .filter(([field]) => field.startsWith('joined:')));
  t.same(await joined(), { 'joined:0': '0.1' });
  await desk.define(saleOf([floorOf(3), hallOf(mixed)], { categories }));
  t.same(await joined(), { 'joined:1': '0.1' });
  await desk.define(saleOf([hallOf([rowOf('A', 4)])]));
  t.same(await joined(), {});
  await desk.check();
});

t.test('an open sale keeps its areas, ticket types and currency; the rest may change', async (t) => {
  const areas = [hallOf([rowOf('A', 3)]), floorOf(5)];
  const desk = await openDesk(t, saleOf(areas));
  await desk.place('a', [{ areaId: 'floor', quantity: 2 }]);
  const before = await desk.dump();
  const fixed = { reason: 'sale_already_open' };
  t.same(await desk.define(saleOf([hallOf([rowOf('A', 4)]), floorOf(5)])), fixed);
  t.same(await desk.define(saleOf([hallOf([rowOf('A', 3)]), floorOf(6)])), fixed);
  t.same(await desk.define(saleOf(areas, { currency: 'CHF' })), fixed);
  const onlyAdults = [{ categoryId: 'C', prices: { adult: 1000 } }];
  t.same(await desk.define(saleOf(areas, { categories: onlyAdults })), fixed);
  t.same(await desk.dump(), before);

  const dearer = [{ categoryId: 'C', prices: { adult: 1200, child: 600 } }];
  const changed = saleOf(areas, { categories: dearer, name: 'Hamlet II', buyerLimit: 2 });
  t.same(await desk.define(changed), { created: false });
  t.match(await desk.place('b', [{ areaId: 'floor', quantity: 1 }]), { ok: false, reason: 'buyer_limit' });
  await desk.place('c', [{ areaId: 'floor', quantity: 1 }], { buyerId: 'another' });
  const { events, areas: counts } = await desk.check();
  t.match(events.at(-1), { type: 'hold.placed', data: { total: 1200 } });
  t.same(counts['floor'], { free: 2, held: 3, sold: 0 }, 'what is held stays held');
  t.ok((await desk.confirm('a', 'o1')).ok);
  const { events: more } = await desk.check();
  t.match(more.at(-1), { data: { total: 2000 } }, 'a hold keeps the price it was placed at');
});

t.test('a closed sale does not change', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  await desk.move('close');
  const before = await desk.dump();
  t.same(await desk.define(saleOf([floorOf(5)], { name: 'Macbeth' })), { reason: 'sale_closed' });
  t.same(await desk.dump(), before);
});

t.test('two operators change one sale at once: both changes are judged, none is lost unseen', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const redisUrl = redisUrlOf(desk);
  const other = await openDesk(t, saleOf([floorOf(5)]), { redisUrl });
  const answers = await Promise.all([
    desk.define(saleOf([floorOf(5)], { name: 'One' })),
    other.define(saleOf([floorOf(5)], { name: 'Two' })),
  ]);
  t.same(answers, [{ created: false }, { created: false }]);
  const { events } = await desk.check();
  const versions = events.flatMap((event) => (event.type === 'sale.defined' ? [event.data.version] : []));
  t.same(versions, [1, 2, 3]);
});

t.test('states', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]), { isOpen: false });
  const steps: ['open' | 'pause' | 'resume' | 'close', string, string][] = [
    ['pause', 'sale_not_open', 'draft'],
    ['resume', 'sale_not_open', 'draft'],
    ['open', 'ok', 'open'],
    ['open', 'ok', 'open'],
    ['resume', 'ok', 'open'],
    ['pause', 'ok', 'paused'],
    ['pause', 'ok', 'paused'],
    ['open', 'sale_paused', 'paused'],
    ['resume', 'ok', 'open'],
    ['close', 'ok', 'closed'],
    ['close', 'ok', 'closed'],
    ['open', 'sale_closed', 'closed'],
    ['pause', 'sale_closed', 'closed'],
    ['resume', 'sale_closed', 'closed'],
  ];
  for (const [verb, answer, state] of steps) {
    t.equal(await desk.move(verb), answer, `${verb} in the state before ${state}`);
    t.equal((await desk.check()).fold.state, state);
  }
  const { events } = await desk.check();
  t.same(events.map(({ type }) => type),
    ['sale.defined', 'sale.opened', 'sale.paused', 'sale.resumed', 'sale.closed'], 'a repeat makes no event');
});

t.test('a draft can be closed before it was ever open', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]), { isOpen: false });
  t.equal(await desk.move('close'), 'ok');
  t.equal((await desk.check()).fold.state, 'closed');
});

t.test('a sale that is suspended refuses everything; its snapshot can be read', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 3)])]));
  await desk.place('a', [{ areaId: 'hall', bestAvailable: 1 }]);
  await desk.setHoldMs(1);
  await desk.place('lapsed', [{ areaId: 'hall', bestAvailable: 1 }]);
  await desk.awaitLapse();
  const k = saleKeys(desk.partition, 'hamlet');
  t.equal(await desk.stock.suspend(desk.partition, 'hamlet', 'operator'), 'suspended');
  t.equal(await desk.stock.suspend(desk.partition, 'hamlet', 'script_error'), 'already');
  const before = await desk.dump();
  t.equal(await desk.move('open'), 'recovering');
  t.equal(await desk.expire(), 'recovering');
  t.same(await desk.define(saleOf([floorOf(5)])), { reason: 'recovering' });
  t.match(await desk.extend('a', 'k'), { reason: 'recovering' });
  t.match(await desk.change('a', { items: [{ seatIds: ['A3'] }] }), { reason: 'recovering' });
  t.match(await desk.confirm('a', 'o'), { reason: 'recovering' });
  t.match(await desk.release('a'), { reason: 'recovering' });
  t.match(await desk.place('a', [{ seatIds: ['A3'] }]), { reason: 'recovering' }, 'a repeat as well');
  t.same(await desk.dump(), before);

  const read = (wantsSeats: number) =>
    runRaw(desk.redis, 'snapshot-sale', [k.sale, k.areas, k.seats], [wantsSeats]);
  t.match(await read(1), ['recovering', '1', '0', '5', /./, ['0', '1 2 0'], /hh/]);
  t.match(await read(0), ['recovering', '1', '0', '5', /./, ['0', '1 2 0'], '']);
  const none = saleKeys(desk.partition, 'nothing');
  t.equal(await runRaw(desk.redis, 'snapshot-sale', [none.sale, none.areas, none.seats], [1]), null);
});

t.test('verbs on a sale that does not exist', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const before = await desk.dump();
  for (const verb of ['open', 'pause', 'resume', 'close']) {
    const args = ['c 0', 'nothing'];
    const keys = saleKeyList(desk.partition, 'nothing');
    const answer = await desk.stock.call(desk.partition, `${verb}-sale`, keys, args);
    t.equal(answer, 'sale_unknown');
  }
  t.same(await desk.dump(), before);
});
