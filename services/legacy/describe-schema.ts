import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';

const DESCRIBE_SCHEMA = loadSql(import.meta.url, './sql/describe-schema.sql');

const HEADER = '-- What the migrations amount to, for reading and for diffs; not run by anything.\n'
  + '-- Made by: DATABASE_URL=… node services/legacy/write-schema-main.ts\n';

/** The tables of a migrated database as text: the same text for the same schema. */
export async function describeSchema(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ line: string }>(DESCRIBE_SCHEMA);
  return HEADER + rows.map(({ line }) => (line.startsWith('TABLE') ? `\n${line}\n` : `${line}\n`)).join('');
}
