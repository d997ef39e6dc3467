import t from 'tap';
import { partitionKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, openDesk, saleOf } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';

const one = [{ areaId: 'floor', quantity: 1 }];

t.test('a Redis of another generation is never written to by a caller who does not know it', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  await desk.place('a', one);
  const { generation } = partitionKeys(desk.partition);
  await desk.redis.del(generation);
  await refuses(t, desk, () => desk.place('b', one), 'recovering');
  await refuses(t, desk, () => desk.release('a'), 'recovering');
  await refuses(t, desk, () => desk.extend('a', 'k'), 'recovering');
  await refuses(t, desk, () => desk.confirm('a', 'o'), 'recovering');
  await refuses(t, desk, () => desk.change('a', { items: one.concat(one) }), 'recovering');
  await refuses(t, desk, () => desk.expire(), 'recovering');
  await refuses(t, desk, () => desk.move('close'), 'recovering');
  t.same(await desk.define(saleOf([floorOf(6)])), { reason: 'recovering' });

  await desk.redis.set(generation, 'g2');
  await new Promise((resolve) => setTimeout(resolve, 150));
  t.ok((await desk.place('b', one)).ok, 'the generation in force is learnt, not cached for ever');
  t.ok((await desk.release('b')).ok);
  await desk.check();
});

t.test('a call that carries an old generation is refused, whatever it is', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]), { isOpen: false });
  const calls: (() => Promise<unknown>)[] = [
    () => desk.move('open'),
    () => desk.place('a', one), () => desk.extend('a', 'k'), () => desk.release('a'),
    () => desk.place('b', [{ areaId: 'floor', quantity: 2 }]), () => desk.change('b', { release: one }),
    () => desk.confirm('b', 'o'), () => desk.expire(),
    () => desk.move('pause'), () => desk.move('resume'),
    () => desk.define(saleOf([floorOf(5)], { name: 'Macbeth' })), () => desk.move('close'),
  ];
  const { generation } = partitionKeys(desk.partition);
  for (const call of calls) {
    await call();
    await desk.redis.set(generation, 'another');
    await refuses(t, desk, () => desk.resend(), 'recovering');
    await desk.redis.set(generation, 'g1');
  }
  await desk.check();
});

t.test('the ids of the events of a call hold its nonce, the sale\'s number and the event\'s', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(9)]), { isOpen: false });
  const evalsha = desk.redis.evalsha.bind(desk.redis) as (...args: unknown[]) => Promise<unknown>;
  let nonce = '';
  desk.redis.evalsha = async (...args: unknown[]) => {
    const [, keyCount, values] = args as [string, number, string[]];
    nonce = values[keyCount + 1] ?? '';
    return evalsha(...args);
  };
  const calls: (() => Promise<unknown>)[] = [
    () => desk.move('open'), () => desk.place('a', one), () => desk.extend('a', 'k'),
    () => desk.change('a', { items: [{ areaId: 'floor', quantity: 2 }] }), () => desk.confirm('a', 'o'),
    () => desk.place('b', one), () => desk.release('b'),
    async () => { await desk.setHoldMs(5); await desk.place('c', one); },
    async () => { await desk.awaitLapse(); await desk.expire(); },
    () => desk.move('pause'), () => desk.move('resume'), () => desk.move('close'), () => desk.move('reopen'),
    () => desk.define(saleOf([floorOf(9)], { name: 'Macbeth' })),
  ];
  for (const [i, call] of calls.entries()) {
    await call();
    const { events } = await desk.check();
    t.equal(events.length, i + 2, 'one event each, after the definition');
    t.match(events.at(-1)?.id, new RegExp(`^${nonce}-\\d{16}-1-1$`));
  }
});

t.test('a Redis without the scripts is given them', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  await desk.redis.script('FLUSH');
  const answers = await Promise.all([desk.place('a', one), desk.place('b', one), desk.expire()]);
  t.match(answers, [{ ok: true }, { ok: true }, 0]);
  await desk.check();
});
