import { pino } from 'pino';
import t from 'tap';
import { AcceptedFollower } from '../../../services/selling/accepted-follower.ts';
import { partitionKeys } from '../../../services/shared/contracts/keys.ts';
import { connectRedis, redisReady } from '../../../services/shared/platform/redis.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { startPrivateRedis } from '../../stack.ts';

const log = pino({ level: 'silent' });
const { accepted } = partitionKeys(3);

t.test('whoever waits is told of the event, before or after it came', async (t) => {
  const server = await startPrivateRedis(t, { durable: false });
  const redis = connectRedis(server.url, { name: 'test', log });
  const following = connectRedis(server.url, { name: 'test-following', log, blocking: true });
  await Promise.all([redisReady(redis, 5_000), redisReady(following, 5_000)]);
  const follower = new AcceptedFollower(following, 8, log);
  t.teardown(async () => {
    await follower.stop();
    await follower.stop();
    redis.disconnect();
  });
  await redis.xadd(accepted, '*', 'ids', 'before-the-start');
  const recovered: string[] = [];
  follower.start((saleId) => recovered.push(saleId));
  follower.start(() => t.fail('it follows already'));
  const announce = (ids: string) => redis.xadd(accepted, '*', 'ids', ids);
  /** Announces until it is heard: the follower may still be finding its position. */
  const heard = async (id: string) => {
    const timer = setInterval(() => void announce(id).catch(() => undefined), 50);
    const answer = await awaitThat(`${id} is heard`, async () =>
      await follower.wait('s', id, 1_000) === 'accepted');
    clearInterval(timer);
    return answer;
  };

  t.equal(await heard('e1'), true);
  const several = ['e2', 'e2', 'e3'].map((id) => follower.wait('s', id, 10_000));
  await announce('x e2 y e3');
  t.same(await Promise.all(several), ['accepted', 'accepted', 'accepted']);
  t.equal(await follower.wait('s', 'e2', 0), 'accepted', 'it came a moment ago');
  t.equal(await follower.wait('s', 'never', 20), 'unsure');
  const inVain = follower.wait('s', 'lost', 20_000);
  await redis.xadd(accepted, '*', 'lost', 'x lost');
  t.equal(await inVain, 'unsure', 'it was set aside');
  const [one, another] = ['s', 'other'].map((saleId) => follower.wait(saleId, `in-${saleId}`, 20_000));
  await redis.xadd(accepted, '*', 'lost', '*');
  t.same(await Promise.all([one, another]), ['unsure', 'unsure'], 'nobody knows what was lost');
  const [ofSale, ofOther] = ['s', 'other'].map((saleId) => follower.wait(saleId, `of-${saleId}`, 20_000));
  await redis.xadd(accepted, '*', 'recovered', 's');
  t.equal(await ofSale, 'unsure', 'its sale was rebuilt without it');
  t.same(recovered, ['s']);
  await announce('of-other');
  t.equal(await ofOther, 'accepted', 'another sale goes on waiting');

  const waiting = follower.wait('s', 'e4', 20_000);
  server.kill('SIGKILL');
  await server.restart({ empty: true });
  t.equal(await waiting, 'unsure', 'what was announced meanwhile is not read again: who waits looks');
  t.equal(await heard('e5'), true, 'it follows on, whatever became of the positions');
});

t.test('who waits behind a connection that broke is sent to look, however fast it is back', async (t) => {
  const server = await startPrivateRedis(t, { durable: false });
  const redis = connectRedis(server.url, { name: 'test', log });
  const following = connectRedis(server.url, { name: 'test-following', log, blocking: true });
  await Promise.all([redisReady(redis, 5_000), redisReady(following, 5_000)]);
  const follower = new AcceptedFollower(following, 8, log);
  t.teardown(async () => {
    await follower.stop();
    redis.disconnect();
  });
  follower.start(() => undefined);
  for (let i = 0; i < 3; i++) {
    const id = `behind-${i}`;
    await awaitThat('it follows', async () => {
      await redis.xadd(accepted, '*', 'ids', `${id}-first`);
      return await follower.wait('s', `${id}-first`, 200) === 'accepted';
    });
    let heard: string | undefined;
    void follower.wait('s', id, 60_000).then((said) => { heard = said; });
    await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await awaitThat('it is sent to look', () => heard !== undefined);
    t.equal(heard, 'unsure');
  }
});
