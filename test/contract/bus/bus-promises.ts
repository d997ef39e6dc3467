/**
 * What relay, projector and every other reader rely on the bus for, whichever emulator it is, however it is
 * read and whatever faults lie on the way: the same promises, the same end state. Sending is at least once,
 * and the rule of the log recognises what came twice; handing over to a reader is exactly once.
 */
import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import { ensureStream, putRecord } from '../../../services/shared/platform/kinesis.ts';
import { SHARD_END } from '../../../services/shared/platform/shard-reader.ts';
import { awaitThat } from '../../harness/await-that.ts';
import {
  listOpenShards, listShards, mergeShards, scaleStream, splitShard,
} from '../../harness/reshard-stream.ts';
import { deleteStream } from '../../harness/test-stream.ts';
import { arrivalMs, findIterator, numbersOf, readFrom, TRIM_HORIZON } from './iterate-shard.ts';
import { FAULT_DECKS, openStream, SALES } from './open-stream.ts';
import type { Bus, OpenStream } from './open-stream.ts';
import type { Reading } from './start-reading.ts';
import { subscribe } from './subscribe.ts';
import { untilTaken } from './until-taken.ts';

const RECORD_BYTES_MAX = 1024 * 1024;

type Promised = (t: Test, bus: Bus) => Promise<void>;
const promises: Record<string, Promised> = {
  'several processes find or create a stream; created again it is another': findsOrCreates,
  'bytes and partition key are kept': keepsBytesAndKey,
  'a record of 1 MiB less a byte passes, a larger one is refused': limitsRecords,
  'order within a shard, at least once, handed over exactly once': keepsOrder,
  'single records that fail in a PutRecords are sent again': sendsFailedRecordsAgain,
  'reading goes on exactly behind a position': resumes,
  'reading begins at the latest record, or at a time': beginsWhereAsked,
  'split and merge: parents before children, empty and closed shards too': followsShards,
};
const subscribing: Record<string, Promised> = {
  'a subscription begins at the latest record, or at a time': subscribesWhereAsked,
};
const scaling: Record<string, Promised> = {
  'UpdateShardCount doubles and halves while records come': followsScaling,
};

/** Declares the tests; `bus.scales` adds what only kinesis-local can do. */
export function testBusPromises(t: Test, name: string, bus: Bus): void {
  const seeded = bus.seed === undefined ? name : `${name}, faults of seed ${bus.seed}`;
  void t.test(seeded, async (t) => {
    // Each has a stream of its own and spends its time waiting.
    t.jobs = 4;
    await Promise.all(Object.entries({
      ...promises, ...(bus.scales && scaling),
      // Where a subscription began that broke cannot be begun at again.
      ...(bus.calls.includes('SubscribeToShard') && bus.seed === undefined && subscribing),
    }).map(([promise, test]) =>
      t.test(promise, { buffered: true }, async (t) => await test(t, bus))));
  });
}

async function findsOrCreates(t: Test, bus: Bus): Promise<void> {
  const { client, proxy } = await openStream(t, bus, 1);
  const streamName = `made-${randomBytes(6).toString('hex')}`;
  t.teardown(() => deleteStream(bus.endpoint, streamName));
  const make = () => untilTaken(() => ensureStream(client, { streamName, shards: 2 }));
  const found = await Promise.all([make(), make(), make()]);
  t.equal(new Set(found.map(({ streamKey }) => streamKey)).size, 1, 'all found the same one');
  const created = proxy.count('none', 'CreateStream') + proxy.count('lose-reply', 'CreateStream');
  t.ok(created > 0, 'one of them has made it, whether or not it learned so');
  const madeAtMs = Date.now();
  await deleteStream(bus.endpoint, streamName);
  // kinesalite knows the time of creation in whole seconds only.
  await awaitThat('another second', () => Math.floor(Date.now() / 1_000) > Math.floor(madeAtMs / 1_000));
  const again = await awaitThat('it is created again', () => make().catch(() => undefined));
  t.not(again.streamKey, found[0]?.streamKey);
}

async function keepsBytesAndKey(t: Test, bus: Bus): Promise<void> {
  const { client, streamName, read } = await openStream(t, bus, 2);
  const records = [
    { partitionKey: 'bytes', data: Uint8Array.from({ length: 256 }, (_, i) => i) },
    { partitionKey: 'é'.repeat(256), data: randomBytes(1_000) },
  ];
  for (const record of records) await untilTaken(() => putRecord(client, { streamName, ...record }));
  const reading = read();
  for (const { partitionKey, data } of records) {
    const found = await awaitThat('it is read', () =>
      reading.foreign.find((record) => record.partitionKey === partitionKey));
    t.ok(Buffer.from(found.data).equals(data), `${data.length} bytes`);
  }
  await t.rejects(
    untilTaken(() => putRecord(client, { streamName, partitionKey: 'k'.repeat(257), data: randomBytes(1) })),
    'a key has 256 characters at most',
  );
}

