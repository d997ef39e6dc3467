/** Every projection that the projector runs keeps the contract. */
import t from 'tap';
import { jobsProjection } from '../../../../services/projector/projections/jobs-projection.ts';
import { createLegacyProjection } from '../../../../services/projector/projections/legacy-projection.ts';
import { READ_MODELS } from '../../../../services/projector/projections/read-models/read-models.ts';
import { loadSql } from '../../../../services/shared/platform/pg.ts';
import { playEveryType } from '../../../harness/play-every-type.ts';
import { openKit } from '../../../kit/open-kit.ts';
import { projectionContract } from '../../../kit/projection-contract.ts';

const LEGACY_ROWS = ['select-areas', 'select-seats', 'select-prices', 'select-orders']
  .map((name) => loadSql(import.meta.url, `../../../harness/sql/${name}.sql`));
const LEGACY_TABLES = [
  'venues', 'shows', 'price_categories', 'prices', 'areas', 'seats', 'customers', 'orders', 'order_lines',
  'order_charges', 'tickets', 'payments',
].map((table) => `public.${table}`);

const kit = await openKit(t);
const log = await playEveryType(t, 'every-type');

t.test('legacy', async (t) => {
  await projectionContract(t, kit, {
    projection: createLegacyProjection(kit.contactKey),
    tables: [...LEGACY_TABLES, 'projection.projected_orders'],
    // The codes of tickets come from the sale's own seed.
    rowsOf: async (saleId) => Promise.all(LEGACY_ROWS.map(async (sql) =>
      (await kit.rows(sql, [saleId])).map((row) => ({ ...row as object, tickets: undefined })))),
  }, log);
});

t.test('jobs', async (t) => {
  await projectionContract(t, kit, {
    projection: jobsProjection,
    tables: ['graphile_worker._private_jobs', 'graphile_worker._private_tasks'],
    rowsOf: (saleId) => kit.rows(`
      SELECT key, payload, revision, attempts FROM graphile_worker._private_jobs
      WHERE starts_with(key, $1 || '/') ORDER BY key`, [saleId]),
  }, log);
});

for (const model of READ_MODELS) {
  t.test(model.key, async (t) => {
    await projectionContract(t, kit, {
      projection: model,
      tables: [`read_models.${model.name}_v${model.version}`],
      rowsOf: (saleId) => kit.rowsOf(model, saleId),
    }, log);
  });
}
