import t from 'tap';
import { compress } from '../../../services/shared/platform/compression.ts';
import { putRecord } from '../../../services/shared/platform/kinesis.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { openBus } from '../../harness/open-bus.ts';
import { startService } from '../../stack.ts';

type Bus = Awaited<ReturnType<typeof openBus>>;

/** One that the relay would never write, as JSON. */
async function putRaw({ client, stack }: Bus, partitionKey: string, text: string): Promise<void> {
  await putRecord(client, { streamName: stack.streamName, partitionKey, data: Buffer.from(text) });
}

async function unreadables({ pool }: Bus, count: number): Promise<{ reason: string; data: Buffer }[]> {
  return awaitThat(`${count} records are kept`, async () => {
    const { rows } = await pool.query(
      'SELECT reason, data FROM event_store.unreadable_records ORDER BY sequence_number');
    return rows.length >= count && rows;
  });
}

async function isStored({ pool }: Bus, saleId: string, seq: number): Promise<void> {
  await awaitThat(`${saleId} is stored up to ${seq}`, async () => {
    const { rows } = await pool.query<{ seq: string }>(
      'SELECT seq FROM event_store.heads WHERE sale_id = $1', [saleId]);
    return Number(rows[0]?.seq ?? 0) === seq;
  });
}

t.test('records that no database can keep as text are kept as bytes and stop nobody', async (t) => {
  const bus = await openBus(t, { shards: 1 });
  const projector = await startService(t, 'projector', bus.stack.env);
  const sale = bus.chain('tempest');
  const [event] = bus.chain('foreign').open();
  const deep = '['.repeat(40_000) + ']'.repeat(40_000);
  const texts = [
    '\0\u0001aggregated by somebody\u0000',
    JSON.stringify([{ ...event, time: '0000-02-30T00:00:00Z' }]),
    JSON.stringify([{ ...event, data: 0 }]).replace('"data":0', `"data":${deep}`),
    'not ours \0',
  ];
  for (const [i, text] of texts.entries()) {
    await putRaw(bus, i === 3 ? 'a key with \0' : 'p01', text);
    await bus.put(i === 0 ? sale.open() : await sale.traffic(1));
  }
  await isStored(bus, 'tempest', sale.head.seq);
  const kept = await unreadables(bus, texts.length);
  t.same(kept.map(({ data }) => data.toString()), texts);
  t.same(kept.map(({ reason }) => /[\p{Cc}\p{Cs}]/u.test(reason)), [false, false, false, false]);
  t.match(kept.map(({ reason }) => reason), [/JSON/, /time is no date/, /levels deep/, /JSON/]);
  t.equal((await fetch(`${projector.url}/health/ready`)).status, 200);
});

t.test('an event that only the event store refuses is kept, and all others go on', async (t) => {
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
  const reused = { ...again.next('sale.paused', {}), id: opening[0]?.id ?? '' };
  const record = compress(JSON.stringify([
    ...opening, ...good.open(), culprit, ...await good.traffic(4), bad.next('sale.resumed', {}), reused,
    ...await good.traffic(4),
  ]));
  await bus.put(await bus.chain('before').traffic(1));
  await putRecord(bus.client, { streamName: bus.stack.streamName, partitionKey: 'p01', data: record });
  await bus.put(await good.traffic(2));
  await startService(t, 'projector', bus.stack.env);
  await isStored(bus, 'good', good.head.seq);
  await isStored(bus, 'again', opening.length);
  t.equal(await bus.count(`event_store.events WHERE sale_id = 'bad'`), 0);
  const [kept] = await unreadables(bus, 1);
  t.same(kept?.data, record, 'byte by byte');
  t.match(kept?.reason, /event 6: .*54001/);
  const { rows } = await bus.pool.query('SELECT sale_id, seq::int, reason FROM event_store.rejected_events');
  t.same(rows, [{ sale_id: 'bad', seq: 2, reason: 'seq_gap' }], 'what follows it in its sale');
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
