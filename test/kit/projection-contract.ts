/** What every projection keeps, whatever it is about. A new one is added to the list of contract.test.ts. */
import type { Test } from 'tap';
import type { Projection } from '../../services/projector/projections/projection.ts';
import type { BusEvent } from '../../services/shared/contracts/bus-record.ts';
import { askForReplay } from '../../services/shared/projections/projection-acts.ts';
import type { PoolClient } from '../../services/shared/platform/pg.ts';
import { awaitThat } from '../harness/await-that.ts';
import type { Kit } from './open-kit.ts';

export interface ContractSubject {
  projection: Projection;
  /** `schema.table` of all that it may write to */
  tables: string[];
  /** what it has made of a sale, without what may differ from one run to the next */
  rowsOf(saleId: string): Promise<unknown>;
}

/** Runs the suite as subtests. `log`: a sale of which something follows, as the scripts write it. */
export async function projectionContract(
  t: Test, kit: Kit, subject: ContractSubject, log: readonly BusEvent[],
): Promise<void> {
  const stage = await setStage(kit, subject, log);
  await t.test('the log means something to it', async (t) => {
    t.not(JSON.stringify(stage.expected), JSON.stringify(await subject.rowsOf('nobody')));
  });
  await t.test('event by event it comes to the same', (t) => oneByOne(t, stage));
  await t.test('twice the same event has one effect', (t) => twice(t, stage));
  await t.test('replayed from zero it comes to the same, or it says that it cannot be', (t) =>
    replayed(t, stage));
  await t.test('killed in the middle, it goes on where it was', (t) => killed(t, stage));
  await t.test('two sales interleaved, by two processes: each as if it were alone', (t) =>
    interleaved(t, stage));
  await t.test('an unknown event type passes by', (t) => unknownType(t, stage));
  await t.test('it writes to its own tables only', (t) => ownTables(t, stage));
}

type Stage = Awaited<ReturnType<typeof setStage>>;

let sales = 0;

/** The log told of a first sale, and what is expected of all others of which it is told. */
async function setStage(kit: Kit, { projection, tables, rowsOf }: ContractSubject, log: readonly BusEvent[]) {
  const tell = async (events = log) => {
    sales += 1;
    const saleId = `contract-${sales}`;
    return { saleId, events: await kit.retold(events, saleId) };
  };
  const rows = async (saleId: string) =>
    JSON.parse(JSON.stringify(await rowsOf(saleId)).replaceAll(saleId, 'S')) as unknown;
  const first = await tell();
  await kit.given(first.events);
  await kit.projected(projection);
  const expected = await rows(first.saleId);
  return {
    kit, projection, tables, log, tell, first, expected,
    expectRows: async (t: Test, saleId: string) => t.same(await rows(saleId), expected),
  };
}

async function oneByOne(t: Test, { kit, projection, tell, expectRows }: Stage): Promise<void> {
  const { saleId, events } = await tell();
  for (const [i, event] of events.entries()) {
    const run = await plannedRun(projection, saleId, i, [event]);
    const outcomes = await kit.progress.apply([run]);
    t.equal(outcomes.get(run)?.kind, 'done', event.type);
  }
  await expectRows(t, saleId);
}

async function twice(t: Test, { kit, projection, tell, expectRows }: Stage): Promise<void> {
  const { saleId, events } = await tell();
  await kit.given(events);
  const run = await plannedRun(projection, saleId, 0, events);
  const both = await Promise.all([kit.progress.apply([run]), kit.progress.apply([run])]);
  t.same(new Set(both.map((outcomes) => outcomes.get(run)?.kind)), new Set(['done', 'moved']));
  const again = await kit.progress.apply([run]);
  t.equal(again.get(run)?.kind, 'moved');
  await expectRows(t, saleId);
}

