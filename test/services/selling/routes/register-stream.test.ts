import * as fc from 'fast-check';
import tap from 'tap';
import { awaitThat } from '../../../harness/await-that.ts';
import { floorOf, hallOf, rowOf, saleOf } from '../../../harness/open-desk.ts';
import { openEventStream } from '../../../harness/open-event-stream.ts';
import type { EventClient } from '../../../harness/open-event-stream.ts';
import { openShop } from '../../../harness/open-shop.ts';
import type { Teardown } from '../../../harness/teardown.ts';
import { loadBrowserModule } from '../../checkout/load-browser-module.ts';

/** What a watcher is told, over real sockets, from a real Redis; patched by the page's own code. */
interface Copy { seq: number; state: string; areas: { areaId: string; states?: string }[] }
type PatchSale = (copy: Copy, change: unknown) => Copy | undefined;
const { patchSale } = await loadBrowserModule<{ patchSale: PatchSale }>('patch-sale.js');

const shop = await openShop(tap);
const hall = hallOf([rowOf('A', 6), rowOf('B', 5, { aisleAfter: [2] })]);
const sale = saleOf([hall, floorOf(12), hallOf([rowOf('C', 4)], 'box')]);
const open = (t: Teardown, saleId: string, lastId?: string): Promise<EventClient> =>
  openEventStream(t, `${shop.selling.url}/v1/sales/${saleId}/stream`, lastId);
const hold = (saleId: string, items: object[]) =>
  shop.call('POST', `/v1/sales/${saleId}/holds`, { body: { buyerId: 'b', items } });

/** The sale after each event, by seq; throws where a change does not follow what was before. */
function replay({ events }: EventClient): Map<number, Copy> {
  const bySeq = new Map<number, Copy>();
  let copy: Copy | undefined;
  for (const { event, id, data } of events) {
    if (event === 'reset') continue;
    copy = event === 'snapshot' ? data as unknown as Copy : copy && patchSale(copy, data);
    if (copy === undefined) throw new Error(`nothing that ${JSON.stringify(data)} could follow`);
    if (id !== `0-${copy.seq}`) throw new Error(`seq ${copy.seq} has the id ${id}`);
    bySeq.set(copy.seq, copy);
  }
  return bySeq;
}

const seatIds = fc.subarray([1, 2, 3, 4, 5, 6].map((n) => `A${n}`).concat(['B1', 'B3', 'C2', 'C4']),
  { minLength: 1, maxLength: 5 });
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('seats' as const), seatIds }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('floor' as const), quantity: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), nth: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
);

tap.test('changes, applied in order, are what availability and seats say at every seq', async (t) => {
  let saleCount = 0;
  await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
    const saleId = `p${saleCount++}`;
    await shop.sell(saleId, sale);
    const watcher = await open(t, saleId);
    await watcher.nth(0);
    const said: Copy[] = [];
    const holdIds: string[] = [];
    const look = async () => {
      const seats = await shop.call('GET', `/v1/sales/${saleId}/seats`);
      const available = await shop.call('GET', `/v1/sales/${saleId}/availability`);
      said.push(joined(seats.body as unknown as Copy, available.body as unknown as Copy));
    };
    for (const one of commands) {
      if (one.kind === 'look') await look();
      else if (one.kind === 'pause') {
        await shop.call('POST', `/admin/v1/sales/${saleId}/pause`);
        await shop.call('POST', `/admin/v1/sales/${saleId}/resume`);
      } else if (one.kind === 'release') {
        const [holdId] = holdIds.splice(one.nth % Math.max(1, holdIds.length), 1);
        if (holdId !== undefined) await shop.call('DELETE', `/v1/sales/${saleId}/holds/${holdId}?buyerId=b`);
      } else {
        const item = one.kind === 'seats' ? { seatIds: one.seatIds }
          : { areaId: 'floor', quantity: one.quantity + 1 };
        const { status, body } = await hold(saleId, [item]);
        if (status === 201) holdIds.push(String(body['holdId']));
      }
    }
    await look();
    const last = said.at(-1);
    const bySeq = await awaitThat(`seq ${last?.seq} on the stream`, () => {
      const copies = replay(watcher);
      return copies.has(last?.seq ?? -1) && copies;
    });
    for (const copy of said) if (bySeq.has(copy.seq)) t.same(bySeq.get(copy.seq), copy);
    watcher.close();
  }), { numRuns: 12 });
});

