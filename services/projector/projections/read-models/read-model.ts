import { loadSql } from '../../../shared/platform/pg.ts';
import type { Projection } from '../projection.ts';

/**
 * A projection whose rows are its own: they say nothing that the log does not, carry the sale's id in
 * `sale_id`, and are made anew at will. It does nothing else: no job and no message follows from building it.
 */
export interface ReadModel<Plan = unknown> extends Projection<Plan> {
  /** of the view that readers use, in the schema `read_models` */
  readonly name: string;
  readonly version: number;
  /** makes its table, `read_models.NAME_vVERSION` */
  readonly createSql: string;
}

/** The parts of a read model; `forgetSql` deletes what there is of the sale $1. */
export interface ReadModelParts<Plan> extends Pick<ReadModel<Plan>, 'name' | 'version' | 'plan' | 'apply'> {
  createSql: string;
  forgetSql: string;
}

/** Puts the parts together. */
export function defineReadModel<Plan>(parts: ReadModelParts<Plan>): ReadModel<Plan> {
  const { name, version, createSql, forgetSql, plan, apply } = parts;
  return {
    key: `${name}@${version}`,
    name, version, createSql, plan, apply,
    async forget(client, saleId) {
      await client.query(forgetSql, [saleId]);
    },
  };
}

/** A statement of the caller's folder that a connection parses once. */
export function namedStatement(relativeTo: string, path: string): { name: string; text: string } {
  return { name: `${relativeTo.split('/').at(-1)} ${path}`, text: loadSql(relativeTo, path) };
}
