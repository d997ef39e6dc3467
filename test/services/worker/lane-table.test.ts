/** Lanes by lease: how many of one webhook are out at once, however many take them. */
import t from 'tap';
import { Pool } from 'pg';
import { LaneTable } from '../../../services/worker/lane-table.ts';
import { StoredLog } from '../../../services/worker/stored-log.ts';
import { openTestStack } from '../../stack.ts';

const LANES_MAX = 3;
const TAKERS = 4;
const ROUNDS = 60;

t.test('a webhook never has more lanes out than it may, whoever takes at the same moment', async (t) => {
  const { databaseUrl } = await openTestStack(t);
  const pool = new Pool({ connectionString: databaseUrl, max: TAKERS + 2 });
  t.teardown(() => pool.end());
  const table = new LaneTable({ pool, stored: new StoredLog(pool), leaseMs: 60_000 });
  await pool.query(`INSERT INTO webhooks.subscriptions (webhook_id, url, is_active, secret_nonce)
    VALUES ('hall', 'https://example.org', true, 'n'), ('box', 'https://example.org', true, 'n')`);
  let added = 0;
  const add = async (): Promise<void> => {
    added += 1;
    // Now and then one that has been due for longer than all others.
    await pool.query(`INSERT INTO webhooks.lanes (webhook_id, sale_id, replay_id, due_at)
      SELECT id, $1, 0, now() - random() * interval '1 hour' FROM unnest(ARRAY['hall', 'box']) AS id`,
    [`s-${added}`]);
  };
  let most = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const takes = Array.from({ length: TAKERS }, async () => {
      await add();
      return table.take({ lanesMax: 50, perWebhookMax: LANES_MAX });
    });
    const taken = (await Promise.all(takes)).flat();
    const { rows } = await pool.query<{ lanes: number }>(`SELECT count(*)::int AS lanes FROM webhooks.lanes
      WHERE leased_until > now() GROUP BY webhook_id ORDER BY lanes DESC LIMIT 1`);
    most = Math.max(most, rows[0]?.lanes ?? 0);
    for (const lane of taken) await table.end(lane);
  }
  t.equal(most, LANES_MAX, 'the most that were out at once');
});
