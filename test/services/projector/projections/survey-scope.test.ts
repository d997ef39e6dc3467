/** A survey looks at what goes on and misses nothing that another process has appended. */
import t from 'tap';
import { placeChunks } from '../../../../services/shared/event-store/place-chunks.ts';
import { playEveryType } from '../../../harness/play-every-type.ts';
import { openKit } from '../../../kit/open-kit.ts';

t.test('sales are looked at when something happens to them', async (t) => {
  const kit = await openKit(t);
  const log = await playEveryType(t, 'every-type');
  const scope = kit.progress.createScope();
  await kit.given(await eventsOf('first'));
  t.equal(await scope.next(['one']), undefined, 'all at first');
  await placeChunks(kit.pool);
  t.same(await scope.next(['one']), ['first'], 'what got its position after it was looked at');
  await kit.given(await eventsOf('second'));
  t.same((await scope.next(['one']))?.toSorted(), ['first', 'second'], 'before it has a position');
  await placeChunks(kit.pool);
  t.same((await scope.next(['one']))?.toSorted(), ['first', 'second'], 'for a while');
  t.equal(await scope.next(['one', 'two']), undefined, 'all when something else is followed');
  scope.forget();
  t.equal(await scope.next(['one', 'two']), undefined, 'all after a survey that failed');

  async function eventsOf(saleId: string) {
    return kit.retold(log, saleId);
  }
});
