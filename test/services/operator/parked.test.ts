/** What waits is listed, shown, retried, skipped and replayed, over HTTP and on the command line. */
import { Pool } from 'pg';
import t from 'tap';
import { createOperatorClient } from '../../../services/operator/cli/operator-client.ts';
import { runCommand } from '../../../services/operator/cli/run-command.ts';
import { awaitThat } from '../../harness/await-that.ts';
import { EventChain } from '../../harness/event-chain.ts';
import { storeEvents } from '../../harness/store-events.ts';
import { openTestStack, startService } from '../../stack.ts';

t.test('a parked projection is found and seen to', async (t) => {
  const stack = await openTestStack(t, { shards: 1 });
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 4 });
  t.teardown(() => pool.end());
  const [operator] = await Promise.all([
    startService(t, 'operator', stack.env), startService(t, 'projector', stack.env),
  ]);
  const sale = new EventChain('hamlet', stack.env['CONTACT_KEY'] ?? '');
  // Events of two seats that legacy does not know.
  const opened = [...sale.open(), ...await sale.traffic(2)];
  const [first, second] = [sale.hold(1, ['no-seat']), sale.hold(1, ['none'])];
  const later = [sale.release(first), ...await sale.traffic(1)];
  await storeEvents(pool, [...opened, first.event, second.event, ...later]);
  const lear = new EventChain('lear', stack.env['CONTACT_KEY'] ?? '');
  await storeEvents(pool, lear.open());
  const poisonSeq = Number(first.event.sequence);

  const call = async (method: string, path: string, body?: object, token = stack.adminToken) => {
    const reply = await fetch(`${operator.url}/admin/v1/${path}`, {
      method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...body !== undefined && { body: JSON.stringify(body) },
    });
    return { status: reply.status, body: await reply.json() as Record<string, unknown> };
  };
  const client = createOperatorClient({ url: operator.url, token: stack.adminToken });
  const run = async (...args: string[]) => {
    const [lines, errors]: [string[], string[]] = [[], []];
    const status = await runCommand({ client, print: (line) => lines.push(line) }, args,
      (sentence) => errors.push(sentence));
    return { status, lines, stderr: errors.join('\n') };
  };
  const legacyOf = (saleId: string) => call('GET', `sales/${saleId}/projections/legacy`);
  const parkedAt = (seq: number) => awaitThat(`it is parked at ${seq}`, async () =>
    (await legacyOf('hamlet')).body['parked'] !== null
    && ((await legacyOf('hamlet')).body['parked'] as { seq: number } | undefined)?.seq === seq);

  await t.test('it is listed with its reason, and shown with the event', async (t) => {
    await parkedAt(poisonSeq);
    t.match(await call('GET', 'parked'), { status: 200, body: {
      projections: [{ saleId: 'hamlet', projection: 'legacy', seq: poisonSeq, type: 'hold.placed',
        eventId: first.event.id, reason: /seats/, parkedAt: /^2/ }],
      partitions: [],
    } });
    t.match(await legacyOf('hamlet'), { status: 200, body: {
      seq: poisonSeq - 1, headSeq: sale.head.seq, replayable: false,
      event: { id: first.event.id, data: { holdId: first.holdId } },
      acts: [{ act: 'parked', seq: poisonSeq, actor: 'system', doneAt: /^2/ }],
    } });
    await pool.query(`INSERT INTO event_store.parked_partitions VALUES ('s@1', 'p07', 'no batch')`);
    t.match(await run('parked', 'list'), { status: 0, lines: [
      new RegExp(`^hamlet  legacy  event ${poisonSeq}, hold\\.placed, since `), /^partition p07 {2}0 records/,
      /parked-partitions\.md/,
    ] });
    await pool.query('DELETE FROM event_store.parked_partitions');
    t.match(await run('parked', 'show', 'hamlet', 'legacy'), { status: 0, lines: [
      /^legacy of hamlet: at event \d+ of \d+, \d+ behind, cannot be replayed$/, /^parked at event /,
      /^\{.*"no-seat"/, / parked event \d+ by system: /,
    ] });
    await awaitThat('all of lear is projected', async () => (await legacyOf('lear')).body['behind'] === 0);
    t.match(await run('parked', 'show', 'lear', 'legacy'), { lines: [/, 0 behind/, 'It is not parked.'] });
  });

  await t.test('what cannot be done is refused, and leaves no trace', async (t) => {
    const acts = async (): Promise<unknown> => (await pool.query('SELECT id FROM projection.acts')).rows;
    const before = await acts();
    const path = 'sales/hamlet/projections/legacy';
    const why = 'a test';
    const refusals: [string, object, number, string][] = [
      [`${path}/retry`, { seq: 2, why }, 409, 'projection_not_parked'],
      [`${path}/skip`, { seq: 2, why }, 409, 'projection_not_parked'],
      ['sales/lear/projections/legacy/retry', { seq: 2, why }, 409, 'projection_not_parked'],
      [`${path}/replay`, { why }, 409, 'projection_not_replayable'],
      ['sales/hamlet/projections/nothing@1/retry', { seq: 2, why }, 404, 'projection_unknown'],
      ['sales/nobody/projections/legacy/skip', { seq: 2, why }, 404, 'sale_unknown'],
      [`${path}/retry`, { seq: poisonSeq }, 400, 'request_invalid'],
      [`${path}/retry`, { seq: poisonSeq, why: ' ' }, 400, 'request_invalid'],
      [`${path}/retry`, { seq: poisonSeq, why: 'a\u0000b' }, 400, 'request_invalid'],
      [`${path}/skip`, { why }, 400, 'request_invalid'],
      [`${path}/replay`, { why, seq: 1 }, 400, 'request_invalid'],
    ];
    for (const [target, body, status, code] of refusals) {
      t.match(await call('POST', target, body), { status, body: { code } }, `${target} ${code}`);
    }
    t.match((await call('POST', `${path}/retry`, { seq: 2, why })).body,
      { detail: `It is parked at seq ${poisonSeq}, not at 2.`, parked: poisonSeq });
    t.match(await call('POST', `${path}/retry`, { seq: poisonSeq, why }, stack.viewerToken), { status: 403 });
    t.match(await call('GET', 'parked', undefined, 'nobody'), { status: 401 });
    t.match(await run('parked', 'retry', 'hamlet', 'legacy'), { status: 1, stderr: /^--why is missing/ });
    t.match(await run('parked', 'skip', 'hamlet', 'legacy', '--why', why),
      { status: 1, stderr: '--seq is missing: name the event to skip.' });
    t.match(await run('parked', 'replay', 'hamlet', 'legacy', '--why', why, '--seq', '1'), { status: 1 });
    t.match(await run('parked', 'replay', 'hamlet', 'legacy', '--why', why),
      { status: 1, stderr: /^409 projection_not_replayable: / });
    t.match(await run('parked', 'retry', 'lear', 'legacy', '--why', why),
      { status: 1, stderr: 'legacy of lear is not parked.' });
    t.match(await run('parked', 'list', 'all'), { status: 1, stderr: 'What is all? See --help.' });
    t.same(await acts(), before);
  });

  await t.test('retry goes on after the fix, skip past one event, and the audit has both', async (t) => {
    await pool.query(`INSERT INTO seats
      (show_id, area_id, code, row_label, label, x, y, sort_order, category_id)
      SELECT show_id, area_id, 'no-seat', 'A', '0', 0, 0, 0, category_id FROM seats
      WHERE show_id = (SELECT id FROM shows WHERE slug = 'hamlet') LIMIT 1`);
    t.match(await run('parked', 'retry', 'hamlet', 'legacy', '--why', 'the seat is there'), {
      status: 0, lines: [/^legacy of hamlet is tried again, by operator:\w+: the seat is there$/],
    });
    await parkedAt(poisonSeq + 1);
    const skip = { seq: poisonSeq + 1, why: 'a test hold' };
    t.match(await call('POST', 'sales/hamlet/projections/legacy/skip', skip),
      { status: 200, body: { ...skip, actor: /^operator:/ } });
    await awaitThat('it catches up', async () => (await legacyOf('hamlet')).body['behind'] === 0);
    t.match((await legacyOf('hamlet')).body['acts'], [
      { act: 'skipped', ...skip, actor: /^operator:/ }, { act: 'parked' },
      { act: 'retried', seq: poisonSeq, why: 'the seat is there' }, { act: 'parked' },
    ]);
    t.match(await run('parked', 'list'), { status: 0, lines: ['Nothing is parked.'] });
    t.match((await run('parked', 'show', 'hamlet', 'legacy')).lines,
      [/./, /not parked/, / skipped event .*: a test hold$/]);
  });

  await t.test('a read model of a sale is made anew', async (t) => {
    const { rows: [model] } = await pool.query<{ key: string }>(
      `SELECT key FROM projection.versions WHERE name = 'occupancy' AND state = 'serving'`);
    const key = model?.key ?? '';
    const occupancy = async (): Promise<unknown[]> =>
      (await pool.query(`SELECT * FROM read_models.occupancy o
        WHERE sale_id = 'hamlet' ORDER BY to_json(o)::text`)).rows;
    const path = `sales/hamlet/projections/${encodeURIComponent(key)}`;
    const isThere = async (): Promise<boolean> => {
      type Detail = { acts: { doneAt: unknown }[]; behind: number };
      const { acts, behind } = (await call('GET', path)).body as Detail;
      return behind === 0 && acts.every(({ doneAt }) => doneAt !== null);
    };
    await awaitThat('it is there', isThere);
    const expected = await occupancy();
    await pool.query(`UPDATE read_models.${key.replace('@', '_v')} SET sold = 0`);
    t.match(await run('parked', 'replay', 'hamlet', key, '--why', 'counted wrong'), { status: 0 });
    await awaitThat('it is made anew', isThere);
    t.same(await occupancy(), expected);
  });
});
