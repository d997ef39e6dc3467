import { Pool } from 'pg';
import t from 'tap';
import { foldLog } from '../../../services/selling/fold-log.ts';
import { EventChain } from '../../harness/event-chain.ts';
import { openTestStack, startService } from '../../stack.ts';

const stack = await openTestStack(t);
const pool = new Pool({ connectionString: stack.databaseUrl, max: 1 });
t.teardown(() => pool.end());
const operator = await startService(t, 'operator', stack.env);
const source = { url: operator.url, token: stack.viewerToken };

/** Puts a sale into the event store that was paused and resumed so often. */
async function storeSale(saleId: string, turns: number): Promise<EventChain> {
  const chain = new EventChain(saleId, stack.env['CONTACT_KEY'] ?? '');
  const events = [...chain.open(), ...Array.from({ length: turns }, () =>
    [chain.next('sale.paused', {}), chain.next('sale.resumed', {})]).flat()];
  await pool.query(`INSERT INTO event_store.events
      (sale_id, seq, id, type, time, body, shard_id, sequence_number)
    SELECT $1, (event->>'sequence')::bigint, event->>'id', event->>'type', now(), event, 'shard',
      event->>'sequence'
    FROM json_array_elements($2::json) AS event`, [saleId, JSON.stringify(events)]);
  await pool.query('INSERT INTO event_store.heads (sale_id, partition, seq, id) VALUES ($1, $2, $3, $4)',
    [saleId, chain.partition, chain.head.seq, chain.head.id]);
  return chain;
}

t.test('a log of several pages is folded to its end', async (t) => {
  const { head } = await storeSale('long', 1_100);
  const read = await foldLog(source, 'long');
  t.match(read, { fold: { head, state: 'open' } });
});

t.test('why the log cannot be read now', async (t) => {
  const { head } = await storeSale('short', 1);
  t.match(await foldLog(source, 'short'), { fold: { head } });
  t.same(await foldLog({ ...source, token: 'wrong' }, 'short'), { away: 'the log is answered with 401' });
  t.same(await foldLog(source, 'nothing'), { away: 'the log is answered with 404' });
  const nobody = { ...source, url: 'http://127.0.0.1:1' };
  t.match(await foldLog(nobody, 'short'), { away: /^the log does not answer: / });
});

t.test('a log that contradicts itself is folded by nobody', async (t) => {
  await storeSale('torn', 3);
  await pool.query("DELETE FROM event_store.events WHERE sale_id = 'torn' AND seq = 4");
  await t.rejects(foldLog(source, 'torn'), /the log of torn contradicts itself at seq 5: seq_gap/);
  await storeSale('rival', 3);
  await pool.query(`UPDATE event_store.events SET body = (body::jsonb || '{"prev":"another"}')::json
    WHERE sale_id = 'rival' AND seq = 4`);
  await t.rejects(foldLog(source, 'rival'), /the log of rival contradicts itself at seq 4: prev_differs/);
  await storeSale('false', 3);
  await pool.query(`UPDATE event_store.events SET body = (body::jsonb
      || '{"type":"sale.opened", "dataschema": "urn:onsale:event:sale.opened:1"}')::json
    WHERE sale_id = 'false' AND seq = 4`);
  await t.rejects(foldLog(source, 'false'), /the sale is open/);
});
