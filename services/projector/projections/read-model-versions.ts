import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../../shared/platform/pg.ts';
import type { ReadModel } from './read-models/read-model.ts';

const sql = {
  selectVersions: loadSql(import.meta.url, './sql/select-versions.sql'),
  lockVersions: loadSql(import.meta.url, './sql/lock-versions.sql'),
  insertVersion: loadSql(import.meta.url, './sql/insert-version.sql'),
  serveVersion: loadSql(import.meta.url, './sql/serve-version.sql'),
  dropVersion: loadSql(import.meta.url, './sql/drop-version.sql'),
};

/**
 * Read models have versions. One that is new gets its table and is built from the beginning of the log while
 * readers go on seeing the one before; when it is as far in every sale, the view of the plain name shows it;
 * some time later the one before is dropped. Going back to an older version is a new version.
 */
export interface Version {
  key: string;
  name: string;
  version: number;
  /** migrations/projection/0002_create_versions.sql says what they mean */
  state: 'building' | 'serving' | 'retired';
  /** how long it has been in that state, by the clock of PostgreSQL */
  sinceMs: number;
}

/**
 * Gives a read model its table unless it has one, or a newer version of it has been here; the first version
 * of all serves at once. In the caller's transaction; any number of processes may call it.
 */
export async function prepareReadModel(client: Pick<PoolClient, 'query'>, model: ReadModel): Promise<void> {
  const { key, name, version } = model;
  await client.query(sql.lockVersions);
  const inserted = await client.query(sql.insertVersion, [key, name, version, model.forget !== undefined]);
  if (inserted.rowCount !== 1) return;
  await client.query(model.createSql);
  const { rows } = await client.query<Version>(sql.selectVersions);
  const isFirst = rows.every((row) => row.name !== name || row.key === key);
  if (isFirst) await client.query(sql.serveVersion, [key]);
}

/** All that there are. */
export async function selectVersions(pool: Pool): Promise<Version[]> {
  return (await pool.query<Version>(sql.selectVersions)).rows;
}

/** Shows a version to readers, if it is as far as the one they see; true if it was this call that did. */
export async function serveVersion(pool: Pool, key: string): Promise<boolean> {
  return isDone(await pool.query<{ done: boolean }>(sql.serveVersion, [key]));
}

/** Drops a version that is retired; true if it was this call that did. */
export async function dropVersion(pool: Pool, key: string): Promise<boolean> {
  return isDone(await pool.query<{ done: boolean }>(sql.dropVersion, [key]));
}

function isDone({ rows }: { rows: { done: boolean }[] }): boolean {
  return rows[0]?.done === true;
}
