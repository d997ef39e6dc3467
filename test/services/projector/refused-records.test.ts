import { fileURLToPath } from 'node:url';
import t from 'tap';
import { spawnGuarded } from '../../../infra/local/spawn-guarded.ts';
import { withoutKey } from '../../../services/shared/contracts/sealed-contact.ts';
import { compress } from '../../../services/shared/platform/compression.ts';
import { putRecord } from '../../../services/shared/platform/kinesis.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { openBus } from '../../harness/open-bus.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { startService } from '../../stack.ts';

type Bus = Awaited<ReturnType<typeof openBus>>;

/** One that the relay would never write. */
async function putRaw({ client, stack }: Bus, partitionKey: string, data: string | Buffer): Promise<void> {
  await putRecord(client, { streamName: stack.streamName, partitionKey, data: Buffer.from(data) });
}

async function unreadables({ pool }: Bus, count: number): Promise<{ reason: string; data: Buffer }[]> {
  return awaitThat(`${count} records are kept`, async () => {
    const { rows } = await pool.query(
      'SELECT reason, data FROM event_store.unreadable_records ORDER BY sequence_number');
    return rows.length >= count && rows;
  });
}

async function parked({ pool }: Bus): Promise<{ partition: string; reason: string; data: Buffer[] }[]> {
  const { rows } = await pool.query(`
    SELECT partition, reason, (SELECT array_agg(data ORDER BY place) FROM event_store.parked_records AS record
      WHERE record.partition = parked.partition) AS data
    FROM event_store.parked_partitions AS parked ORDER BY partition`);
  return rows;
}

async function isStored({ pool }: Bus, saleId: string, seq: number): Promise<void> {
  await awaitThat(`${saleId} is stored up to ${seq}`, async () => {
    const { rows } = await pool.query<{ seq: string }>(
      'SELECT seq FROM event_store.heads WHERE sale_id = $1', [saleId]);
    return Number(rows[0]?.seq ?? 0) === seq;
  });
}

/** The operator's command, as the runbook gives it. */
async function release(t: Teardown, { stack }: Bus, ...args: string[]): Promise<number> {
  const child = await spawnGuarded({
    command: process.execPath,
    args: [fileURLToPath(new URL('../../../services/projector/release-main.ts', import.meta.url)), ...args],
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'silent', ...stack.env }, output: 'pipe',
  });
  t.teardown(() => child.stop());
  for (const stream of child.output) stream.resume();
  return child.exited;
}

const nameOf = ({ partition }: { partition: number }): string => `p${String(partition).padStart(2, '0')}`;

t.test('a foreign record is kept as bytes and blocks nobody', async (t) => {
  const bus = await openBus(t, { shards: 1 });
  const projector = await startService(t, 'projector', bus.stack.env);
  const sale = bus.chain('tempest');
  const texts = ['\0\u0001aggregated by somebody\u0000', '{"somebody":"else"}', 'not ours \0', '[{}]'];
  for (const [i, text] of texts.entries()) {
    await putRaw(bus, i === 2 ? 'a key with \0' : `theirs-p0${i}`, text);
    await bus.put(i === 0 ? sale.open() : await sale.traffic(1));
  }
  await isStored(bus, 'tempest', sale.head.seq);
  const kept = await unreadables(bus, texts.length);
  t.same(kept.map(({ data }) => data.toString()), texts);
  t.same(kept.map(({ reason }) => /[\p{Cc}\p{Cs}]/u.test(reason)), [false, false, false, false]);
  t.same(await parked(bus), []);
  t.equal((await fetch(`${projector.url}/health/ready`)).status, 200);
});

t.test('an undecodable record of ours parks its partition with an alarm; all others go on', async (t) => {
  const bus = await openBus(t, { shards: 1 });
  const projector = await startService(t, 'projector', bus.stack.env);
  const [bad, good] = [bus.chain('bad'), bus.chain('good')];
  await bus.put([...bad.open(), ...await bad.traffic(3)]);
  const storedSeq = bad.head.seq;
  const [event] = bus.chain('foreign').open();
  const broken = JSON.stringify([{ ...event, time: '0000-02-30T00:00:00Z' }]);
  await putRaw(bus, nameOf(bad), broken);
  const later = [await bad.traffic(2), await bad.traffic(2)];
  for (const events of later) {
    await bus.put(events);
    await bus.put(good.head.seq === 0 ? good.open() : await good.traffic(3));
  }
  await isStored(bus, 'good', good.head.seq);
  await isStored(bus, 'bad', storedSeq);
  const kept = [Buffer.from(broken), ...later.map((events) => compress(withoutKey(JSON.stringify(events))))];
  await awaitThat('the later are kept', async () => (await parked(bus))[0]?.data.length === kept.length);
  t.same(await parked(bus), [{ partition: nameOf(bad), reason: 'event 0: time is no date', data: kept }]);
  await awaitThat('it says so', async () => {
    const ready = await fetch(`${projector.url}/health/ready`);
    const { missing } = await ready.json() as { missing: string[] };
    return ready.status === 503 && missing.some((sentence) => sentence.includes(`${nameOf(bad)} is parked`));
  });
  t.match(await (await fetch(`${projector.url}/metrics`)).text(), 'onsale_projector_parked_partitions 1\n');
  t.ok(projector.logLines.some((line) => /"level":50.*a partition is parked/.test(line)));

  t.equal(await release(t, bus, nameOf(bad)), 1, 'it stays parked: the record cannot be read now either');
  t.equal((await parked(bus)).length, 1);
  t.equal(await release(t, bus, nameOf(bad), '--skip'), 0);
  t.same(await parked(bus), []);
  t.equal(await bus.count('event_store.parked_records'), 0);
  t.same((await unreadables(bus, 1)).map(({ data }) => data.toString()), [broken]);
  await isStored(bus, 'bad', bad.head.seq);
  await bus.put(await bad.traffic(3));
  await isStored(bus, 'bad', bad.head.seq);
  t.equal(await bus.count('event_store.rejected_events'), 0);
  await awaitThat('it is ready again', async () => (await fetch(`${projector.url}/health/ready`)).ok);
});

