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
    () => desk.place('b', one), () => desk.confirm('b', 'o'), () => desk.expire(),
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

t.test('a Redis without the scripts is given them', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  await desk.redis.script('FLUSH');
  const answers = await Promise.all([desk.place('a', one), desk.place('b', one), desk.expire()]);
  t.match(answers, [{ ok: true }, { ok: true }, 0]);
  await desk.check();
});
