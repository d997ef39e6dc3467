import t from 'tap';
import { linkKey, linkKeysOf, linksOf, seatLink } from '../../../../services/shared/contracts/event-links.ts';
import { placeChunks } from '../../../../services/shared/event-store/place-chunks.ts';
import { readLinked } from '../../../../services/shared/event-store/read-linked.ts';
import { readHead, readSale } from '../../../../services/shared/event-store/read-sale.ts';
import type { StoredEvent } from '../../../../services/shared/event-store/stored-event.ts';
import { checkHead, verifyChain } from '../../../../services/shared/event-store/verify-chain.ts';
import type { ChainFault } from '../../../../services/shared/event-store/verify-chain.ts';
import { createLog } from '../../../../services/shared/platform/log.ts';
import { connectPg } from '../../../../services/shared/platform/pg.ts';
import type { Pool } from '../../../../services/shared/platform/pg.ts';
import { EventChain } from '../../../harness/event-chain.ts';
import { storeEvents } from '../../../harness/store-events.ts';
import type { Teardown } from '../../../harness/teardown.ts';
import { openTestStack } from '../../../stack.ts';

const KEY = Buffer.alloc(32, 7).toString('base64url');

async function openPool(t: Teardown): Promise<Pool> {
  const stack = await openTestStack(t);
  const log = createLog({ name: 'test', level: 'silent' });
  const pool = connectPg(stack.databaseUrl, { name: 'test', log, poolMax: 6 });
  t.teardown(() => pool.end());
  return pool;
}

async function gather(batches: AsyncIterable<StoredEvent[]>): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const batch of batches) events.push(...batch);
  return events;
}

const seqs = async (batches: AsyncIterable<StoredEvent[]>): Promise<number[]> =>
  (await gather(batches)).map(({ seq }) => seq);

/** As an auditor does it: the chain, then whether it ends where the head says. */
async function verify(pool: Pool, saleId: string): Promise<ChainFault | undefined> {
  const end = verifyChain(saleId, await gather(readSale(pool, saleId)));
  const head = await readHead(pool, saleId);
  if (head === undefined) throw new Error('no head');
  return 'fault' in end ? end.fault : checkHead(end, head);
}

t.test('a sale is read forwards and backwards, in parts, by type and time, in any batches', async (t) => {
  const pool = await openPool(t);
  const sale = new EventChain('hamlet', KEY);
  await storeEvents(pool, sale.open());
  const events = Array.from({ length: 17 }, (_, i) => ({
    ...sale.next(i % 5 === 0 ? 'sale.paused' : 'sale.resumed', {}), time: `2026-11-23T10:00:${10 + i}.000Z`,
  }));
  await storeEvents(pool, events);
  const forwards = Array.from({ length: 20 }, (_, i) => i + 1);
  for (const batchCountMax of [1, 3, 20, 1_000]) {
    t.same(await seqs(readSale(pool, 'hamlet', { batchCountMax })), forwards);
    t.same(await seqs(readSale(pool, 'hamlet', { batchCountMax, isBackwards: true })), forwards.toReversed());
    t.same(await seqs(readSale(pool, 'hamlet', { batchCountMax, after: 4, through: 9 })), [5, 6, 7, 8, 9]);
    t.same(await seqs(readSale(pool, 'hamlet', { batchCountMax, types: ['sale.paused'] })), [4, 9, 14, 19]);
  }
  const fromTime = new Date('2026-11-23T10:00:12Z');
  const toTime = new Date('2026-11-23T10:00:15Z');
  t.same(await seqs(readSale(pool, 'hamlet', { fromTime, toTime })), [6, 7, 8]);
  t.same(await seqs(readSale(pool, 'nobody')), []);
});

t.test('an event has a position once it is placed, and comes as of today if asked', async (t) => {
  const pool = await openPool(t);
  const sale = new EventChain('hamlet', KEY);
  const { dataschema: _, ...old } = sale.next('sale.paused', {});
  await storeEvents(pool, [{ ...old, sequence: '1' }]);
  const [before] = await gather(readSale(pool, 'hamlet'));
  t.equal(before?.position, undefined);
  t.notOk(before?.event.dataschema);
  await placeChunks(pool);
  await storeEvents(pool, [{ ...sale.next('sale.resumed', {}), type: 'sale.dreamt' }]);
  const [after, unknown] = await gather(readSale(pool, 'hamlet', { isUpcast: true }));
  t.equal(after?.position, 1);
  t.equal(after?.event.dataschema, 'urn:onsale:event:sale.paused:1');
  t.equal(unknown?.event.type, 'sale.dreamt', 'an unknown type passes by');
});

