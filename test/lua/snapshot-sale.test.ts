import t from 'tap';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { floorOf, hallOf, openDesk, rowOf, runRaw, saleOf } from '../harness/open-desk.ts';

t.test('what is free, held and sold at one seq; nothing of it for who knows that one', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4)]), floorOf(5)], { capacity: 8 }));
  const { redis, partition } = desk;
  const read = (wantsSeats: boolean, known?: string, saleId = desk.saleId) => {
    const k = saleKeys(partition, saleId);
    return runRaw(redis, 'snapshot-sale', [k.sale, k.areas, k.seats],
      [wantsSeats ? 1 : 0, ...(known === undefined ? [] : [known])]) as Promise<unknown[] | null>;
  };
  t.equal(await read(true, '', 'macbeth'), null);
  await desk.place('a', [{ seatIds: ['A2'] }, { areaId: 'floor', quantity: 2 }]);
  const { events } = await desk.check();
  const head = events.at(-1)?.id;
  const counters = ['0', '3 1 0 0', '1', '3 2 0 0', '2', '5 3 0 0'];
  const sorted = (snapshot: unknown[] | null) => pairsOf(snapshot?.[5] as string[]);
  const withSeats = await read(true);
  t.same(withSeats?.slice(0, 5), ['open', '1', '0', '4', head]);
  t.same(sorted(withSeats), pairsOf(counters));
  t.equal(withSeats?.[6], '0h00');
  const without = await read(false, '0-3');
  t.same(without?.slice(0, 5), ['open', '1', '0', '4', head], 'of another seq: read anew');
  t.same(sorted(without), pairsOf(counters));
  t.equal(without?.[6], '');
  t.same(await read(true, '0-4'), ['open', '1', '0', '4', head], 'known: neither areas nor seats');
  t.equal((await read(true, '1-4'))?.[6], '0h00', 'of another epoch');

  await desk.confirm('a', 'o');
  await redis.hset(saleKeys(partition, desk.saleId).sale, 'state', 'recovering');
  const recovering = await read(true, '0-4');
  t.equal(recovering?.[0], 'recovering', 'also while it recovers');
  t.not(recovering?.[4], head);
  t.equal(recovering?.[6], '0s00');
  t.same(sorted(recovering), pairsOf(['0', '3 0 1 0', '1', '3 0 2 0', '2', '5 0 3 0']));
});

/** A hash as Redis answers it has no order. */
function pairsOf(flat: string[]): [string, string][] {
  const pairs = flat.flatMap((field, i): [string, string][] =>
    (i % 2 === 0 ? [[field, flat[i + 1] ?? '']] : []));
  return pairs.toSorted(([a], [b]) => Number(a) - Number(b));
}
