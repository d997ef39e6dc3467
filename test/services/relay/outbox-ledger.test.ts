import t from 'tap';
import { createOutboxLedger } from '../../../services/relay/outbox-ledger.ts';
import type { PackedEvent } from '../../../services/shared/contracts/outbox.ts';

const event = (id: string): PackedEvent => ({
  type: 'sale.opened', saleId: 's', seq: 1, id, prev: '0', timeMs: 0, epoch: 0, context: '', body: ['{}'],
});

t.test('the watermark never passes an event that is open', async (t) => {
  const ledger = createOutboxLedger();
  ledger.add('1-0', [event('a'), event('b')]);
  ledger.add('2-0', [event('c')]);
  ledger.add('2-1', [event('d')]);
  t.equal(ledger.takeTrimBefore(), undefined);
  ledger.accept('a');
  ledger.accept('c');
  t.equal(ledger.takeTrimBefore(), undefined, 'b is open, c waits behind it');
  t.same([...ledger.openEvents()].map(({ id }) => id), ['b', 'd']);
  ledger.accept('b');
  t.equal(ledger.takeTrimBefore(), '2-1');
  t.equal(ledger.takeTrimBefore(), undefined, 'told once');
  ledger.accept('d');
  t.equal(ledger.takeTrimBefore(), '2-2', 'right behind the last one');
  t.equal(ledger.oldestAtMs(), undefined);
});

t.test('an entry that cannot be read is never done', async (t) => {
  const ledger = createOutboxLedger();
  ledger.add('5-0', [], false);
  ledger.add('6-0', [event('a')]);
  ledger.accept('a');
  t.equal(ledger.takeTrimBefore(), undefined);
  t.equal(ledger.oldestAtMs(), 5);
  t.equal(ledger.entryCount(), 2);
});

t.test('what is unknown or done is not accepted again', async (t) => {
  const ledger = createOutboxLedger();
  ledger.add('1-0', [event('a')]);
  t.equal(ledger.accept('x'), undefined);
  t.equal(ledger.accept('a')?.id, 'a');
  t.equal(ledger.accept('a'), undefined);
});

t.test('thousands of entries are taken in and let go', async (t) => {
  const ledger = createOutboxLedger();
  for (let i = 1; i <= 5_000; i++) ledger.add(`${i}-0`, [event(`e${i}`)]);
  for (let i = 1; i <= 4_999; i++) ledger.accept(`e${i}`);
  t.equal(ledger.takeTrimBefore(), '5000-0');
  t.equal(ledger.entryCount(), 1);
  t.same([...ledger.openEvents()].map(({ id }) => id), ['e5000']);
});