t.test('an event that only the event store refuses parks its partition, and is not skipped', async (t) => {
  const bus = await openBus(t, { shards: 1 });
  await bus.pool.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'stack depth limit exceeded' USING ERRCODE = '54001'; END $$;
    CREATE TRIGGER refusing BEFORE INSERT ON event_store.events FOR EACH ROW
      WHEN (NEW.type = 'sale.cursed') EXECUTE FUNCTION refuse();`);
  const [good, bad, again] = ['good', 'bad', 'again'].map(bus.chain);
  if (good === undefined || bad === undefined || again === undefined) throw new Error('no chains');
  const culprit = { ...bad.next('sale.paused', {}), type: 'sale.cursed' };
  const opening = again.open();
  const record = compress(JSON.stringify([...opening, culprit, bad.next('sale.resumed', {})]));
  await bus.put(await bus.chain('before').traffic(1));
  await putRaw(bus, 'p01', record);
  await bus.put(good.open());
  await putRaw(bus, 'p01', compress(JSON.stringify([bad.next('sale.paused', {})])));
  await startService(t, 'projector', bus.stack.env);
  await isStored(bus, 'good', good.head.seq);
  await awaitThat('both records wait', async () => (await parked(bus))[0]?.data.length === 2);
  const [found] = await parked(bus);
  t.same(found?.data[0], record, 'byte by byte');
  t.match(found?.reason, /event 3: .*54001/);
  t.equal(await bus.count(`event_store.events WHERE sale_id = 'bad'`), 0);

  t.equal(await release(t, bus, 'p01'), 1);
  await bus.pool.query('DROP TRIGGER refusing ON event_store.events');
  t.equal(await release(t, bus, 'p01'), 0, 'once the reason is gone nothing is skipped');
  await isStored(bus, 'bad', bad.head.seq);
  t.equal(await bus.count(`event_store.events WHERE sale_id = 'again'`), opening.length);
  t.equal(await bus.count('event_store.rejected_events'), 0);
  t.equal(await bus.count('event_store.unreadable_records'), 0);
});

t.test('of a record that is skipped, the events that can be stored are', async (t) => {
  const bus = await openBus(t, { shards: 1 });
  await bus.pool.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '54001'; END $$;
    CREATE TRIGGER refusing BEFORE INSERT ON event_store.events FOR EACH ROW
      WHEN (NEW.type = 'sale.cursed') EXECUTE FUNCTION refuse();`);
  const [bad, other] = [bus.chain('bad'), bus.chain('other')];
  const culprit = { ...bad.next('sale.paused', {}), type: 'sale.cursed' };
  const record = compress(JSON.stringify([culprit, ...other.open(), bad.next('sale.resumed', {})]));
  await putRaw(bus, 'p01', record);
  await startService(t, 'projector', bus.stack.env);
  await awaitThat('it is parked', async () => (await parked(bus)).length === 1);
  t.equal(await release(t, bus, 'p01', '--skip', '--why', 'somebody cursed'), 0);
  await awaitThat('the audit tells of both steps', async () => {
    const { rows } = await bus.pool.query<{ body: { actorwhy: string; data: { what: string } } }>(
      `SELECT body FROM event_store.events WHERE sale_id = '$operator-partitions' ORDER BY seq`);
    return rows.map(({ body }) => `${body.data.what}: ${body.actorwhy}`).join('; ')
      === 'skip a record of p01: somebody cursed; release p01: somebody cursed';
  });
  await isStored(bus, 'other', other.head.seq);
  t.match(await unreadables(bus, 1), [{ data: record, reason: /event 0: .*54001/ }]);
  const { rows } = await bus.pool.query('SELECT sale_id, seq::int, reason FROM event_store.rejected_events');
  t.same(rows, [{ sale_id: 'bad', seq: 2, reason: 'seq_gap' }], 'what follows it in its sale');
});

t.test('a partition released again and again under traffic loses and rejects nothing', async (t) => {
  const bus = await openBus(t, { shards: 1 });
  await startService(t, 'projector', bus.stack.env);
  const sale = bus.chain('tempest');
  await bus.put(sale.open());
  for (let round = 0; round < 4; round++) {
    await putRaw(bus, nameOf(sale), `broken ${round}`);
    await bus.put(await sale.traffic(2));
    await awaitThat('it is parked', async () => (await parked(bus)).length === 1);
    const released = release(t, bus, nameOf(sale), '--skip');
    for (let i = 0; i < 10; i++) await bus.put(await sale.traffic(1));
    t.equal(await released, 0);
  }
  await isStored(bus, 'tempest', sale.head.seq);
  t.equal(await bus.count('event_store.rejected_events'), 0);
  t.equal(await bus.count('event_store.unreadable_records'), 4);
});

t.test('a reason that quotes control characters can be parked', async (t) => {
  const bus = await openBus(t);
  await startService(t, 'projector', bus.stack.env);
  const sale = bus.chain('cursed');
  await bus.put(sale.open());
  // Twice the same seat: a contradiction that the projector finds by itself, and quotes.
  await bus.put([sale.hold(2, ['b-\0', 'b-\0']).event]);
  const reason = await awaitThat('it is parked', async () =>
    (await bus.pool.query('SELECT reason FROM projection.parked_events')).rows[0]?.reason as string);
  t.match(reason, /^seat b- +is held, not free$/);
});
