/** A relay that slept, or begins, behind what the stream has forgotten says nothing about the log. */
import { ListShardsCommand, ResourceInUseException } from '@aws-sdk/client-kinesis';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import t from 'tap';
import { partitionKeys } from '../../../services/shared/contracts/keys.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { connectTestKinesis } from '../../harness/connect-test-kinesis.ts';
import { EventChain, putEvents } from '../../harness/event-chain.ts';
import { startAgingKinesis } from '../../harness/start-aging-kinesis.ts';
import { createStream, deleteStream } from '../../harness/test-stream.ts';
import { startService } from '../../stack.ts';
import { metricOf, openPartitions, openRelayBench } from './open-relay-bench.ts';

const DAY_MS = 24 * 3_600_000;
const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing';

/** Requests that were under way at the emulator have been answered: it deals with them in their order. */
async function settled(client: KinesisClient, streamName: string): Promise<void> {
  for (let i = 0; i < 20; i++) await client.send(new ListShardsCommand({ StreamName: streamName }));
}

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
  await awaitThat('it has read all', async () =>
    await metricOf(relay.url, 'onsale_relay_accepted_total') === 4);
  let before = '';
  const said = await awaitThat('it has said how far the log is, and says no more', async () => {
    const now = await redis.get(heads) ?? '';
    const isSame = now === before;
    before = now;
    await sleep(300);
    return now.split(' ').length === 4 && isSame && now;
  });

  relay.kill('SIGSTOP');
  // What it asked for before must be answered without what it is not to read.
  await settled(client, stack.streamName);
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
  await awaitThat('it says again how far the log is', async () => await redis.get(heads) !== said);
});

t.test('a shard that is gone before it was read to its end is a log that is lost', async (t) => {
  const { stack, redis, writer, drained } = await openRelayBench(t, 2);
  await openPartitions(redis);
  const env = {
    ...stack.env, KINESIS_SHARDS: '1', HEADS_MS: '600000', DATABASE_URL: NOWHERE, EVENT_STORE_URL: NOWHERE,
  };
  const relay = await startService(t, 'relay', env);
  const sale = writer('cloten');
  await sale.add(3);
  await drained(sale);
  // The emulator keeps closed shards for ever. Made anew with one shard less, the stream has lost the other.
  relay.kill('SIGSTOP');
  await deleteStream(stack.kinesisEndpoint, stack.streamName);
  await awaitThat('the stream is made anew', async () => {
    try {
      await createStream(stack.kinesisEndpoint, stack.streamName, 1);
      return true;
    } catch (error) {
      // It is still being deleted.
      if (error instanceof ResourceInUseException) return false;
      throw error;
    }
  });
  relay.kill('SIGCONT');
  t.equal(await relay.exited, 1, 'for its supervisor to start it anew');
  const log = relay.logLines.join('\n');
  t.match(log, /shardId-000000000001 was not read to its end, and the stream has it no more/);
  t.notMatch(log, /has an event that the rule rejects/);

  const next = await startService(t, 'relay', env);
  const fresh = writer('posthumus');
  await fresh.add(2);
  await drained(fresh);
  t.equal(await metricOf(next.url, 'onsale_relay_accepted_total'), 2, 'it reads what there is');
});

t.test('an event store that was left behind: nothing is announced that it can never have', async (t) => {
  const { stack, redis } = await openRelayBench(t, 1);
  await openPartitions(redis);
  const aging = await startAgingKinesis(t);
  const client = connectTestKinesis(aging.url);
  t.teardown(() => client.destroy());
  const env = { ...stack.env, ...aging.env, KINESIS_ENDPOINT: aging.url, KINESIS_SHARDS: '1' };
  const projector = await startService(t, 'projector', env);
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 1 });
  t.teardown(() => pool.end());
  const [torn, whole] = ['imogen', 'pisanio'].map((id) => new EventChain(id, stack.env['CONTACT_KEY'] ?? ''));
  const put = async (chain: EventChain | undefined, count: number) => chain && await putEvents(
    client, stack.streamName, Array.from({ length: count }, () => chain.next('sale.paused', {})));
  await put(torn, 4);
  await put(whole, 4);
  await awaitThat('the event store has it', async () =>
    (await pool.query('SELECT 1 FROM event_store.heads WHERE seq = 4')).rows.length === 2);
  await projector.stop();
  await put(torn, 4);
  aging.age(2 * DAY_MS);
  await put(torn, 1);
  await put(whole, 1);
  const relay = await startService(t, 'relay', env);
  await awaitThat('both are judged', async () =>
    await metricOf(relay.url, 'onsale_relay_accepted_total')
      + await metricOf(relay.url, 'onsale_relay_rejected_total') === 2);
  t.equal(await metricOf(relay.url, 'onsale_relay_accepted_total'), 1, 'of the sale that lacks nothing');
  t.equal(await metricOf(relay.url, 'onsale_relay_rejected_total'), 1, 'which is an alarm');
  t.match(relay.logLines.join('\n'), /has an event that the rule rejects/);
});
