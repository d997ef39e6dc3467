import t from 'tap';
import { SentRecords } from '../../../services/relay/sent-records.ts';
import type { PackedEvent } from '../../../services/shared/contracts/outbox.ts';

const eventsOf = (id: string): PackedEvent[] => [{
  type: 'sale.paused', saleId: 'hamlet', seq: 1, id, prev: '0', timeMs: 1, epoch: 0, context: '',
  body: ['{}'],
}];

t.test('a record is recalled by its bytes alone, and once', async (t) => {
  const records = new SentRecords();
  records.add(Buffer.from('one'), eventsOf('e1'));
  records.add(Buffer.from('two'), eventsOf('e2'));
  t.equal(records.take(Buffer.from('One')), undefined, 'one byte differs');
  t.equal(records.take(Buffer.from('one ')), undefined);
  t.equal(records.take(Buffer.from('on')), undefined);
  t.same(records.take(new Uint8Array(Buffer.from('one'))), eventsOf('e1'), 'whatever holds the bytes');
  t.equal(records.take(Buffer.from('one')), undefined, 'what comes twice is unpacked');
  t.same(records.take(Buffer.from('two')), eventsOf('e2'));
});

t.test('no more than the last few are kept', async (t) => {
  const records = new SentRecords();
  for (let i = 0; i < 10; i++) records.add(Buffer.from(`record ${i}`), eventsOf(`e${i}`));
  const found = Array.from({ length: 10 }, (_, i) => records.take(Buffer.from(`record ${i}`)) !== undefined);
  t.same(found, [...Array.from({ length: 6 }, () => false), ...Array.from({ length: 4 }, () => true)]);
});