/** AWS counts the partition key as well; both emulators count the data only. */
async function limitsRecords(t: Test, bus: Bus): Promise<void> {
  const { client, streamName, read } = await openStream(t, bus, 1);
  const partitionKey = 'p01';
  const data = randomBytes(RECORD_BYTES_MAX - 1 - partitionKey.length);
  const larger = randomBytes(RECORD_BYTES_MAX + 1);
  await untilTaken(() => putRecord(client, { streamName, partitionKey, data }));
  await t.rejects(untilTaken(() => putRecord(client, { streamName, partitionKey, data: larger })));
  const reading = read();
  await awaitThat('the record is read', () => reading.foreign.length > 0);
  t.ok(reading.foreign.every((record) => Buffer.from(record.data).equals(data)), 'byte by byte');
}

async function keepsOrder(t: Test, bus: Bus): Promise<void> {
  const stream = await openStream(t, bus, 3);
  const { put, sent, read, proxy } = stream;
  const reading = read();
  await put(5);
  await reading.caughtUp(sent);
  await isWhole(t, stream, reading);
  const uncertain = proxy.count('lose-reply', 'PutRecord') + proxy.count('truncate', 'PutRecord');
  t.ok(reading.duplicates >= uncertain, `${reading.duplicates} duplicates of ${uncertain} lost replies`);
  if (bus.seed === undefined) {
    t.equal(reading.duplicates, 0);
    return;
  }
  t.ok(uncertain > 0);
  await happened(stream, reading, ['PutRecord', ...bus.calls]);
}

/** Sends and reads on until every fault of the decks of these actions was done at least once. */
async function happened(stream: OpenStream, reading: Reading, actions: string[]): Promise<void> {
  let last = reading;
  await awaitThat(`all faults happened to ${actions.join(', ')}`, async () => {
    if (actions.every((action) => FAULT_DECKS[action]?.every((one) => stream.proxy.count(one, action) > 0))) {
      return true;
    }
    await last.stop();
    await stream.put();
    last = stream.read(last);
    await last.caughtUp(stream.sent);
    return false;
  });
}

async function sendsFailedRecordsAgain(t: Test, bus: Bus): Promise<void> {
  const stream = await openStream(t, bus, 2);
  for (let i = 0; i < 12; i++) await stream.putTogether();
  const reading = stream.read();
  await reading.caughtUp(stream.sent);
  await isWhole(t, stream, reading);
  if (bus.seed !== undefined) t.ok(stream.proxy.count('fail-records', 'PutRecords') > 0);
}

async function resumes(t: Test, bus: Bus): Promise<void> {
  const stream = await openStream(t, bus, 2);
  let reading: Reading | undefined;
  for (let i = 0; i < 3; i++) {
    await stream.put(2);
    reading = stream.read(reading);
    await reading.caughtUp(stream.sent);
    await reading.stop();
  }
  if (reading !== undefined) await isWhole(t, stream, reading);
}

/** By iterators of our own, behind what the readers do with them. */
async function beginsWhereAsked(t: Test, bus: Bus): Promise<void> {
  const { client, direct, put, streamName } = await openStream(t, bus, 1);
  const [shardId = ''] = await listOpenShards(direct, streamName);
  const shard = { streamName, shardId };
  const inEmpty = await findIterator(client, shard, { ShardIteratorType: 'LATEST' });
  await put();
  const before = await readFrom(client, await findIterator(client, shard, TRIM_HORIZON));
  t.same(numbersOf(await readFrom(client, inEmpty)), numbersOf(before), 'an empty shard: all that comes');
  const behind = await findIterator(client, shard, { ShardIteratorType: 'LATEST' });
  t.same(await readFrom(client, behind), [], 'nothing of what was there');
  const lastAtMs = arrivalMs(before.at(-1));
  // kinesalite knows the time of arrival in milliseconds, AWS too: records of one cannot be told apart.
  await awaitThat('another millisecond', () => Date.now() > lastAtMs + 1);
  await put();
  const all = await readFrom(client, await findIterator(client, shard, TRIM_HORIZON));
  const late = all.slice(before.length);
  t.ok(late.length >= SALES.length);
  t.same(numbersOf(await readFrom(client, behind)), numbersOf(late), 'only what came after');
  for (const at of [before[0], before.at(-1), late[0], late.at(-1)]) {
    const Timestamp = new Date(arrivalMs(at));
    const found = await readFrom(client, await findIterator(
      client, shard, { ShardIteratorType: 'AT_TIMESTAMP', Timestamp }));
    const expected = all.filter((record) => arrivalMs(record) >= Timestamp.getTime());
    t.same(numbersOf(found), numbersOf(expected), `${expected.length} of ${all.length} from then on`);
  }
  const longAgo = new Date(arrivalMs(all[0]) - 3_600_000);
  const whole = await findIterator(client, shard, { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: longAgo });
  t.same(numbersOf(await readFrom(client, whole)), numbersOf(all), 'a time before the first record: all');
}

