import { SHARD_END } from './positions.ts';
import type { LeaseRow } from './lease-table.ts';

/** What a process should do for its share of the shards. */
export interface LeasePlan {
  /** free leases to take */
  take: LeaseRow[];
  /** leases to ask their owners for */
  ask: LeaseRow[];
}

/**
 * Divides the shards that can be read now among the processes that are there: each has as many as any other,
 * or one more. Free ones are taken; beyond that a process that has too few asks those that have most, and
 * only while one has at least two more than it would have itself: so each move brings the division closer
 * to even, and an even one is left alone. Pure; the order of `rows` decides among equals.
 *
 * @param rows all rows of the cursor
 * @param owner the process that plans
 * @param members the processes that are there, with it
 */
export function planLeases(
  { rows, owner, members }: { rows: readonly LeaseRow[]; owner: string; members: ReadonlySet<string> },
): LeasePlan {
  const readable = readableLeases(rows);
  const mostEach = Math.ceil(readable.length / members.size);
  const counts = new Map<string, number>([[owner, 0]]);
  for (const row of readable) {
    const user = userOf(row, members);
    if (user !== undefined) counts.set(user, (counts.get(user) ?? 0) + 1);
  }
  let own = counts.get(owner) ?? 0;
  const free = readable.filter(({ isFree }) => isFree);
  const take = free.slice(0, Math.max(0, mostEach - own));
  own += take.length;
  const ask: LeaseRow[] = [];
  for (let richest = mostOf(counts); richest.count >= own + 2; richest = mostOf(counts)) {
    const next = readable.find((row) => userOf(row, members) === richest.user && !ask.includes(row));
    if (next === undefined || richest.user === owner) break;
    ask.push(next);
    counts.set(richest.user, richest.count - 1);
    own += 1;
  }
  return { take, ask };
}

/** The leases whose shard has something to be read, now or later, and whose parents are read to their end. */
export function readableLeases(rows: readonly LeaseRow[]): LeaseRow[] {
  // A parent that has no row is past its retention and was read, or could not be.
  const unread = new Set(rows.filter(({ position }) => position !== SHARD_END).map(({ shardId }) => shardId));
  return rows.filter(({ shardId, parents }) =>
    unread.has(shardId) && !parents.some((parent) => unread.has(parent)));
}

function mostOf(counts: ReadonlyMap<string, number>): { user: string; count: number } {
  const [user = '', count = 0] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  return { user, count };
}

/** Who has the shard, or will have it once it is handed over; undefined when it is free. */
function userOf(row: LeaseRow, members: ReadonlySet<string>): string | undefined {
  if (row.isFree) return undefined;
  return row.wantedBy !== undefined && members.has(row.wantedBy) ? row.wantedBy : row.owner;
}
