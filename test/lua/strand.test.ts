import t from 'tap';
import { hallOf, openDesk, rowOf, saleOf } from '../harness/open-desk.ts';
import { refuses } from '../harness/refuses.ts';

const strict = { allowStrandedSeats: false };

t.test('a choice that would leave a single seat is refused, and says which', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 6), rowOf('B', 3)])], strict));
  const chosen = (seatIds: string[]) => () => desk.place('x', [{ seatIds }]);
  await refuses(t, desk, chosen(['A2']), 'would_strand_seat', '0');
  await refuses(t, desk, chosen(['A5']), 'would_strand_seat', '5');
  await refuses(t, desk, chosen(['A1', 'A3']), 'would_strand_seat', '1');
  await refuses(t, desk, chosen(['A2', 'A3', 'B2']), 'would_strand_seat', '0.6.8');
  t.ok((await desk.place('a', [{ seatIds: ['A3', 'A4'] }])).ok, 'two are left on either side');
  t.ok((await desk.place('b', [{ seatIds: ['A1'] }])).ok, 'of two seats one is left whatever is taken');
  t.ok((await desk.place('c', [{ seatIds: ['A2', 'A5', 'A6'] }])).ok, 'who takes the rest leaves none alone');
  t.ok((await desk.place('d', [{ seatIds: ['B1', 'B2'] }])).ok, 'of three, two leave one in any case');
  await desk.check();
});

t.test('two items of one claim are judged together', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 4)])], strict));
  const both = [{ seatIds: ['A2'] }, { seatIds: ['A1'], ticketType: 'child' }];
  t.ok((await desk.place('a', both)).ok);
});

t.test('an aisle is an end, another category is not', async (t) => {
  const categories = [{ categoryId: 'C', prices: { adult: 1 } }, { categoryId: 'D', prices: { adult: 1 } }];
  const aisle = rowOf('A', 6, { aisleAfter: [3] });
  const mixed = rowOf('B', 6, { categoryIds: ['C', 'C', 'C', 'D', 'D', 'D'] });
  const desk = await openDesk(t, saleOf([hallOf([aisle, mixed])], { ...strict, categories }));
  await refuses(t, desk, () => desk.place('x', [{ seatIds: ['A2'] }]), 'would_strand_seat', '0.2');
  t.ok((await desk.place('a', [{ seatIds: ['A1', 'A2', 'A3'] }])).ok);
  t.ok((await desk.place('b', [{ seatIds: ['B1', 'B2'] }])).ok, 'B3 has B4 beside it');
  await refuses(t, desk, () => desk.place('x', [{ seatIds: ['B4'] }]), 'would_strand_seat', '8');
  t.ok((await desk.place('c', [{ seatIds: ['B3', 'B4'] }])).ok);
  const whole = await openDesk(t, saleOf([hallOf([mixed])], { ...strict, categories }));
  await refuses(t, whole, () => whole.place('x', [{ seatIds: ['B2', 'B5'] }]), 'would_strand_seat', '0.5');
});

t.test('best available leaves no single seat while it can be avoided', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 5), rowOf('B', 4)])], strict));
  const best = async (id: string, n: number) =>
    (await desk.seatsOf(await desk.place(id, [{ areaId: 'hall', bestAvailable: n }]))).join(' ');
  t.equal(await best('a', 3), 'A1 A2 A3', 'not the middle: A1 and A5 would be alone');
  t.equal(await best('b', 1), 'B1', 'nor one of the two that are left, nor the middle of B');
  t.equal(await best('c', 3), 'B2 B3 B4');
  t.equal(await best('d', 1), 'A4', 'when it cannot be avoided any more');
  await desk.check();
});

t.test('a sale may allow single seats', async (t) => {
  const desk = await openDesk(t, saleOf([hallOf([rowOf('A', 3)])], { allowStrandedSeats: true }));
  t.ok((await desk.place('a', [{ seatIds: ['A2'] }])).ok);
});
