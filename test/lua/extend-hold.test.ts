import t from 'tap';
import { EXTENDS_COUNT_MAX } from '../../services/selling/stock.ts';
import type { Answer } from '../../services/selling/stock.ts';
import { floorOf, openDesk, saleOf } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';

const one = [{ areaId: 'floor', quantity: 1 }];

/** Until when the hold lives, after an extension that was granted. */
function untilMs(answer: Answer): number {
  if (!answer.ok) throw new Error(`not extended: ${answer.reason}`);
  return Number(answer.text.split('\t')[0]);
}

t.test('given a live hold, when it is extended, then it has its full time again', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  const placed = await desk.place('a', one);
  if (!placed.ok) throw new Error(placed.reason);
  const firstMs = placed.hold.expiresAtMs;
  await new Promise((resolve) => setTimeout(resolve, 5));
  const extended = await desk.extend('a', 'k1');
  t.ok(untilMs(extended) > firstMs);

  const before = await desk.dump();
  t.equal(untilMs(await desk.extend('a', 'k1')), untilMs(extended), 'the same key extends once');
  t.same(await desk.dump(), before);
  await desk.resend();
  t.same(await desk.dump(), before);

  await new Promise((resolve) => setTimeout(resolve, 5));
  t.ok(untilMs(await desk.extend('a', 'k2')) > untilMs(extended), 'another key extends again');
  t.equal(untilMs(await desk.extend('a', 'k1')), untilMs(extended), 'and the first key keeps its answer');
  const { events } = await desk.check();
  const extensions = events.filter((event) => event.type === 'hold.extended').map((event) => event.data);
  t.match(extensions, [
    { holdId: 'a', buyerId: 'buyer', key: 'k1', expiresAt: new Date(untilMs(extended)).toISOString() },
    { holdId: 'a', buyerId: 'buyer', key: 'k2' },
  ]);
  t.equal(extensions.length, 2);
});

t.test('an extended hold never lives past its cap, nor shorter than before', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  await desk.setHoldMs(60_000, 60_002);
  const placed = await desk.place('a', one);
  if (!placed.ok) throw new Error(placed.reason);
  const { expiresAtMs, expiresAtMaxMs } = placed.hold;
  t.equal(expiresAtMaxMs, expiresAtMs + 2);
  await new Promise((resolve) => setTimeout(resolve, 10));
  t.equal(untilMs(await desk.extend('a', 'k1')), expiresAtMaxMs);
  t.equal(untilMs(await desk.extend('a', 'k2')), expiresAtMaxMs);
  await desk.setHoldMs(1);
  const third = await desk.extend('a', 'k3');
  t.equal(untilMs(third), expiresAtMaxMs, 'a sale with shorter holds takes no time away');
  await desk.check();
});

t.test('one extension more than a hold may have is refused', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  await desk.place('a', one);
  for (let i = 0; i < EXTENDS_COUNT_MAX; i++) t.ok((await desk.extend('a', `k${i}`)).ok);
  await refuses(t, desk, () => desk.extend('a', 'more'), 'hold_extend_limit',
    String(EXTENDS_COUNT_MAX));
  t.ok((await desk.extend('a', 'k0')).ok, 'a repeat is none more');
  await desk.check();
});

t.test('after closesAt nothing is extended; a repeat keeps its answer, and the hold its time', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  await desk.place('a', one);
  const untilFirstMs = untilMs(await desk.extend('a', 'k1'));
  await desk.define(saleOf([floorOf(5)], { closesAt: '2001-01-01T00:00:00Z' }));
  await refuses(t, desk, () => desk.extend('a', 'k2'), 'sale_closed');
  t.equal(untilMs(await desk.extend('a', 'k1')), untilFirstMs);
  t.ok((await desk.confirm('a', 'o1')).ok);
  await desk.check();
});

t.test('a hold that is not live, or not the caller\'s, is not extended', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  for (const id of ['live', 'released', 'ordered']) await desk.place(id, one);
  const kept = await desk.extend('released', 'k');
  await desk.release('released');
  await desk.confirm('ordered', 'o1');
  await desk.setHoldMs(20);
  await desk.place('lapsed', one);
  await desk.awaitLapse();
  await refuses(t, desk, () => desk.extend('nobody', 'k'), 'hold_unknown');
  await refuses(t, desk, () => desk.extend('live', 'k', 'another'), 'hold_unknown');
  await refuses(t, desk, () => desk.extend('released', 'k2'), 'hold_released');
  await refuses(t, desk, () => desk.extend('ordered', 'k'), 'hold_ordered', 'o1');
  await refuses(t, desk, () => desk.extend('lapsed', 'k'), 'hold_expired');
  t.equal(await desk.expire(), 1);
  await refuses(t, desk, () => desk.extend('lapsed', 'k'), 'hold_expired');
  const again = await desk.extend('released', 'k');
  t.equal(untilMs(again), untilMs(kept), 'what was granted is granted again, whatever came after');
  await desk.check();
});

t.test('extensions by state of the sale', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  await desk.place('a', one);
  await desk.move('pause');
  t.ok((await desk.extend('a', 'paused')).ok);
  await desk.move('close');
  await refuses(t, desk, () => desk.extend('a', 'closed'), 'sale_closed');
  await desk.check();
});

t.test('several extensions in one call', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]));
  await Promise.all([desk.place('a', one), desk.place('b', one)]);
  const answers = await Promise.all(['a', 'b', 'a', 'x', 'b'].map((id, i) => desk.extend(id, `k${i % 2}`)));
  t.same(answers.map((answer) => answer.ok), [true, true, true, false, true]);
  const { events } = await desk.check();
  const extensions = events.filter(({ type }) => type === 'hold.extended');
  t.equal(extensions.length, 3, 'a/k0, b/k1, b/k0; a/k0 again is none');
});
