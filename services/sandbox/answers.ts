import { createHash } from 'node:crypto';
import { loadSql } from '../shared/platform/pg.ts';
import type { Pool, PoolClient } from '../shared/platform/pg.ts';

const sql = { select: loadSql(import.meta.url, './sql/select-answer.sql') };

/** An Idempotency-Key with the digest of what it was sent with. */
export interface Claim {
  key: string;
  digest: string;
}

/** The claim of a request; bodies that differ only in the order of their fields are the same. */
export function claimOf(key: string, body: object): Claim {
  const sorted = JSON.stringify(Object.entries(body).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { key, digest: createHash('sha256').update(sorted).digest('base64url') };
}

/** What was answered under a key before; undefined when nothing was. */
export async function findAnswer<T>(
  db: Pool | PoolClient, scope: 'payments' | 'refunds', { key, digest }: Claim,
): Promise<T | 'reused' | undefined> {
  const { rows: [row] } = await db.query<{ digest: string; answer: T }>(sql.select, [scope, key]);
  if (row === undefined) return undefined;
  return row.digest === digest ? row.answer : 'reused';
}