/** Both bodies as the stream says them; with nothing going on they are of one seq. */
function joined(seats: Copy, available: Copy): Copy {
  if (seats.seq !== available.seq) throw new Error('seats and availability differ though nothing happened');
  const states = new Map(seats.areas.map((area) => [area.areaId, area.states]));
  return { ...available, areas: available.areas.map((area) => {
    const ofArea = states.get(area.areaId);
    return ofArea === undefined ? area : { ...area, states: ofArea };
  }) };
}

tap.test('who comes back gets what was missed, or everything when that is not known', async (t) => {
  await shop.sell('back', saleOf([hall, floorOf(12)]));
  const first = await open(t, 'back');
  t.match(first.headers, { 'content-type': 'text/event-stream', 'cache-control': /no-store/ });
  const { id, event } = await first.nth(0);
  t.match(first.text(), /^retry: \d{4}\n\n/);
  t.same([event, first.events.length], ['snapshot', 1]);
  await hold('back', [{ seatIds: ['A1', 'A2'] }]);
  t.match(await first.nth(1), { event: 'change', id: '0-4', data: { seq: 4, prev: 3, state: 'open',
    areas: [{ areaId: 'hall', free: 9, held: 2, sold: 0, seats: [[0, 'hh']] }] } });
  first.close();
  await hold('back', [{ areaId: 'floor', quantity: 2 }]);

  const again = await open(t, 'back', id);
  const seqs = [await again.nth(0), await again.nth(1)].map(({ data }) => [data['prev'], data['seq']]);
  t.same(seqs, [[3, 4], [4, 5]], 'both changes, the one known to the other connection as well');
  const current = await open(t, 'back', '0-5');
  await hold('back', [{ areaId: 'floor', quantity: 1 }]);
  t.match(await current.nth(0), { event: 'change', data: { prev: 5, seq: 6 } }, 'nothing before');

  for (const unknown of ['0-1', '7-5', '0-99', 'x'.repeat(5_000)]) {
    const lost = await open(t, 'back', unknown);
    t.match(await lost.nth(0), { event: 'reset', data: { reason: 'missed', seq: 6 } });
    t.match(await lost.nth(1), { event: 'snapshot', id: '0-6', data: { seq: 6 } });
  }
});

tap.test('a definition that changes, and a sale that is suspended, are told', async (t) => {
  await shop.sell('new', sale);
  const watcher = await open(t, 'new');
  await watcher.nth(0);
  await shop.call('PUT', '/admin/v1/sales/new', { body: { ...sale, name: 'Othello' } });
  t.match(await watcher.nth(1), { event: 'reset', data: { reason: 'definition' } });
  const { event, data } = await watcher.nth(2);
  t.equal(event, 'snapshot');
  await shop.redis.hset('{p' + partOf(await shop.redis.keys('*:new:sale')), 'state', 'recovering');
  t.match(await watcher.nth(3), { event: 'change',
    data: { prev: data['seq'], seq: data['seq'], state: 'recovering', areas: [] } });
  const seats = await shop.call('GET', '/v1/sales/new/seats');
  t.equal(seats.headers.get('etag'), null, 'its id does not tell that it is suspended');
  t.equal(seats.headers.get('cache-control'), 'no-store');
});

function partOf(keys: string[]): string {
  return (keys[0] ?? '').slice(2);
}

tap.test('what cannot be watched is refused as everywhere else', async (t) => {
  t.match(await shop.call('GET', '/v1/sales/nothing/stream'),
    { status: 404, body: { code: 'sale_unknown' } });
  t.match(await shop.call('GET', '/v1/sales/UPPER/stream'),
    { status: 400, body: { code: 'request_invalid' } });
  t.equal((await fetch(`${shop.selling.url}/v1/sales/back/stream`, { method: 'HEAD' })).status, 404);
  const few = await shop.startAnother({ STREAMS_MAX: '2' });
  const address = `${few.url}/v1/sales/back/stream`;
  const [one] = await Promise.all([openEventStream(t, address), openEventStream(t, address)]);
  const refused = await shop.call('GET', '/v1/sales/back/stream', { url: few.url });
  t.match(refused, { status: 503, body: { code: 'overloaded' } });
  t.equal(refused.headers.get('retry-after'), '1');
  one.close();
  await awaitThat('room', async () => {
    const next = await openEventStream(t, address);
    if (next.status !== 200) next.close();
    return next.status === 200;
  });
});

tap.test('a process that stops ends its streams and waits for none', async (t) => {
  const other = await shop.startAnother();
  const address = `${other.url}/v1/sales/back/stream`;
  const watchers = await Promise.all(Array.from({ length: 20 }, () => openEventStream(t, address)));
  await Promise.all(watchers.map((watcher) => watcher.nth(0)));
  await other.stop();
  await awaitThat('the end of all streams', () => watchers.every((watcher) => watcher.isEnded()));
});
