import { loadSql } from '../../../shared/platform/pg.ts';
import type { PoolClient } from '../../../shared/platform/pg.ts';
import type { EventData } from '../../../shared/contracts/events.ts';
import { planEffects } from '../../plan-effects.ts';
import type { AreaChange, Step } from '../../plan-effects.ts';
import { ProjectionFault } from '../projection-fault.ts';
import { defineReadModel, namedStatement } from './read-model.ts';

const sql = {
  define: namedStatement(import.meta.url, './sql/define-occupancy.sql'),
  unblock: namedStatement(import.meta.url, './sql/unblock-occupancy.sql'),
  setCapacity: namedStatement(import.meta.url, './sql/set-occupancy-capacity.sql'),
  change: namedStatement(import.meta.url, './sql/change-occupancy.sql'),
};

/** How full each area of a sale is: free, held, sold, blocked. */
export const occupancy = defineReadModel<readonly Step[]>({
  name: 'occupancy',
  version: 1,
  createSql: loadSql(import.meta.url, './sql/create-occupancy.sql'),
  forgetSql: loadSql(import.meta.url, './sql/forget-occupancy.sql'),
  plan: planEffects,
  async apply(client, saleId, steps) {
    for (const step of steps) await applyStep(client, saleId, step);
  },
});

async function applyStep(client: PoolClient, saleId: string, step: Step): Promise<void> {
  switch (step.kind) {
    case 'define-sale':
      return define(client, saleId, step.data);
    case 'define-area':
      await client.query({ ...sql.unblock, values: [saleId] });
      return;
    case 'set-capacity': {
      const values = [saleId, step.areaId, step.capacity];
      return expectRows((await client.query({ ...sql.setCapacity, values })).rowCount, 1);
    }
    case 'change-stock':
      return change(client, saleId, [...step.change.areas]);
    default:
      return;
  }
}

async function define(client: PoolClient, saleId: string, data: EventData<'sale.defined'>): Promise<void> {
  const { areas } = data;
  await client.query({
    ...sql.define,
    values: [
      saleId,
      areas.map(({ areaId }) => areaId),
      areas.map(({ name }) => name),
      areas.map(({ kind }) => kind),
      areas.map(({ capacity }) => capacity),
      areas.map(({ categoryId }) => categoryId),
    ],
  });
}

async function change(client: PoolClient, saleId: string, areas: [string, AreaChange][]): Promise<void> {
  const { rowCount } = await client.query({
    ...sql.change,
    values: [
      saleId,
      areas.map(([areaId]) => areaId),
      areas.map(([, { held }]) => held),
      areas.map(([, { sold }]) => sold),
      areas.map(([, { blocked }]) => blocked),
    ],
  });
  expectRows(rowCount, areas.length);
}

function expectRows(rowCount: number | null, expected: number): void {
  if (rowCount !== expected) throw new ProjectionFault(`${rowCount ?? 0} of ${expected} areas are known`);
}
