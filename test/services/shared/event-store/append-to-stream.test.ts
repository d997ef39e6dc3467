import t from 'tap';
import { linkKey } from '../../../../services/shared/contracts/event-links.ts';
import { streamEvent } from '../../../../services/shared/contracts/stream-events.ts';
import type { UnplacedEvent } from '../../../../services/shared/contracts/stream-events.ts';
import {
  appendToStream, StreamConflictError,
} from '../../../../services/shared/event-store/append-to-stream.ts';
import { placeChunks } from '../../../../services/shared/event-store/place-chunks.ts';
import { readSale } from '../../../../services/shared/event-store/read-sale.ts';
import type { StoredEvent } from '../../../../services/shared/event-store/stored-event.ts';
import { CHAIN_START, checkHead, verifyChain } from '../../../../services/shared/event-store/verify-chain.ts';
import { withTransaction } from '../../../../services/shared/platform/pg.ts';
import type { Pool } from '../../../../services/shared/platform/pg.ts';
import { openKit } from '../../../kit/open-kit.ts';

const STREAM = 'operator-tests';

const act = (id: string, stream = STREAM): UnplacedEvent => streamEvent({
  id, stream, service: 'operator', type: 'operator.acted', timeMs: Date.now(),
  doer: { actor: 'operator:ann', role: 'admin', from: '192.0.2.7', why: 'a test' },
  data: { what: 'test', outcome: 'done', saleId: 'hamlet', details: {} },
});

const append = (pool: Pool, expectedVersion: number | 'any', ids: string[], stream = STREAM) =>
  withTransaction(pool, (client) => appendToStream(client, {
    stream, expectedVersion, events: ids.map((id) => act(id, stream)),
  }));

async function eventsOf(pool: Pool, stream = STREAM): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const batch of readSale(pool, `$${stream}`)) events.push(...batch);
  return events;
}

/** Throws unless the chain is whole and ends at the head. */
async function checkChain(pool: Pool, stream = STREAM): Promise<number> {
  const end = verifyChain(`$${stream}`, await eventsOf(pool, stream), CHAIN_START);
  if ('fault' in end) throw new Error(end.fault.reason);
  const { rows: [head] } = await pool.query<{ seq: number; id: string; digest: Buffer }>(
    'SELECT seq, id, digest FROM event_store.stream_heads WHERE stream = $1', [stream],
  );
  const fault = head === undefined ? { reason: 'no head' } : checkHead(end, head);
  if (fault !== undefined) throw new Error(fault.reason);
  return end.seq;
}

t.test('a writer that knows the stream appends, one that does not is told where it is', async (t) => {
  const { pool } = await openKit(t);
  t.same(await append(pool, 0, ['a', 'b']), { version: 2, count: 2 });
  t.same(await append(pool, 2, ['c']), { version: 3, count: 1 });
  for (const wrong of [0, 2, 4]) {
    await t.rejects(append(pool, wrong, ['d']),
      { name: 'StreamConflictError', stream: STREAM, expectedVersion: wrong, actualVersion: 3 });
  }
  await t.rejects(append(pool, 1, ['a'], 'operator-new'),
    { name: 'StreamConflictError', expectedVersion: 1, actualVersion: 0 });
  const { rowCount } = await pool.query('SELECT FROM event_store.stream_heads WHERE stream <> $1', [STREAM]);
  t.equal(rowCount, 0, 'no head of nothing');
  t.same(await append(pool, 'any', ['b', 'd', 'd']), { version: 4, count: 1 }, 'each id once');
  t.same(await append(pool, 4, []), { version: 4, count: 0 });
  t.equal(await checkChain(pool), 4);

  await t.rejects(append(pool, 0, ['a'], 'hamlet'), /no name of a stream/, 'a sale is not');
  await t.rejects(withTransaction(pool, (client) => appendToStream(client, {
    stream: STREAM, expectedVersion: 'any', events: [act('e', 'operator-others')],
  })), /is an event of operator-others/);

  await placeChunks(pool);
  t.same((await eventsOf(pool)).map(({ seq, position, event }) => [seq, position, event.id]),
    [[1, 1, 'a'], [2, 2, 'b'], [3, 3, 'c'], [4, 4, 'd']], 'placed among all events');
  const linked: string[] = [];
  for (const link of ['sale:hamlet', 'by:operator', 'by:operator:ann']) {
    const { rows } = await pool.query<{ id: string }>(
      'SELECT id FROM event_store.events WHERE links @> ARRAY[$1::integer] ORDER BY seq', [linkKey(link)],
    );
    linked.push(...rows.map(({ id }) => id));
  }
  t.same(linked, ['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd', 'a', 'b', 'c', 'd'], 'and found by their links');
});

t.test('of writers with one version one gets it, however many try, also on a new stream', async (t) => {
  const { pool } = await openKit(t);
  for (let version = 0; version < 5; version++) {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, (_, i) =>
      append(pool, version, [`${version}-${i}`])));
    t.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const one of tries) {
      if (one.status === 'fulfilled') continue;
      t.type(one.reason, StreamConflictError);
      t.match(one.reason, { expectedVersion: version, actualVersion: version + 1 });
    }
  }
  t.equal(await checkChain(pool), 5);
  await Promise.all(Array.from({ length: 40 }, (_, i) => append(pool, 'any', [`x-${i}`, `y-${i % 10}`])));
  t.equal(await checkChain(pool), 55, 'writers at once: each id once, one chain');
});

t.test('what is changed afterwards shows', async (t) => {
  const { pool } = await openKit(t);
  await append(pool, 0, ['a', 'b', 'c']);
  await pool.query(`UPDATE event_store.events SET body = replace(body::text, '192.0.2.7', '192.0.2.8')::json
    WHERE sale_id = $1 AND seq = 2`, [`$${STREAM}`]);
  await t.rejects(checkChain(pool), /its digest is another/);
});
