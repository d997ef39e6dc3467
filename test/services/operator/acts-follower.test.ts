/** What operators do through the selling API that is no event of a sale, from Redis into the audit. */
import t from 'tap';
import { followActs } from '../../../services/operator/acts-follower.ts';
import { FROM_THE_END, readAudit } from '../../../services/operator/read-audit.ts';
import { ACTS_MAX } from '../../../services/selling/keep-act.ts';
import { ACTS_KEY } from '../../../services/shared/contracts/keys.ts';
import { placeChunks } from '../../../services/shared/event-store/place-chunks.ts';
import { createLog } from '../../../services/shared/platform/log.ts';
import { connectRedis } from '../../../services/shared/platform/redis.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { startService } from '../../harness/start-service.ts';
import { openKit } from '../../kit/open-kit.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

t.test('policies and recoveries are in the audit, each once, also when told twice', async (t) => {
  const kit = await openKit(t);
  const { stack, pool } = kit;
  const redis = connectRedis(stack.env['REDIS_URL'] ?? '', {
    name: 'test', log: createLog({ name: 'test', level: 'silent' }),
  });
  t.teardown(() => redis.disconnect());
  const selling = await startService(t, 'selling', stack.env, { untilReady: false });
  const put = (busOutage: string) => fetch(`${selling.url}/admin/v1/policies`, {
    method: 'PUT', body: JSON.stringify({ busOutage }),
    headers: {
      'authorization': `Bearer ${stack.adminToken}`, 'content-type': 'application/json',
      'x-reason': encodeURIComponent('Kinesis ist weg – wir verkaufen weiter'), 'x-trace-id': TRACE,
    },
  });
  t.equal((await put('accept')).status, 200);
  const refused = (id: string, error: Error): void => void t.match(error, /./, id);
  const source = { redis, events: pool, onRefused: refused };
  const [[, fields] = ['', []]] = await redis.xrange(ACTS_KEY, '-', '+');
  await redis.xadd(ACTS_KEY, '*', 'event', 'no JSON');
  await Promise.all([followActs(source), followActs(source)]);
  // As if the process had been killed before it took it out of Redis.
  await redis.xadd(ACTS_KEY, '*', ...fields);
  t.equal(await followActs(source), 0);
  t.equal(await redis.xlen(ACTS_KEY), 1, 'what cannot be stored stays');
  await placeChunks(pool);
  const read = async () => (await readAudit(pool, { who: 'operator' }, {
    before: FROM_THE_END, countMax: 10,
  })).lines;
  const lines = await read();
  t.equal(lines.length, 1);
  t.match(lines, [{
    what: 'PUT /admin/v1/policies', kind: 'operator', who: /^operator:/, role: 'admin', from: '127.0.0.1',
    why: 'Kinesis ist weg – wir verkaufen weiter', outcome: 'done', correlationId: TRACE,
    stream: 'operator-selling', details: { busOutage: 'accept' },
  }]);

  await startService(t, 'operator', stack.env);
  t.equal((await put('refuse')).status, 200);
  await awaitThat('the operator service takes it', async () => {
    await placeChunks(pool);
    return (await read()).length === 2;
  });
});

t.test('when nobody takes them for so long that too many wait, nothing is done untold', async (t) => {
  const { stack } = await openKit(t);
  const redis = connectRedis(stack.env['REDIS_URL'] ?? '', {
    name: 'test', log: createLog({ name: 'test', level: 'silent' }),
  });
  t.teardown(() => redis.disconnect());
  const selling = await startService(t, 'selling', stack.env, { untilReady: false });
  const batch = redis.pipeline();
  for (let i = 0; i < ACTS_MAX; i++) batch.xadd(ACTS_KEY, '*', 'event', '{}');
  await batch.exec();
  const headers = { 'authorization': `Bearer ${stack.adminToken}`, 'content-type': 'application/json' };
  const reply = await fetch(`${selling.url}/admin/v1/policies`, {
    method: 'PUT', body: '{"busOutage":"accept"}', headers,
  });
  t.equal(reply.status, 503);
  t.match(await reply.json(), { code: 'overloaded' });
  t.equal(await redis.exists('onsale:policies'), 0);
});
