import { createHash } from 'node:crypto';
import t from 'tap';
import { decodeAggregated } from '../../../../../services/shared/platform/reader/decode-aggregated.ts';
import { awaitThat } from '../../../../harness/await-that.ts';
import { putRecord } from '../../../../../services/shared/platform/kinesis.ts';
import { openReadStream } from '../../../../harness/open-read-stream.ts';

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) return Buffer.from(bytes);
  }
}

const field = (id: number, bytes: Buffer): Buffer =>
  Buffer.concat([varint(id * 8 + 2), varint(bytes.length), bytes]);
const number = (id: number, value: number): Buffer => Buffer.concat([varint(id * 8), varint(value)]);

/** As the producer library writes it. */
function aggregate(users: [key: string, text: string][]): Buffer {
  const keys = [...new Set(users.map(([key]) => key))];
  const message = Buffer.concat([
    ...keys.map((key) => field(1, Buffer.from(key))),
    field(2, Buffer.from('170141183460469231731687303715884105728')),
    ...users.map(([key, text]) => field(3, Buffer.concat([
      number(1, keys.indexOf(key)), number(2, 0), field(3, Buffer.from(text)),
      field(4, Buffer.concat([field(1, Buffer.from('tag')), field(2, Buffer.from('value'))])),
    ]))),
  ]);
  return Buffer.concat([
    Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest(),
  ]);
}

t.test('the user records of an aggregated record, in order, each with its key', async (t) => {
  const long = 'x'.repeat(100_000);
  const decoded = decodeAggregated(aggregate([['a', 'one'], ['b', ''], ['a', long]]));
  t.same(decoded?.map(({ partitionKey, data }) => [partitionKey, Buffer.from(data).toString()]),
    [['a', 'one'], ['b', ''], ['a', long]]);
});

t.test('bytes that another writer has aggregated', async (t) => {
  // Two user records under key `k`, put together by hand after aggregation-format.md.
  const message = Buffer.from('0a016b1a0708001a036162631a0708001a03646566', 'hex');
  const md5 = createHash('md5').update(message).digest();
  const data = Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, md5]);
  t.same(decodeAggregated(data)?.map((one) => Buffer.from(one.data).toString()), ['abc', 'def']);
});

t.test('what is damaged, cut short or only begins alike is a plain record', async (t) => {
  const good = aggregate([['a', 'one'], ['b', 'two']]);
  const damaged = Buffer.from(good);
  damaged[10] = (damaged[10] ?? 0) ^ 1;
  t.equal(decodeAggregated(damaged), undefined);
  for (let length = 0; length < good.length; length++) {
    t.equal(decodeAggregated(good.subarray(0, length)), undefined);
  }
  for (const wrong of ['ff', '1a', '1aff01', '0a01611a020805', '03']) {
    const message = Buffer.from(wrong, 'hex');
    const md5 = createHash('md5').update(message).digest();
    t.equal(decodeAggregated(Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, md5])), undefined);
  }
});

t.test('a reader hands user records over with their numbers, and can stop between two of them', async (t) => {
  const { client, streamName, read, leases, pool } = await openReadStream(t, { shards: 1 });
  const data = aggregate([['a', '0'], ['b', '1'], ['a', '2'], ['b', '3']]);
  await putRecord(client, { streamName, partitionKey: 'outer', data });
  await putRecord(client, { streamName, partitionKey: 'plain', data: Buffer.from('4') });
  const seen: string[] = [];
  const one = read({
    async onBatch({ records, positionBefore }, lease) {
      seen.push(...records.map((record) => `${record.partitionKey}/${record.subSequenceNumber}`));
      const [, second] = records;
      if (positionBefore !== undefined || second === undefined) return;
      const position = `${second.sequenceNumber}/${second.subSequenceNumber}`;
      const connection = await pool.connect();
      await lease.moveCheckpoint(connection, { positionBefore, position });
      connection.release();
      throw new Error('after half of it');
    },
  });
  await awaitThat('the rest', () => one.got.size > 0 && seen.includes('plain/undefined') && seen.length >= 6);
  const all = ['a/0', 'b/1', 'a/2', 'b/3', 'plain/undefined'];
  t.same(seen, [...all.slice(0, seen.length - 3), ...all.slice(2)]);
  await awaitThat('it is kept', async () => (await leases())[0]?.position?.includes('/') === false);
  const raw = read({ cursor: 'raw', deaggregates: false });
  await awaitThat('as it came', () => raw.got.size === 2);
});
