/** What a primary was told, and the next one does not know, is told again; late replies count for nothing. */
import { pino } from 'pino';
import t from 'tap';
import { Announcer } from '../../../services/relay/announcer.ts';
import { createOutboxLedger } from '../../../services/relay/outbox-ledger.ts';
import { StoppedSales } from '../../../services/relay/stopped-sales.ts';
import type { PackedEvent } from '../../../services/shared/contracts/outbox.ts';
import { systemClock } from '../../../services/shared/platform/clock.ts';

const log = pino({ level: 'silent' });

function announcerTo(accept: (ids: string[]) => Promise<boolean>): Announcer {
  return new Announcer({
    ledger: createOutboxLedger(), clock: systemClock, accept, mayGoOn: () => true,
    foreign: () => undefined, pauseAfter: async () => undefined,
  });
}

t.test('what only an old primary was told of is announced again', async (t) => {
  const told: string[][] = [];
  const announcer = announcerTo(async (ids) => told.push(ids) > 0);
  announcer.add('a');
  await announcer.flush();
  announcer.add('b');
  announcer.restart();
  await announcer.flush();
  await announcer.flush();
  t.same(told, [['a'], ['a', 'b']]);
});

t.test('an announcement whose reply comes behind another connection is made again', async (t) => {
  const told: string[][] = [];
  const announcer = announcerTo(async (ids) => {
    told.push(ids);
    if (told.length === 1) announcer.restart();
    return true;
  });
  announcer.add('a');
  await announcer.flush();
  t.same(told, [['a'], ['a']]);
});

t.test('a suspension that was lost with its primary is made again', async (t) => {
  let suspended = 0;
  let breaks = 0;
  const done: string[] = [];
  const stopped = new StoppedSales({
    log,
    suspend: async () => {
      suspended += 1;
      if (breaks-- > 0) stopped.restart();
      return undefined;
    },
    setAside: async () => true, dropVoid: async () => true,
    done: (events) => done.push(...events.map(({ id }) => id)),
    dropped: () => undefined, recovered: () => undefined,
  });
  const event = (id: string) => ({ id, saleId: 's' }) as PackedEvent;
  stopped.stop('s', 0);
  stopped.add(event('a'));
  await stopped.work();
  await stopped.work();
  t.equal(suspended, 1);
  stopped.restart();
  breaks = 1;
  stopped.add(event('b'));
  await stopped.work();
  t.same(done, ['a'], 'nothing is set aside where nobody may know the suspension');
  await stopped.work();
  t.equal(suspended, 3);
  t.same(done, ['a', 'b']);
});
