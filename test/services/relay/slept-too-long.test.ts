/** A relay that slept while the stream forgot what it had not read says nothing about the log. */
import t from 'tap';
import { partitionKeys } from '../../../services/shared/contracts/keys.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { connectTestKinesis } from '../../harness/connect-test-kinesis.ts';
import { EventChain, putEvents } from '../../harness/event-chain.ts';
import { startAgingKinesis } from '../../harness/start-aging-kinesis.ts';
import { startService } from '../../stack.ts';
import { metricOf, openPartitions, openRelayBench } from './open-relay-bench.ts';

const DAY_MS = 24 * 3_600_000;
const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing';

t.test('it writes no heads, rejects nothing, and ends, so that the next one learns anew', async (t) => {
  const { stack, redis } = await openRelayBench(t, 1);
  await openPartitions(redis);
  const aging = await startAgingKinesis(t);
  const client = connectTestKinesis(aging.url);
  t.teardown(() => client.destroy());
  const env = {
    ...stack.env, ...aging.env, KINESIS_ENDPOINT: aging.url, KINESIS_SHARDS: '1', HEADS_MS: '100',
    DATABASE_URL: NOWHERE, EVENT_STORE_URL: NOWHERE,
  };
  const relay = await startService(t, 'relay', env);
  const chain = new EventChain('imogen', stack.env['CONTACT_KEY'] ?? '');
  const putNext = async (count: number) => await putEvents(client, stack.streamName,
    Array.from({ length: count }, () => chain.next('sale.paused', {})));
  await putNext(4);
  const heads = partitionKeys(chain.partition).heads;
  const said = await awaitThat('it has said how far the log is', async () => {
    const words = (await redis.get(heads) ?? '').split(' ');
    return words.length === 4 && words.join(' ');
  });

  relay.kill('SIGSTOP');
  await putNext(4);
  aging.age(2 * DAY_MS);
  await putNext(1);
  relay.kill('SIGCONT');
  t.equal(await relay.exited, 1, 'for its supervisor to start it anew');
  t.equal(await redis.get(heads), said, 'what it said is still so, and no more was said');
  const log = relay.logLines.join('\n');
  t.match(log, /records that this relay has not read/);
  t.notMatch(log, /has an event that the rule rejects/);

  const next = await startService(t, 'relay', env);
  await awaitThat('the next one has read what is left', async () =>
    await metricOf(next.url, 'onsale_relay_accepted_total') === 1);
  t.equal(await metricOf(next.url, 'onsale_relay_rejected_total'), 0);
  await putNext(2);
  await awaitThat('and goes on from there', async () =>
    await metricOf(next.url, 'onsale_relay_accepted_total') === 3);
  t.not(await redis.get(heads), said);
});
