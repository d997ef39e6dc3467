/** What the fault proxy does to a call, as the services' client and the stream behind it see it. */
import { DescribeStreamSummaryCommand, GetRecordsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import t from 'tap';
import { putRecord } from '../../../services/shared/platform/kinesis.ts';
import { connectTestKinesis } from '../../harness/connect-test-kinesis.ts';
import { shuffleFaults } from '../../harness/shuffle-faults.ts';
import { startKinesisProxy } from '../../harness/start-kinesis-proxy.ts';
import type { KinesisFault } from '../../harness/start-kinesis-proxy.ts';
import { openTestStack } from '../../stack.ts';
import { openStream } from './open-stream.ts';
import { readByPolling } from './start-reading.ts';

const { kinesisEndpoint: endpoint } = await openTestStack(t);
const bus = { endpoint, read: readByPolling, calls: [], scales: false };

const outcomes: [fault: KinesisFault, error: string | undefined, isTaken: boolean][] = [
  ['none', undefined, true],
  ['delay', undefined, true],
  ['throttle', 'ProvisionedThroughputExceededException', false],
  ['limit', 'LimitExceededException', false],
  ['fail', 'InternalFailure', false],
  ['unavailable', 'ServiceUnavailable', false],
  ['cut-before', 'Error', false],
  ['lose-reply', 'Error', true],
  ['truncate', 'Error', true],
  // After the client's own time-out.
  ['silence', 'TimeoutError', true],
];

for (const [fault, error, isTaken] of outcomes) {
  t.test(`${fault}: the record is ${isTaken ? 'taken' : 'not taken'}`, async (t) => {
    const { client, streamName, proxy, contents } = await openStream(t, bus, 1);
    proxy.decide((action) => (action === 'PutRecord' ? fault : 'none'));
    const put = putRecord(client, { streamName, partitionKey: 'p01', data: Buffer.from('x') });
    const failure = await put.then(() => undefined, (thrown: Error) => thrown);
    if (error === undefined) t.equal(failure, undefined);
    else t.match(failure?.name, error === 'Error' ? /Error/ : error);
    t.equal([...(await contents()).values()].flat().length, isTaken ? 1 : 0);
    t.equal(proxy.count(fault, 'PutRecord'), 1);
    t.equal(proxy.counts[fault], 1);
  });
}

t.test('expire: an iterator is refused by its name', async (t) => {
  const { client, proxy } = await openStream(t, bus, 1);
  proxy.decide(() => 'expire');
  await t.rejects(client.send(new GetRecordsCommand({ ShardIterator: 'any' })),
    { name: 'ExpiredIteratorException' });
});

t.test('fail-records: every other record of a PutRecords, the others are in the stream', async (t) => {
  const { client, streamName, proxy, contents } = await openStream(t, bus, 1);
  proxy.decide(() => 'fail-records');
  const Records = ['a', 'b', 'c'].map((PartitionKey) => ({ PartitionKey, Data: Buffer.from(PartitionKey) }));
  const reply = await client.send(new PutRecordsCommand({ StreamName: streamName, Records }));
  t.equal(reply.FailedRecordCount, 2);
  t.same(reply.Records?.map(({ ErrorCode }) => ErrorCode),
    ['ProvisionedThroughputExceededException', undefined, 'ProvisionedThroughputExceededException']);
  t.same([...(await contents()).values()].flat(), [reply.Records?.[1]?.SequenceNumber]);
});

t.test('a deck gives each fault once, a seed the same order again', async (t) => {
  const deck = ['throttle', 'limit', 'fail', 'none'] as const;
  const [one, same] = [shuffleFaults(7, { PutRecord: deck }), shuffleFaults(7, { PutRecord: deck })];
  const dealt = Array.from({ length: 8 }, () => one('PutRecord'));
  t.same(dealt.slice(0, 4).toSorted(), [...deck].toSorted());
  t.same(dealt.slice(4).toSorted(), [...deck].toSorted());
  t.same(Array.from({ length: 8 }, () => same('PutRecord')), dealt);
  t.equal(one('DescribeStream'), 'none');
});

t.test('an emulator that is gone is a connection cut, not the end of the proxy', async (t) => {
  const proxy = await startKinesisProxy(t, 'http://127.0.0.1:1');
  const client = connectTestKinesis(proxy.url);
  t.teardown(() => client.destroy());
  for (let i = 0; i < 2; i++) {
    await t.rejects(client.send(new DescribeStreamSummaryCommand({ StreamName: 'any' })));
  }
  t.equal(proxy.count('none', 'DescribeStreamSummary'), 2);
});
