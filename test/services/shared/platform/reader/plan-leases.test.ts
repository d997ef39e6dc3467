import * as fc from 'fast-check';
import t from 'tap';
import type { LeaseRow } from '../../../../../services/shared/platform/reader/lease-table.ts';
import { planLeases, readableLeases } from '../../../../../services/shared/platform/reader/plan-leases.ts';
import { SHARD_END } from '../../../../../services/shared/platform/reader/positions.ts';

function row(shardId: string, more: Partial<LeaseRow> = {}): LeaseRow {
  return {
    shardId, parents: [], owner: undefined, epoch: 1, position: undefined, wantedBy: undefined,
    isFree: more.owner === undefined, readUntilMs: 0, ...more,
  };
}

/** All processes look at the table in turn, and owners hand over what is wanted. Returns the moves. */
function runOnce(rows: LeaseRow[], members: Set<string>): number {
  let moves = 0;
  for (const owner of members) {
    const { take, ask } = planLeases({ rows, owner, members });
    for (const lease of take) Object.assign(lease, { owner, isFree: false, wantedBy: undefined });
    for (const lease of ask) lease.wantedBy = owner;
    moves += take.length + ask.length;
  }
  for (const lease of rows) {
    if (lease.wantedBy !== undefined) Object.assign(lease, { owner: lease.wantedBy, wantedBy: undefined });
  }
  return moves;
}

t.test('from whatever state, the shards are soon divided evenly and then stay (KCL #332, #708)', async () => {
  fc.assert(fc.property(
    fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }), { minLength: 1, maxLength: 60 }),
    fc.integer({ min: 1, max: 8 }),
    (owners, count) => {
      const members = new Set(Array.from({ length: count }, (_, i) => `process-${i}`));
      const rows = owners.map((owner, i) => {
        const name = owner === undefined ? undefined : `process-${owner}`;
        // Those of processes that are gone have lapsed.
        return row(`shard-${i}`, { owner: name, isFree: name === undefined || !members.has(name) });
      });
      for (let rounds = 0; runOnce(rows, members) > 0; rounds++) if (rounds > 3) return false;
      const counts = [...members].map((name) => rows.filter(({ owner }) => owner === name).length);
      return Math.max(...counts) - Math.min(...counts) <= 1 && !rows.some(({ isFree }) => isFree);
    },
  ), { numRuns: 2_000 });
});

t.test('a shard that is asked for counts as handed over', async (t) => {
  const rows = ['a', 'b', 'c', 'd'].map((id) => row(id, { owner: 'one' }));
  const members = new Set(['one', 'two']);
  const { ask } = planLeases({ rows, owner: 'two', members });
  t.same(ask.map(({ shardId }) => shardId), ['a', 'b']);
  for (const lease of ask) lease.wantedBy = 'two';
  t.same(planLeases({ rows, owner: 'two', members }), { take: [], ask: [] });
  t.same(planLeases({ rows, owner: 'one', members }), { take: [], ask: [] });
});

t.test('shards are divided that can be read: their parents are read to their end, or gone', async (t) => {
  const rows = [
    row('left', { position: SHARD_END }), row('right', { owner: 'one', position: '7' }),
    row('merged', { parents: ['left', 'right'] }), row('of-left', { parents: ['left'] }),
    row('orphan', { parents: ['long-gone'] }),
  ];
  t.same(readableLeases(rows).map(({ shardId }) => shardId), ['right', 'of-left', 'orphan']);
});
