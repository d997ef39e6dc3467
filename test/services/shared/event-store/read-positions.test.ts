import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import type { SaleEvent } from '../../../../services/shared/contracts/events.ts';
import { placeChunks } from '../../../../services/shared/event-store/place-chunks.ts';
import { lastPosition, readPositions } from '../../../../services/shared/event-store/read-positions.ts';
import type { PlacedEvent } from '../../../../services/shared/event-store/read-positions.ts';
import type { ReadOptions } from '../../../../services/shared/event-store/stored-event.ts';
import { createLog } from '../../../../services/shared/platform/log.ts';
import { connectPg } from '../../../../services/shared/platform/pg.ts';
import type { Pool } from '../../../../services/shared/platform/pg.ts';
import { awaitThat } from '../../../harness/await-that.ts';
import { EventChain } from '../../../harness/event-chain.ts';
import { appendEvents, storeEvents } from '../../../harness/store-events.ts';
import type { Teardown } from '../../../harness/teardown.ts';
import { openTestStack } from '../../../stack.ts';

async function openPool(t: Teardown, poolMax = 12): Promise<Pool> {
  const stack = await openTestStack(t);
  const log = createLog({ name: 'test', level: 'silent' });
  const pool = connectPg(stack.databaseUrl, { name: 'test', log, poolMax });
  t.teardown(() => pool.end());
  return pool;
}

const pauses = (sale: EventChain, count: number): SaleEvent[] =>
  Array.from({ length: count }, () => sale.next('sale.paused', {}));

async function all(pool: Pool, options?: ReadOptions & { from?: number }): Promise<PlacedEvent[]> {
  const events: PlacedEvent[] = [];
  for await (const batch of readPositions(pool, options)) events.push(...batch.events);
  return events;
}

const nameOf = ({ saleId, seq }: { saleId: string; seq: number }): string => `${saleId} ${seq}`;

t.test('readers by position skip nothing, however appenders commit, whoever gives positions', async (t) => {
  const pool = await openPool(t, 16);
  const [writers, chunksPerWriter] = [8, 12];
  let writing = writers;
  const expected: string[] = [];
  /** Appends and dawdles by chance, before and after its chunk has its id; some give up at the end. */
  async function write(n: number): Promise<void> {
    const sale = new EventChain(`sale-${n}`, '');
    for (let i = 0; i < chunksPerWriter; i++) {
      const before = sale.head;
      const events = pauses(sale, 1 + Math.floor(Math.random() * 5));
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        await dawdle();
        await appendEvents(client, events);
        await dawdle();
        if (Math.random() < 0.2) {
          await client.query('ROLLBACK');
          sale.head = before;
        } else {
          await client.query('COMMIT');
          expected.push(...events.map(({ subject, sequence }) => `${subject} ${Number(sequence)}`));
        }
      } finally {
        client.release();
      }
    }
    writing -= 1;
  }
  async function place(): Promise<void> {
    while (writing > 0) {
      await placeChunks(pool);
      await dawdle();
    }
  }
  async function follow(): Promise<PlacedEvent[]> {
    const seen: PlacedEvent[] = [];
    let from = 0;
    for (let isOver = false; !isOver;) {
      isOver = writing === 0;
      if (isOver) await placeChunks(pool);
      for await (const { events, through } of readPositions(pool, { from, batchCountMax: 7 })) {
        seen.push(...events);
        from = through;
      }
      await dawdle();
    }
    return seen;
  }
  const [first, second] = await Promise.all([
    follow(), follow(), place(), place(), ...Array.from({ length: writers }, (_, n) => write(n)),
  ]);
  t.same(first.map(nameOf).toSorted(), expected.toSorted(), 'every committed event, once');
  t.same(second.map(nameOf), first.map(nameOf), 'in the same order for all');
  t.same(first.map(({ position }) => position), first.map((_, i) => i + 1), 'without gaps');
  const bySale = Map.groupBy(first, ({ saleId }) => saleId);
  for (const events of bySale.values()) t.same(events.map(({ seq }) => seq), events.map((_, i) => i + 1));
});