async function replayed(t: Test, { kit, projection, tell, first, expectRows }: Stage): Promise<void> {
  const { saleId, events } = await tell();
  await kit.given(events);
  await kit.projected(projection);
  const actor = { actor: 'operator:ann', why: 'to be sure' };
  const isAsked = await askForReplay(kit.pool, { projection: projection.key, saleId }, actor);
  t.equal(isAsked, projection.forget !== undefined);
  const isDone = async () => (await kit.rows(
    'SELECT FROM projection.acts WHERE sale_id = $1 AND done_at IS NOT NULL', [saleId],
  )).length === 1;
  if (isAsked) {
    const engine = kit.engineOf([projection]);
    engine.start();
    await awaitThat('the replay has begun', isDone);
    await engine.stop();
  }
  await kit.projected(projection);
  await expectRows(t, saleId);
  await expectRows(t, first.saleId);
}

async function killed(t: Test, { kit, projection, tell, expectRows }: Stage): Promise<void> {
  const { saleId, events } = await tell();
  const third = Math.ceil(events.length / 3);
  for (let from = 0; from < events.length; from += third) {
    await kit.given(events.slice(from, from + third));
    let kills = 0;
    await kit.projected({
      ...projection,
      async apply(client, ...args) {
        await projection.apply(client, ...args);
        kills += 1;
        if (kills === 1) await client.query('SELECT pg_terminate_backend(pg_backend_pid())');
      },
    });
    t.ok(kills > 1, 'its transaction was cut once all was written');
  }
  await expectRows(t, saleId);
}

async function interleaved(t: Test, { kit, projection, tell, expectRows }: Stage): Promise<void> {
  const [a, b] = [await tell(), await tell()];
  const engines = [kit.engineOf([projection]), kit.engineOf([projection])];
  for (const engine of engines) engine.start();
  for (const [i, event] of a.events.entries()) {
    await kit.given([event, b.events[i] ?? event]);
    for (const engine of engines) engine.wake([a.saleId, b.saleId]);
  }
  await awaitThat('both are projected', async () =>
    (await kit.progress.survey([projection.key])).behind.length === 0);
  await Promise.all(engines.map((engine) => engine.stop()));
  await expectRows(t, a.saleId);
  await expectRows(t, b.saleId);
}

async function unknownType(t: Test, { kit, projection, log, tell, expectRows }: Stage): Promise<void> {
  const half = Math.floor(log.length / 2);
  const praise = { ...log[half], id: 'e-praise', type: 'sale.praised', data: null } as BusEvent;
  const { saleId, events } = await tell([...log.slice(0, half), praise, ...log.slice(half)]
    .map((event, i) => ({ ...event, sequence: String(i + 1).padStart(10, '0') })));
  await kit.given(events);
  await kit.projected(projection);
  const states = await kit.progress.states([projection.key], [saleId]);
  t.equal(states.get(saleId)?.get(projection.key)?.seq, log.length + 1);
  await expectRows(t, saleId);
}

async function ownTables(t: Test, { kit, projection, tables, tell, expectRows }: Stage): Promise<void> {
  const { saleId, events } = await tell();
  await kit.given(events);
  const written = new Set<string>();
  await kit.projected({
    ...projection,
    async apply(client, ...args) {
      const before = await rowsWritten(client);
      await projection.apply(client, ...args);
      for (const [table, count] of await rowsWritten(client)) {
        if (count !== (before.get(table) ?? 0)) written.add(table);
      }
    },
  });
  await expectRows(t, saleId);
  t.ok(written.size > 0);
  t.same([...written].filter((table) => !tables.includes(table)), []);
}

async function plannedRun(projection: Projection, saleId: string, from: number, events: readonly BusEvent[]) {
  const stored = events.map((event, i) => ({ seq: from + i + 1, event }));
  const plan = await projection.plan(stored as Parameters<Projection['plan']>[0]);
  return { saleId, from, events: stored, effects: [{ projection, plan }] };
}

/** By table; also what this connection has written before and not reported yet. */
async function rowsWritten(client: PoolClient): Promise<Map<string, number>> {
  const { rows } = await client.query<{ table: string; count: number }>(`
    SELECT schemaname || '.' || relname AS table, (n_tup_ins + n_tup_upd + n_tup_del)::int AS count
    FROM pg_stat_xact_user_tables`);
  return new Map(rows.map(({ table, count }) => [table, count]));
}
