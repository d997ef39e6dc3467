import t from 'tap';
import { addCodes } from '../../services/selling/add-codes.ts';
import { accessDigestOf } from '../../services/selling/derive-id.ts';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, openDesk, saleOf } from '../harness/open-desk.ts';
import type { Desk } from '../harness/open-desk.ts';
import { readEvents } from '../harness/read-stock.ts';
import { refuses } from '../harness/refuses.ts';

const idSecret = 's'.repeat(32);
const digest = (code: string) => accessDigestOf(idSecret, 'hamlet', code);
const add = ({ stock, directory }: Desk, request: Parameters<typeof addCodes>[2], saleId = 'hamlet') =>
  addCodes({ stock, directory, idSecret }, saleId, request, 'operator:ann 0');
const input = (channelIds = ['partner', 'office']) => saleOf([floorOf(10)], {
  channels: channelIds.map((channelId) => ({ channelId, allocations: [{ areaId: 'floor', quantity: 5 }] })),
});
const stored = ({ redis, partition }: Desk) => redis.hgetall(saleKeys(partition, 'hamlet').codes);

t.test('codes open their channels; only digests are kept', async (t) => {
  const desk = await openDesk(t, input());
  t.same(await add(desk, { channelIds: ['office'], codes: ['one', 'two', 'one'] }),
    { codes: ['one', 'two', 'one'], added: 2 });
  t.same(await stored(desk), { [digest('one')]: 'B 1 0 0', [digest('two')]: 'B 1 0 0' });
  t.match((await readEvents(desk)).at(-1), { type: 'codes.added', data: { codes: [
    { digest: digest('one'), channelIds: ['office'], usesMax: 1, usesPerBuyerMax: 0 },
    { digest: digest('two') }] } });
  t.notMatch(JSON.stringify(await readEvents(desk)), /"one"/);
  t.match(await desk.place('a', [{ areaId: 'floor', quantity: 1 }]), { reason: 'sold_out' });
  const shown = { accessDigest: digest('one') };
  t.match(await desk.place('b', [{ areaId: 'floor', quantity: 1 }], shown), { ok: true });
  t.match(await desk.place('c', [{ areaId: 'floor', quantity: 1 }], shown),
    { reason: 'access_code_used', detail: 'c' });
  await desk.release('b');
  t.match(await desk.place('d', [{ areaId: 'floor', quantity: 1 }], shown), { ok: true });
  await desk.check();
});

t.test('a code of many uses has so many for one buyer, held or bought', async (t) => {
  const desk = await openDesk(t, input());
  await add(desk, { channelIds: ['office'], usesMax: 4, usesPerBuyerMax: 2, codes: ['x'] });
  const shown = { accessDigest: digest('x') };
  const one = [{ areaId: 'floor', quantity: 1 }];
  for (const id of ['a', 'b']) t.ok((await desk.place(id, one, shown)).ok);
  await desk.confirm('a', 'o');
  await refuses(t, desk, () => desk.place('c', one, shown), 'access_code_used', 'b');
  await desk.release('b');
  t.ok((await desk.place('d', one, shown)).ok, 'what is given back may be used again');
  for (const id of ['e', 'f']) t.ok((await desk.place(id, one, { ...shown, buyerId: 'other' })).ok);
  await refuses(t, desk, () => desk.place('g', one, { ...shown, buyerId: 'third' }), 'access_code_used', 'c');
  await desk.check();
});

t.test('a code without a limit is never used up, and a promotion without one neither', async (t) => {
  const promotions = [{ promotionId: 'half', code: 'HALF', percent: 50 }];
  const desk = await openDesk(t, { ...input(), promotions });
  await add(desk, { channelIds: ['office'], usesMax: 0, codes: ['x'] });
  const shown = { accessDigest: digest('x'), promotionCode: 'HALF' };
  const one = [{ areaId: 'floor', quantity: 1 }];
  for (const id of ['a', 'b', 'c']) t.ok((await desk.place(id, one, shown)).ok);
  t.same(await stored(desk), { [digest('x')]: 'B 0 0 3', [`${digest('x')}/buyer`]: '3',
    'p:half': '3', 'p:half/buyer': '3' });
  await desk.check();
});

t.test('again is nothing; with other limits it is refused, all of it', async (t) => {
  const desk = await openDesk(t, input());
  await add(desk, { channelIds: ['office', 'partner'], usesMax: 0, usesPerBuyerMax: 2, codes: ['x'] });
  await desk.place('a', [{ areaId: 'floor', quantity: 1 }], { accessDigest: digest('x') });
  const before = await desk.dump();
  t.same(await add(desk, { channelIds: ['partner', 'office'], usesMax: 0, usesPerBuyerMax: 2, codes: ['x'] }),
    { codes: ['x'], added: 0 });
  for (const other of [
    { channelIds: ['office'], usesMax: 0, usesPerBuyerMax: 2 },
    { channelIds: ['office', 'partner'], usesMax: 1, usesPerBuyerMax: 2 },
    { channelIds: ['office', 'partner'], usesMax: 0 },
  ]) {
    t.same(await add(desk, { ...other, codes: ['new', 'new', 'x'] }),
      { reason: 'code_exists', extra: { codes: ['x'] } });
  }
  t.match(await add(desk, { channelIds: ['nobody'], codes: ['y'] }), { reason: 'channel_unknown' });
  t.match(await add(desk, { channelIds: ['office'] }), { reason: 'request_invalid' });
  t.match(await add(desk, { channelIds: ['office'], codes: ['y'], generate: 1 }),
    { reason: 'request_invalid' });
  t.same(await desk.dump(), before);
  t.match(await add(desk, { channelIds: ['office'], codes: ['y'] }, 'none'),
    { reason: 'sale_unknown' });
  await desk.move('close');
  t.match(await add(desk, { channelIds: ['office'], codes: ['y'] }),
    { refusal: { reason: 'sale_closed' } });
  await desk.check();
});

t.test('five thousand codes at once, in events of bounded size', async (t) => {
  const desk = await openDesk(t, input());
  const made = await add(desk, { channelIds: ['partner'], generate: 5_000 });
  if (!('codes' in made)) throw new Error(JSON.stringify(made));
  t.equal(made.added, 5_000);
  t.equal(new Set(made.codes).size, 5_000);
  t.ok(made.codes.every((code) => /^[A-HJ-NP-Z2-9]{12}$/.test(code)));
  t.equal(Object.keys(await stored(desk)).length, 5_000);
  const sizes = (await readEvents(desk)).flatMap((event) =>
    (event.type === 'codes.added' ? [event.data.codes.length] : []));
  t.same(sizes, Array.from({ length: 10 }, () => 500));
  const shown = { accessDigest: digest(made.codes[4_999] ?? '') };
  t.match(await desk.place('a', [{ areaId: 'floor', quantity: 1 }], shown), { ok: true });
  await desk.check();
});

t.test('a draft whose channels change keeps its codes with their channels', async (t) => {
  const desk = await openDesk(t, input(), { isOpen: false });
  await add(desk, { channelIds: ['partner'], usesMax: 7, codes: ['p'] });
  await add(desk, { channelIds: ['office', 'partner'], codes: ['both'] });
  await desk.define(input(['new', 'partner']));
  t.same(await stored(desk), { [digest('p')]: 'B 7 0 0', [digest('both')]: 'B 1 0 0' });
  await desk.define(input(['partner', 'new']));
  t.same(await stored(desk), { [digest('p')]: 'A 7 0 0', [digest('both')]: 'A 1 0 0' });
  await desk.check();
});