async function dawdle(): Promise<void> {
  for (let turns = Math.floor(Math.random() * 20); turns > 0; turns--) await turn();
}

t.test('what was committed gets its place though its appender, and whoever placed it, died', async (t) => {
  const pool = await openPool(t);
  const sale = new EventChain('hamlet', '');
  await storeEvents(pool, pauses(sale, 3));
  // The process that would have placed them is gone; another dies while it holds the lock.
  const dying = await pool.connect();
  await dying.query('BEGIN');
  await dying.query('SELECT pg_advisory_xact_lock(1869507425, 1886352233)');
  const { rows: [backend] } = await dying.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  await dying.query('UPDATE event_store.chunks SET first_position = 1, last_position = 3');
  const placing = placeChunks(pool);
  await awaitThat('the next one waits', async () => {
    const { rows } = await pool.query(`
      SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = 1869507425`);
    return rows.length > 0;
  });
  t.same(await all(pool), [], 'nothing is seen of what is not committed');
  await pool.query('SELECT pg_terminate_backend($1)', [backend?.pid]);
  t.equal(await placing, 1);
  dying.release(true);
  t.same((await all(pool)).map(({ position }) => position), [1, 2, 3]);
  t.equal(await placeChunks(pool), 0, 'once');
  t.equal(await lastPosition(pool), 3);
});

t.test('forwards and backwards, from anywhere, in batches of any size, the same events come', async (t) => {
  const pool = await openPool(t);
  const sales = ['hamlet', 'tempest', 'othello'].map((saleId) => new EventChain(saleId, ''));
  for (let i = 0; i < 9; i++) {
    const sale = sales[i % 3];
    if (sale === undefined) continue;
    await storeEvents(pool, i < 3 ? sale.open({ seats: 2 }) : pauses(sale, i === 5 ? 23 : i));
  }
  await placeChunks(pool);
  const forwards = (await all(pool)).map(nameOf);
  t.equal(forwards.length, await lastPosition(pool));
  for (const batchCountMax of [1, 2, 5, 24, 1_000]) {
    for (const from of [0, 1, 5, 12, 20, 40, forwards.length]) {
      t.same((await all(pool, { from, batchCountMax })).map(nameOf), forwards.slice(from), `behind ${from}`);
      t.same((await all(pool, { from, batchCountMax, isBackwards: true })).map(nameOf),
        forwards.slice(0, Math.max(0, from - 1)).toReversed(), `before ${from}`);
    }
  }
  t.same((await all(pool, { isBackwards: true })).map(nameOf), forwards.toReversed());
});

t.test('by type and time what is wanted comes, and the reader is told how far it looked', async (t) => {
  const pool = await openPool(t);
  const sale = new EventChain('hamlet', '');
  const at = (event: SaleEvent, minute: number): SaleEvent =>
    ({ ...event, time: `2026-11-23T10:${String(minute).padStart(2, '0')}:00.000Z` });
  const chunks = [[0, 1, 2], [3], [9, 4, 5], [6, 7]];
  for (const minutes of chunks) {
    await storeEvents(pool, minutes.map((minute) =>
      at(sale.next(minute === 4 ? 'sale.resumed' : 'sale.paused', {}), minute)));
  }
  await placeChunks(pool);
  t.same((await all(pool, { types: ['sale.resumed'] })).map(({ seq }) => seq), [6]);
  const minute = (n: number): Date => new Date(`2026-11-23T10:0${n}:00Z`);
  t.same((await all(pool, { fromTime: minute(2), toTime: minute(5) })).map(({ seq }) => seq), [3, 4, 6]);
  t.same((await all(pool, { fromTime: minute(7) })).map(({ seq }) => seq), [5, 9], 'in order, not by time');
  t.same((await all(pool, { toTime: minute(1), isBackwards: true })).map(({ seq }) => seq), [1]);
  const looked: number[] = [];
  const resumed = { types: ['sale.resumed'], batchCountMax: 2 };
  for await (const { through } of readPositions(pool, resumed)) looked.push(through);
  t.equal(looked.at(-1), 7);
});
