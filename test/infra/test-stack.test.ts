import { Redis } from 'ioredis';
import { Client } from 'pg';
import t from 'tap';
import { openTestStack, startPrivateRedis } from '../stack.ts';
import { createStream } from '../harness/test-stream.ts';

t.test('two test files never see each other', async (t) => {
  const [one, other] = await Promise.all([openTestStack(t), openTestStack(t, { shards: 2 })]);
  t.not(one.redisUrl, other.redisUrl);
  t.not(one.databaseUrl, other.databaseUrl);
  t.not(one.streamName, other.streamName);

  const redis = [new Redis(one.redisUrl), new Redis(other.redisUrl)] as const;
  t.teardown(() => redis.forEach((client) => client.disconnect()));
  await redis[0].set('here', '1');
  t.equal(await redis[1].exists('here'), 0);

  const client = new Client({ connectionString: one.databaseUrl });
  await client.connect();
  t.same((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  await client.end();

  await t.rejects(createStream(other.kinesisEndpoint, other.streamName, 2), {
    name: 'ResourceInUseException',
  });
});

t.test('a private Redis keeps its data through a crash, unless it is emptied', async (t) => {
  const server = await startPrivateRedis(t);
  const redis = new Redis(server.url, { lazyConnect: true });
  redis.on('error', () => undefined);
  await redis.connect();
  await redis.set('kept', 'yes');
  server.kill('SIGKILL');
  t.equal(await server.exited(), 137);
  await server.restart();
  t.equal(await redis.get('kept'), 'yes');
  server.kill('SIGKILL');
  await server.restart({ empty: true });
  t.equal(await redis.get('kept'), null);
  redis.disconnect();
});
