/** Jobs follow from orders once: nothing that is rebuilt or replayed enqueues any. */
import t from 'tap';
import { jobsProjection } from '../../../../services/projector/projections/jobs-projection.ts';
import { createLegacyProjection } from '../../../../services/projector/projections/legacy-projection.ts';
import { occupancy } from '../../../../services/projector/projections/read-models/occupancy.ts';
import { READ_MODELS } from '../../../../services/projector/projections/read-models/read-models.ts';
import { askForReplay } from '../../../../services/shared/projections/projection-acts.ts';
import { awaitThat } from '../../../harness/await-that.ts';
import { openKit } from '../../../kit/open-kit.ts';

const kit = await openKit(t);
const legacy = createLegacyProjection(kit.contactKey);
const jobs = () => kit.rows('SELECT key, revision FROM graphile_worker.jobs ORDER BY id');
const actor = { actor: 'operator:ann', why: 'to be sure' };

t.test('an order has its job with its rows, or neither', async (t) => {
  const sale = kit.chain('hamlet');
  await kit.given([...sale.open(), ...await sale.traffic(6)]);
  await t.rejects(kit.progress.apply([{
    saleId: 'hamlet', from: 0, events: [{ seq: 1, event: sale.next('sale.paused', {}) }],
    effects: [{ projection: jobsProjection, plan: ['o_1'] }, {
      plan: 0,
      projection: { key: 'late', plan: () => 0, apply: () => Promise.reject(new Error('it went away')) },
    }],
  }]));
  t.same(await jobs(), []);
  await kit.projected(legacy, jobsProjection, ...READ_MODELS);
  const orders = await kit.rows(
    "SELECT 'hamlet/' || number || '/make-tickets' AS key, 0 AS revision FROM orders");
  t.equal(orders.length, 4);
  t.same(new Set((await jobs()).map((job) => JSON.stringify(job))),
    new Set(orders.map((order) => JSON.stringify(order))));
});

t.test('a rebuild from zero and a replay enqueue nothing', async (t) => {
  await kit.rows('DELETE FROM graphile_worker._private_jobs');
  await kit.rows("DELETE FROM projection.positions WHERE projection NOT IN ('legacy', 'jobs')");
  for (const { name, version } of READ_MODELS) await kit.rows(`DELETE FROM read_models.${name}_v${version}`);
  await kit.projected(legacy, jobsProjection, ...READ_MODELS);
  t.ok(await askForReplay(kit.pool, { projection: occupancy.key, saleId: 'hamlet' }, actor));
  const engine = kit.engineOf([legacy, jobsProjection, ...READ_MODELS]);
  engine.start();
  await awaitThat('the replay has begun', async () => (await kit.rows(
    'SELECT FROM projection.acts WHERE done_at IS NOT NULL')).length === 1);
  await engine.stop();
  await kit.projected(legacy, jobsProjection, ...READ_MODELS);
  t.ok((await kit.rowsOf(occupancy, 'hamlet')).length > 0, 'it was replayed');
  t.same(await jobs(), []);
});

t.test('nobody can have the jobs themselves replayed', async (t) => {
  t.equal(await askForReplay(kit.pool, { projection: 'jobs', saleId: 'hamlet' }, actor), false);
});