t.test('orders, holds, buyers and seats lead to exactly their events', async (t) => {
  const pool = await openPool(t);
  const all = [];
  for (const saleId of ['hamlet', 'tempest']) {
    const sale = new EventChain(saleId, KEY);
    const [first, second] = [sale.hold(2, ['b-1', 'b-2']), sale.hold(1, ['b-3'])];
    const events = [first.event, second.event, await sale.confirm(first), sale.release(second),
      sale.hold(1, ['b-3']).event];
    for (const i of [0, 2]) Object.assign(events[i]?.data ?? {}, { buyerId: 'ann' });
    await storeEvents(pool, events);
    all.push({ saleId, holdId: first.holdId });
  }
  t.same(await gather(readLinked(pool, ['buyer:ann'])), [], 'in no order yet');
  await placeChunks(pool);
  const found = async (link: string, saleId?: string): Promise<string[]> =>
    (await gather(readLinked(pool, [link], { batchCountMax: 2, ...saleId !== undefined && { saleId } })))
      .map((event) => `${event.saleId} ${event.seq}`);
  const [{ holdId } = { holdId: '' }] = all;
  t.same(await found(`hold:${holdId}`), ['hamlet 1', 'hamlet 3']);
  t.same(await found(`order:o_${holdId.slice(2)}`, 'hamlet'), ['hamlet 3']);
  t.same(await found(`order:o_${holdId.slice(2)}`, 'tempest'), []);
  t.same(await found('buyer:ann'), ['hamlet 1', 'hamlet 3', 'tempest 1', 'tempest 3']);
  t.same(await found(seatLink('tempest', 'b-3'), 'tempest'), ['tempest 2', 'tempest 4', 'tempest 5']);
  t.same(await found(seatLink('hamlet', 'b-1')), ['hamlet 1', 'hamlet 3']);
  t.same(await found('seat:hamlet/b-99'), []);
  const linked = gather(readLinked(pool, ['buyer:ann', seatLink('tempest', 'b-3')], { from: 2 }));
  t.same((await linked).map(({ position }) => position), [3, 6, 7, 8, 9, 10], 'several links, in one order');
});

t.test('two links of one key are told apart by what the event says', async (t) => {
  const pool = await openPool(t);
  const sale = new EventChain('hamlet', KEY);
  const { event } = sale.hold(1, ['b-1']);
  await storeEvents(pool, [event]);
  await pool.query('UPDATE event_store.events SET links = links || $1::integer', [linkKey('buyer:somebody')]);
  await placeChunks(pool);
  t.same(await gather(readLinked(pool, ['buyer:somebody'])), []);
  t.same(linkKeysOf(event).split(',').map(Number), linksOf(event).map(linkKey));
});

t.test('two appenders at once: one of them has its events stored, and the chain is whole', async (t) => {
  const pool = await openPool(t);
  for (let round = 0; round < 10; round++) {
    const sale = new EventChain(`sale-${round}`, KEY);
    await storeEvents(pool, sale.open());
    const before = sale.head;
    const rivals = await Promise.allSettled([1, 2, 3].map(async (count) => {
      sale.head = before;
      await storeEvents(pool, Array.from({ length: count }, () => sale.next('sale.paused', {})));
    }));
    t.equal(rivals.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const rival of rivals) if (rival.status === 'rejected') t.match(rival.reason, { code: '23505' });
    t.equal(await verify(pool, sale.saleId), undefined);
  }
});

t.test('whatever is changed in the table is found', async (t) => {
  const pool = await openPool(t);
  const sale = new EventChain('hamlet', KEY);
  await storeEvents(pool, sale.open());
  await storeEvents(pool, await sale.traffic(4));
  // What JSON and PostgreSQL could store otherwise than it came.
  await storeEvents(pool, [
    { ...sale.next('sale.paused', {}), time: '2026-11-23T20:00:00.123456789+01:00' },
    { ...sale.next('sale.resumed', {}), data: { 'é\u0000': '\ud800 "\\', n: 1e21 } },
  ]);
  t.equal(await verify(pool, 'hamlet'), undefined);
  const changes: [string, number][] = [
    ["UPDATE event_store.events SET time = time + interval '1 microsecond' WHERE seq = 5", 5],
    ["UPDATE event_store.events SET body = replace(body::text, 'adult', 'child')::json WHERE seq = 4", 4],
    ["UPDATE event_store.events SET body = (body::text || ' ')::json WHERE seq = 6", 6],
    ["UPDATE event_store.events SET type = 'sale.closed' WHERE seq = 3", 3],
    ["UPDATE event_store.events SET id = 'e-1' WHERE seq = 3", 3],
    ["UPDATE event_store.events SET digest = sha256('') WHERE seq = 7", 7],
    ['DELETE FROM event_store.events WHERE seq = 8', 8],
    ['DELETE FROM event_store.events WHERE seq = (SELECT max(seq) FROM event_store.events)', sale.head.seq],
    ['UPDATE event_store.events SET seq = CASE seq WHEN 4 THEN 1005 ELSE 1004 END WHERE seq IN (4, 5); '
      + 'UPDATE event_store.events SET seq = seq - 1000 WHERE seq > 1000', 4],
    ["UPDATE event_store.heads SET digest = sha256('')", sale.head.seq],
  ];
  await pool.query('CREATE TABLE kept AS SELECT * FROM event_store.events');
  await pool.query('CREATE TABLE kept_heads AS SELECT * FROM event_store.heads');
  for (const [change, seq] of changes) {
    await pool.query(change);
    t.equal((await verify(pool, 'hamlet'))?.seq, seq, change);
    await pool.query(`
      TRUNCATE event_store.events, event_store.heads;
      INSERT INTO event_store.events SELECT * FROM kept;
      INSERT INTO event_store.heads SELECT * FROM kept_heads`);
  }
  t.equal(await verify(pool, 'hamlet'), undefined);
});
