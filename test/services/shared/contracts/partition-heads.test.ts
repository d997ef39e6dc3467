import t from 'tap';
import { decodeBatch, isPartitionHeads } from '../../../../services/shared/contracts/bus-record.ts';
import {
  packStatement, readHeadsEvent, readStatement, toHeadsEvent,
} from '../../../../services/shared/contracts/partition-heads.ts';
import type {
  HeadsStatement, PartitionHeads,
} from '../../../../services/shared/contracts/partition-heads.ts';

const readTo = { shardId: 'shardId-000000000001', sequenceNumber: '4957' };
const said: PartitionHeads = {
  readTo, full: true, heads: [['hamlet', { seq: 3, id: 'e-3' }], ['macbeth', { seq: 1, id: 'e-1' }]],
};
const about = { partition: 7, id: 'heads-1', nowMs: Date.UTC(2026, 10, 23) };

t.test('heads go over the bus as an event that every reader knows from those of a sale', (t) => {
  const [event] = decodeBatch(JSON.stringify([toHeadsEvent(said, about)]));
  if (event === undefined) throw new Error('nothing was decoded');
  t.ok(isPartitionHeads(event));
  t.match(event, {
    subject: 'p07', source: '/onsale/p07', sequence: '1', prev: '0', type: 'partition.heads',
  });
  t.same(readHeadsEvent(event), said);
  t.notOk(isPartitionHeads({ ...event, subject: 'hamlet' }), 'of a sale it is judged as any other event');
  t.notOk(isPartitionHeads({ ...event, source: '/onsale/p08' }));
  t.notOk(isPartitionHeads({ ...event, type: 'sale.opened' }), 'a sale may have the name of a partition');
  t.end();
});

t.test('what is not heads is refused', (t) => {
  const { data } = toHeadsEvent(said, about);
  const wrong: unknown[] = [
    null, {}, 'heads', { ...data as object, heads: null }, { ...data as object, full: 1 },
    { ...data as object, readTo: ['shardId-000000000001'] }, { ...data as object, readTo: 'x' },
    ...[['hamlet', 0, 'e'], ['hamlet', 1.5, 'e'], ['hamlet', '1', 'e'], ['', 1, 'e'], ['hamlet', 1, ''],
      ['hamlet', 1], 'hamlet', ['hamlet', 1e15, 'e'], ['h'.repeat(201), 1, 'e']]
      .map((head) => ({ ...data as object, heads: [head] })),
  ];
  for (const one of wrong) t.throws(() => readHeadsEvent({ data: one }), JSON.stringify(one));
  t.end();
});

t.test('a statement is one line in Redis; anything else is none', (t) => {
  const statements: HeadsStatement[] = [
    { streamKey: 'onsale@1', readTo, records: [] },
    { streamKey: 'onsale@1', readTo: { ...readTo, sequenceNumber: 'SHARD_END' }, records: [readTo, readTo] },
  ];
  for (const one of statements) t.same(readStatement(packStatement(one)), one);
  const others = [null, '', 'onsale@1', 'onsale@1 shard', 'onsale@1 shard 1 shard', 'onsale@1 shard 1 /2'];
  for (const text of others) t.equal(readStatement(text), undefined, String(text));
  t.end();
});