async function subscribesWhereAsked(t: Test, bus: Bus): Promise<void> {
  const { client, direct, put, streamName } = await openStream(t, bus, 1);
  const [shardId = ''] = await listOpenShards(direct, streamName);
  const shard = { streamName, shardId };
  await put();
  const before = await readFrom(client, await findIterator(client, shard, TRIM_HORIZON));
  const lastAtMs = arrivalMs(before.at(-1));
  await awaitThat('another millisecond', () => Date.now() > lastAtMs + 1);
  const latest = await subscribe(t, { client, direct, streamName, shardId }, { Type: 'LATEST' });
  await latest.begun();
  await put();
  const all = await readFrom(client, await findIterator(client, shard, TRIM_HORIZON));
  const late = all.slice(before.length);
  await awaitThat('what came after', () => latest.numbers.includes(numbersOf(late).at(-1) ?? ''));
  t.same(latest.numbers, numbersOf(late), 'from the latest: nothing of what was there');
  for (const at of [before[0], late[0]]) {
    const Timestamp = new Date(arrivalMs(at));
    const from = await subscribe(
      t, { client, direct, streamName, shardId }, { Type: 'AT_TIMESTAMP', Timestamp });
    const expected = numbersOf(all.filter((record) => arrivalMs(record) >= Timestamp.getTime()));
    await awaitThat('the last of them', () => from.numbers.includes(expected.at(-1) ?? ''));
    t.same(from.numbers, expected, `${expected.length} of ${all.length} from then on`);
  }
}

async function followsShards(t: Test, bus: Bus): Promise<void> {
  const stream = await openStream(t, bus, 2);
  const { put, sent, direct, streamName } = stream;
  await put(2);
  const live = stream.read();
  await live.caughtUp(sent);
  const [first = ''] = await listOpenShards(direct, streamName);
  let putting = put(2);
  await splitShard(direct, streamName, first);
  await putting;
  const [lower = '', upper = '', second = ''] = await listOpenShards(direct, streamName);
  putting = put(2);
  await mergeShards(direct, streamName, [lower, upper]);
  await splitShard(direct, streamName, second);
  await putting;
  // Split again at once: a shard that is closed and has next to nothing in it.
  const [, , last = ''] = await listOpenShards(direct, streamName);
  await splitShard(direct, streamName, last);
  await put(2);
  await live.caughtUp(sent);
  await isWhole(t, stream, live);
  const open = new Set(await listOpenShards(direct, streamName));
  const closed = (await listShards(direct, streamName)).map(({ ShardId = '' }) => ShardId)
    .filter((id) => !open.has(id));
  t.equal(closed.length, 5);
  await awaitThat('every closed shard is read to its end', () =>
    closed.every((id) => live.positions.get(id) === SHARD_END));

  const late = stream.read();
  await late.caughtUp(sent);
  t.same(late.log, live.log, 'the same log from the horizon');
  await isWhole(t, stream, late);
  await live.stop();
  await put();
  const resumed = stream.read(live);
  await resumed.caughtUp(sent);
  await isWhole(t, stream, resumed);
}

async function followsScaling(t: Test, bus: Bus): Promise<void> {
  const stream = await openStream(t, bus, 2);
  const { put, sent, direct, streamName } = stream;
  const live = stream.read();
  // With faults on the way every shard takes its time: half of it is enough there.
  for (const shards of bus.seed === undefined ? [4, 2] : [4]) {
    const putting = put(2);
    await scaleStream(direct, streamName, shards);
    await putting;
    t.equal((await listOpenShards(direct, streamName)).length, shards);
  }
  await put();
  const late = stream.read();
  await Promise.all([live.caughtUp(sent), late.caughtUp(sent)]);
  await isWhole(t, stream, live);
  await isWhole(t, stream, late);
}

/** The log is what was sent, in order; every record of the stream was handed over once, in its order. */
async function isWhole(t: Test, { sent, contents }: OpenStream, reading: Reading): Promise<void> {
  t.same(reading.log, sent, `${SALES.length} sales in order`);
  t.equal(reading.rejected, 0, 'the log was never contradicted');
  const expected = await contents();
  await awaitThat('all records are handed over', () =>
    [...expected].every(([id, numbers]) => (reading.handed.get(id)?.length ?? 0) >= numbers.length));
  t.same(reading.handed, expected, 'each record once');
  for (const [shardId, numbers] of reading.handed) {
    const sorted = numbers.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    t.same(numbers, sorted, `${shardId} by sequence number`);
  }
}
