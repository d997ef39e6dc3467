import t from 'tap';
import { createOutboxLedger } from '../../../services/relay/outbox-ledger.ts';
import type { OutboxLedger } from '../../../services/relay/outbox-ledger.ts';
import type { PackedEvent } from '../../../services/shared/contracts/outbox.ts';

const event = (id: string): PackedEvent => ({
  type: 'sale.opened', saleId: 's', seq: 1, id, prev: '0', timeMs: 0, epoch: 0, context: '', body: ['{}'],
});

/** The entry up to which may be trimmed, taken as trimmed step by step. */
function trimAll(ledger: OutboxLedger): string | undefined {
  let last: string | undefined;
  for (let trim = ledger.trim(); trim !== undefined; trim = ledger.trim()) {
    ledger.trimmed(trim);
    last = trim.entryId;
  }
  return last;
}

t.test('the watermark never passes an event that is open', async (t) => {
  const ledger = createOutboxLedger();
  ledger.add('1-0', [event('a'), event('b')]);
  ledger.add('2-0', [event('c')]);
  ledger.add('2-1', [event('d')]);
  t.equal(ledger.trim(), undefined);
  ledger.finish('a', 'accepted');
  ledger.finish('c', 'accepted');
  t.equal(ledger.trim(), undefined, 'b is open, c waits behind it');
  t.same([...ledger.openEvents()].map(({ id }) => id), ['b', 'd']);
  ledger.finish('b', 'accepted');
  t.match(ledger.trim(), { entryId: '2-0', eventId: 'c' });
  t.equal(trimAll(ledger), '2-0', 'the same until Redis has done it');
  t.equal(ledger.trim(), undefined);
  ledger.finish('d', 'accepted');
  t.equal(trimAll(ledger), '2-1');
  t.equal(ledger.oldestAtMs(), undefined);
});

t.test('an entry that cannot be read is never done', async (t) => {
  const ledger = createOutboxLedger();
  ledger.add('5-0', [], false);
  ledger.add('6-0', [event('a')]);
  ledger.finish('a', 'accepted');
  t.equal(ledger.trim(), undefined);
  t.equal(ledger.oldestAtMs(), 5);
  t.equal(ledger.entryCount(), 2);
});

t.test('what is stuck is spared: what is behind it is trimmed, and it goes when it is done', async (t) => {
  const ledger = createOutboxLedger();
  const stuck = new Set(['a', 'c']);
  const spare = () => ledger.spare(({ id }) => stuck.has(id));
  for (const [n, id] of [...'abcde'].entries()) ledger.add(`${n + 1}-0`, [event(id)]);
  ledger.add('6-0', [], false);
  ledger.add('7-0', [event('f')]);
  spare();
  const told = ledger.trim();
  t.match(told, { entryId: '', spared: ['1-0'] }, 'b is on its way');
  if (told !== undefined) ledger.trimmed(told);
  t.equal(ledger.trim(), undefined, 'told once');
  for (const id of ['b', 'd']) ledger.finish(id, 'accepted');
  spare();
  t.match(ledger.trim(), { entryId: '4-0', eventId: 'd', spared: ['1-0', '3-0'] });
  t.equal(trimAll(ledger), '4-0');
  for (const id of ['e', 'f']) ledger.finish(id, 'accepted');
  spare();
  t.match(ledger.trim(), { entryId: '7-0', eventId: 'f', spared: ['1-0', '3-0', '6-0'] });
  t.equal(trimAll(ledger), '7-0');
  t.same([...ledger.openEvents()].map(({ id }) => id), ['a', 'c']);
  t.equal(ledger.entryCount(), 3);
  ledger.finish('c', 'accepted');
  t.match(ledger.trim(), { entryId: '3-0', eventId: 'c', spared: ['1-0', '6-0'] });
  t.equal(trimAll(ledger), '3-0');
  ledger.restart();
  t.same(ledger.add('1-0', [event('a')]), { open: [], accepted: [] }, 'it is known when it is read again');
  ledger.finish('a', 'aside');
  t.match(ledger.trim(), { entryId: '1-0', spared: [] });
});

