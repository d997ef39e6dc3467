/** What a test of the projector needs: a stack with a stream, a client for it, a pool, no projector yet. */
import { Pool } from 'pg';
import { openTestStack } from '../stack.ts';
import { awaitThat } from './await-that.ts';
import { checkSqlAgainstLog, isProjected } from './check-sql-against-log.ts';
import { connectTestKinesis } from './connect-test-kinesis.ts';
import { EventChain, putEvents } from './event-chain.ts';
import { readStream } from './read-stream.ts';
import type { Teardown } from './teardown.ts';

export async function openBus(t: Teardown, { shards = 2 } = {}) {
  const stack = await openTestStack(t, { shards });
  const client = connectTestKinesis(stack.kinesisEndpoint);
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 2 });
  pool.on('error', () => undefined);
  t.teardown(async () => {
    client.destroy();
    await pool.end();
  });
  return {
    stack, client, pool,
    chain: (saleId: string) => new EventChain(saleId, stack.env['CONTACT_KEY'] ?? ''),
    put: (events: Parameters<typeof putEvents>[2]) => putEvents(client, stack.streamName, events),
    /** Waits until SQL is where the log is, then compares them. */
    async settled() {
      const log = await readStream(stack);
      await awaitThat('the legacy rows are behind the log', () => isProjected(pool, log));
      await checkSqlAgainstLog(pool, log);
      return log;
    },
    count: async (from: string) => Number((await pool.query(`SELECT count(*) FROM ${from}`)).rows[0].count),
  };
}
