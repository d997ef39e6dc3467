import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { SignJWT } from 'jose';
import { ACTS_KEY, partitionKeys, saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import { loadConfig } from '../../../services/shared/platform/config.ts';
import { SellingConfig } from '../../../services/selling/config.ts';
import { startSelling } from '../../../services/selling/start-selling.ts';
import { checkAgainstFold } from '../../harness/check-against-fold.ts';
import { openTestStack } from '../../harness/open-test-stack.ts';
import { startPartitions } from '../../harness/open-shop.ts';
import { startPrivateRedis } from '../../harness/start-private-redis.ts';
import type { Teardown } from '../../harness/teardown.ts';

const PARTITIONS = 64;

/** The selling service in this process, on a Redis of its own, so that what changes there is known. */
export interface FuzzedShop {
  app: FastifyInstance;
  /** of the same service, for what `app.inject` cannot send */
  url: string;
  /** by who calls: the authorization header */
  credentials: Record<string, string>;
  /** a buyer with a token: the one of `credentials.buyer` */
  buyerId: string;
  /** What the service has logged as an error, newest last. */
  errors: string[];
  /** One request by the checkout key, or the admin on admin routes; throws unless it is accepted. */
  must(method: string, url: string, body?: object, who?: string): Promise<Record<string, unknown>>;
  /** How many changes Redis has counted. */
  changeCount(): Promise<number>;
  /** Takes what is kept for the audit, as the operator service does; what waits there is bounded. */
  takeActs(): Promise<void>;
  /** What was written to the outboxes since the last call: how much, and in which requests. */
  newEvents(): Promise<{ eventBytes: number; traceIds: Set<string> }>;
  /**
   * Compares the sales whose id begins so with the fold of their events; throws if one differs. No relay
   * rebuilds a sale here: from one that was stopped for that the bar is taken first, so that all that must
   * have stayed as it was is compared.
   */
  checkSales(prefix?: string): Promise<number>;
}

/** Opens it. Nothing lapses and nothing runs full while it is used. */
export async function openFuzzedShop(t: Teardown): Promise<FuzzedShop> {
  const stack = await openTestStack(t);
  const { url: redisUrl } = await startPrivateRedis(t, { durable: false });
  const redis = new Redis(redisUrl);
  t.teardown(() => redis.disconnect());
  await startPartitions(redis);
  const errors: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void errors.push(line) });
  const apps: FastifyInstance[] = [];
  const service = await startSelling(loadConfig(SellingConfig, {
    ...stack.env, REDIS_URL: redisUrl, CONFIRM_ACK: 'redis', SESSIONS_PER_MINUTE_MAX: '100000000',
    ...UNLIMITED,
  }), log, { addRoutes: (created) => void apps.push(created) });
  t.teardown(() => service.stop());
  const [app] = apps;
  if (app === undefined || service.url === undefined) throw new Error('the service gave no app');
  const session = (await app.inject({ method: 'POST', url: '/v1/sessions' })).json<Session>();
  const credentials = await credentialsOf(stack, session, String(stack.env['SESSION_SECRET']));
  return {
    app, url: service.url, credentials, buyerId: session.buyerId, errors, ...readersOf(redis),
    async must(method, url, body, who = url.startsWith('/admin/') ? 'admin' : 'checkout') {
      const answer = await app.inject({
        method: method as 'POST', url,
        headers: { authorization: credentials[who] ?? '', 'idempotency-key': `set-up-${keyCount++}` },
        ...(body === undefined ? {} : { payload: body }),
      });
      if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.statusCode} ${answer.body}`);
      return answer.body === '' ? {} : answer.json<Record<string, unknown>>();
    },
  };
}

type Session = { buyerId: string; token: string };

/** No relay empties the outboxes here. */
const UNLIMITED = {
  OUTBOX_ENTRIES_MAX: '100000000', OUTBOX_BYTES_MAX: '100000000000', OUTBOX_AGE_MS_MAX: '1000000000',
};

let keyCount = 0;

async function credentialsOf(
  stack: { checkoutKey: string; adminToken: string; operatorToken: string; viewerToken: string },
  session: Session,
  secret: string,
): Promise<Record<string, string>> {
  const token = (key: string, expiresAt: string) => new SignJWT().setProtectedHeader({ alg: 'HS256' })
    .setSubject(session.buyerId).setIssuer('onsale').setExpirationTime(expiresAt).sign(Buffer.from(key));
  return {
    checkout: `Bearer ${stack.checkoutKey}`,
    admin: `Bearer ${stack.adminToken}`,
    operator: `Bearer ${stack.operatorToken}`,
    viewer: `Bearer ${stack.viewerToken}`,
    buyer: `Bearer ${session.token}`,
    forged: `Bearer ${await token('not the secret that sessions have', '1h')}`,
    lapsed: `Bearer ${await token(secret, '-1h')}`,
  };
}

/** Takes back what suspend-sale.lua writes into the hash of a sale; throws if it did not say what was. */
async function unbar(redis: Redis, sale: string): Promise<void> {
  const [state, before] = await redis.hmget(sale, 'state', 'suspended');
  if (state !== 'recovering') return;
  if (before === null || before === undefined || before === '') throw new Error(`${sale} has lost its state`);
  await redis.multi().hset(sale, 'state', before).hdel(sale, 'suspended').exec();
}

function readersOf(redis: Redis): Pick<FuzzedShop, 'changeCount' | 'takeActs' | 'newEvents' | 'checkSales'> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partitionKeys(partition));
  const readUpTo = partitions.map(() => '-');
  return {
    async changeCount() {
      return Number(/rdb_changes_since_last_save:(\d+)/.exec(await redis.info('persistence'))?.[1]);
    },
    async takeActs() {
      await redis.del(ACTS_KEY);
    },
    async newEvents() {
      const read = await Promise.all(partitions.map(async ({ outbox }, i) => {
        const entries = await redis.xrange(outbox, readUpTo[i] ?? '-', '+');
        const [lastId] = entries.at(-1) ?? [];
        if (lastId !== undefined) readUpTo[i] = `(${lastId}`;
        return entries.flatMap(([, fields]) => fields);
      }));
      const text = read.flat().join('\n');
      return { eventBytes: text.length, traceIds: new Set(text.match(/[0-9a-f]{32}/g)) };
    },
    async checkSales(prefix = '') {
      const ids = (await Promise.all(partitions.map(({ sales }) => redis.smembers(sales)))).flat();
      const checked = ids.filter((id) => id.startsWith(prefix));
      for (const id of checked) {
        const partition = partitionOf(id, PARTITIONS);
        await unbar(redis, saleKeys(partition, id).sale);
        await checkAgainstFold(redis, partition, id);
      }
      return checked.length;
    },
  };
}