t.test('500 are spared at most, and then nobody is asked what is stuck', async (t) => {
  const ledger = createOutboxLedger();
  for (let i = 1; i <= 502; i++) ledger.add(`${i}-0`, [event(`e${i}`)]);
  let asked = 0;
  const spare = () => ledger.spare(() => {
    asked += 1;
    return true;
  });
  spare();
  t.equal(ledger.trim()?.spared.length, 500);
  t.equal(asked, 500);
  spare();
  t.equal(asked, 500, 'to ask costs a look through what waits');
});

t.test('what is unknown or done is not finished again', async (t) => {
  const ledger = createOutboxLedger();
  ledger.add('1-0', [event('a')]);
  t.equal(ledger.finish('x', 'accepted'), undefined);
  t.equal(ledger.finish('a', 'accepted')?.id, 'a');
  t.equal(ledger.finish('a', 'accepted'), undefined);
});

t.test('thousands of entries are taken in and let go', async (t) => {
  const ledger = createOutboxLedger();
  for (let i = 1; i <= 5_000; i++) ledger.add(`${i}-0`, [event(`e${i}`)]);
  for (let i = 1; i <= 4_999; i++) ledger.finish(`e${i}`, 'accepted');
  t.match(ledger.trim(), { entryId: '500-0', eventId: 'e500' }, 'one step is bounded');
  t.equal(trimAll(ledger), '4999-0');
  t.equal(ledger.entryCount(), 1);
  t.same([...ledger.openEvents()].map(({ id }) => id), ['e5000']);
  ledger.finish('e5000', 'accepted');
  t.equal(trimAll(ledger), '5000-0');
});

t.test('read again after a failover: what is known is no news, what was lost does not count', async (t) => {
  const ledger = createOutboxLedger();
  ledger.add('10-0', [event('a')]);
  ledger.add('11-0', [event('b')]);
  ledger.add('20-0', [event('lost'), event('lost-2')]);
  ledger.add('21-0', [event('gone')]);
  ledger.finish('a', 'accepted');
  ledger.finish('gone', 'accepted');
  const before = ledger.trim();
  ledger.restart();
  ledger.restart();
  t.equal(ledger.trim(), undefined, 'positions of before are forgotten');
  t.same([...ledger.openEvents()].map(({ id }) => id), ['b', 'lost', 'lost-2'], 'events are not');
  t.match(ledger.add('10-0', [event('a')]), { open: [], accepted: [{ id: 'a' }] }, 'to be told again');
  t.match(ledger.add('11-0', [event('b')]), { open: [], accepted: [] }, 'known, and open as before');
  // The new primary's clock is slower: one entry stands below those that were lost, one at the same id.
  t.same(ledger.add('15-0', [event('c')]).open.map(({ id }) => id), ['c']);
  t.same(ledger.add('20-0', [event('d')]).open.map(({ id }) => id), ['d']);
  if (before !== undefined) ledger.trimmed(before);
  t.match(ledger.trim(), { entryId: '10-0' }, 'what was trimmed over the old connection is not trimmed here');
  ledger.finish('lost', 'accepted');
  ledger.finish('lost-2', 'accepted');
  t.equal(trimAll(ledger), '10-0', 'a lost entry never moves the watermark');
  for (const id of ['b', 'c']) ledger.finish(id, 'accepted');
  t.equal(trimAll(ledger), '15-0');
  t.same([...ledger.openEvents()].map(({ id }) => id), ['d']);
});

t.test('behind another connection nobody may know what was set aside: it is open again', async (t) => {
  const ledger = createOutboxLedger();
  ledger.add('10-0', [event('aside'), event('accepted')]);
  ledger.finish('aside', 'aside');
  ledger.finish('accepted', 'accepted');
  ledger.restart();
  t.match(ledger.add('10-0', [event('aside'), event('accepted')]),
    { open: [{ id: 'aside' }], accepted: [{ id: 'accepted' }] });
  t.equal(ledger.trim(), undefined);
  ledger.finish('aside', 'aside');
  t.equal(trimAll(ledger), '10-0');
});

t.test('two servers wrote at the same position: neither entry is lost', async (t) => {
  const ledger = createOutboxLedger();
  ledger.add('10-0', [event('a')]);
  ledger.restart();
  ledger.add('10-0', [event('b')]);
  ledger.restart();
  ledger.add('10-0', [event('c')]);
  t.same([...ledger.openEvents()].map(({ id }) => id), ['a', 'b', 'c']);
  t.equal(ledger.openCount(), 3);
});
