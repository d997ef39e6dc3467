/** From an outbox in a caller's transaction into the event store: once, in order, whoever is killed when. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import t from 'tap';
import { forwardEvents, FORWARDED_MAX } from '../../../services/projector/stream-forwarder.ts';
import { streamEvent } from '../../../services/shared/contracts/stream-events.ts';
import type { UnplacedEvent } from '../../../services/shared/contracts/stream-events.ts';
import { verifyChain } from '../../../services/shared/event-store/verify-chain.ts';
import { readSale } from '../../../services/shared/event-store/read-sale.ts';
import type { StoredEvent } from '../../../services/shared/event-store/stored-event.ts';
import { connectPg, withTransaction } from '../../../services/shared/platform/pg.ts';
import type { Pool } from '../../../services/shared/platform/pg.ts';
import { EVENT_CHARS_MAX, writeToStream } from '../../../services/shared/stream-outbox/write-to-stream.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { openKit } from '../../kit/open-kit.ts';
import { startService } from '../../stack.ts';

const log = pino({ level: 'silent' });

const act = (id: string, stream = 'operator-tests', details: Record<string, unknown> = {}): UnplacedEvent =>
  streamEvent({
    id, stream, service: 'worker', type: 'operator.acted', timeMs: Date.now(),
    doer: { actor: 'operator:ann' }, data: { what: 'test', outcome: 'done', details },
  });

const write = (pool: Pool, ...events: UnplacedEvent[]) =>
  withTransaction(pool, async (client) => {
    for (const event of events) await writeToStream(client, event);
  });

async function storedOf(pool: Pool, stream = 'operator-tests'): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const batch of readSale(pool, `$${stream}`)) events.push(...batch);
  const end = verifyChain(`$${stream}`, events);
  if ('fault' in end) throw new Error(end.fault.reason);
  return events;
}

const idsOf = async (pool: Pool, stream?: string): Promise<string[]> =>
  (await storedOf(pool, stream)).map(({ id }) => id);

async function waiting(pool: Pool): Promise<number> {
  type Row = { count: number };
  return (await pool.query<Row>('SELECT count(*) FROM outbox.stream_events')).rows[0]?.count ?? -1;
}

t.test('an event is told if and only if its transaction commits', async (t) => {
  const { pool } = await openKit(t);
  await write(pool, act('a'), act('b', 'operator-others'), act('c'));
  await t.rejects(withTransaction(pool, async (client) => {
    await writeToStream(client, act('lost'));
    throw new Error('the change is not made');
  }), /not made/);
  const huge = act('huge', 'operator-tests', { x: 'y'.repeat(EVENT_CHARS_MAX) });
  await t.rejects(write(pool, huge), /too large/);
  t.same(await forwardEvents({ name: 'legacy', pool }, pool), { count: 3, isMore: false });
  t.same([await idsOf(pool), await idsOf(pool, 'operator-others')], [['a', 'c'], ['b']]);
  t.equal(await waiting(pool), 0);
});

t.test('writers to a stream are told in the order of their commits', async (t) => {
  const { pool } = await openKit(t);
  const order: string[] = [];
  await Promise.all(Array.from({ length: 6 }, async (_, writer) => {
    for (let i = 0; i < 8; i++) {
      await withTransaction(pool, async (client) => {
        if (Math.random() < 0.5) await sleep(Math.random() * 4);
        await writeToStream(client, act(`${writer}-${i}`));
        if (Math.random() < 0.5) await sleep(Math.random() * 4);
        // Nobody else is past this point: the stream is ours until the commit.
        order.push(`${writer}-${i}`);
      });
      if (i % 3 === 0) await forwardEvents({ name: 'legacy', pool }, pool);
    }
  }));
  await forwardEvents({ name: 'legacy', pool }, pool);
  t.same(await idsOf(pool), order);
});

t.test('forwarders at once, and events written twice: each id once, in order', async (t) => {
  const { pool } = await openKit(t);
  const ids = Array.from({ length: 2 * FORWARDED_MAX + 50 }, (_, i) => `e-${i}`);
  const streamOf = (i: number): string => `operator-${i % 3}`;
  await write(pool, ...ids.map((id, i) => act(id, streamOf(i))).toSorted((a, b) =>
    (a.subject < b.subject ? -1 : 1)));
  await write(pool, act('e-0', streamOf(0)), act('e-3', streamOf(0)));
  const forward = async (): Promise<void> => {
    while ((await forwardEvents({ name: 'legacy', pool }, pool)).isMore);
  };
  await Promise.all([forward(), forward(), forward()]);
  for (let n = 0; n < 3; n++) {
    t.same(await idsOf(pool, `operator-${n}`), ids.filter((_, i) => i % 3 === n));
  }
  t.equal(await waiting(pool), 0);
});

t.test('a stream whose event cannot be stored waits, the others do not', async (t) => {
  const { pool } = await openKit(t);
  await write(pool, act('bad', 'operator-bad'), act('good'));
  // Written by somebody who goes round `streamEvent`.
  await pool.query(`UPDATE outbox.stream_events
    SET event = replace(event::text, '"time":"2', '"time":"x')::json WHERE stream = 'operator-bad'`);
  await write(pool, act('behind', 'operator-bad'), act('better'));
  const refused = new Map<string, string>();
  t.equal((await forwardEvents({ name: 'legacy', pool }, pool, refused)).count, 2);
  t.same([...refused.keys()], ['operator-bad']);
  t.same(await idsOf(pool), ['good', 'better']);
  t.equal(await waiting(pool), 2, 'nothing is lost');
});

t.test('a projector killed between its two commits leaves no gap and nothing twice', async (t) => {
  const kit = await openKit(t);
  const { stack } = kit;
  const pool = connectPg(stack.databaseUrl, { name: 'test', log, poolMax: 4 });
  t.teardown(() => pool.end());
  await write(pool, act('a'), act('b'));
  const projector = await startService(t, 'projector', stack.env);
  await awaitThat('they are forwarded', async () => (await waiting(pool)) === 0);

  // Its second transaction waits for this lock.
  await pool.query(`CREATE FUNCTION wait_a_while() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN OLD; END'`);
  await pool.query(`CREATE TRIGGER wait_a_while BEFORE DELETE ON outbox.stream_events
    FOR EACH ROW EXECUTE FUNCTION wait_a_while()`);
  const client = await pool.connect();
  await client.query('SELECT pg_advisory_lock(4711)');
  await write(pool, act('c'), act('d'));
  await awaitThat('they are stored', async () => (await idsOf(pool)).length === 4);
  t.equal(await waiting(pool), 2, 'and wait still');
  projector.kill('SIGKILL');
  await projector.exited;
  // A server looks for its client only when it answers.
  await pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'projector-outbox%'`);
  await client.query('SELECT pg_advisory_unlock(4711)');
  client.release();
  t.equal(await waiting(pool), 2, 'its second transaction was never done');

  await write(pool, act('e'));
  await startService(t, 'projector', stack.env);
  await awaitThat('the outbox is empty', async () => (await waiting(pool)) === 0);
  t.same(await idsOf(pool), ['a', 'b', 'c', 'd', 'e']);
  await awaitThat('all have positions', async () =>
    (await storedOf(pool)).every(({ position }) => position !== undefined));
});
