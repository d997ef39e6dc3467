import { randomUUID } from 'node:crypto';
import t from 'tap';
import { buildRecord } from '../../../services/relay/build-record.ts';
import { RECORD_BYTES_MAX } from '../../../services/shared/contracts/bus-record.ts';
import { partitionKeys } from '../../../services/shared/contracts/keys.ts';
import { readOutboxEntry, toSaleEvent } from '../../../services/shared/contracts/outbox.ts';
import { floorOf, openDesk, saleOf } from '../../harness/open-desk.ts';
import type { Desk } from '../../harness/open-desk.ts';

/** Seat ids as an import from another system makes them: they compress badly. */
const seats = Array.from({ length: 50_000 }, () => ({ seatId: randomUUID(), label: '1' }));
const rowsOf = (count: number) => Array.from({ length: Math.ceil(count / 1000) }, (_, r) =>
  ({ rowId: `R${r}`, seats: seats.slice(1000 * r, Math.min(1000 * (r + 1), count)) }));
const arenaOf = (count: number) =>
  ({ areaId: 'arena', kind: 'seated' as const, categoryId: 'C', rows: rowsOf(count) });

/** Makes every event in the outbox a record, as the relay does; the sizes of the records. */
async function recordBytes({ redis, partition }: Desk): Promise<number[]> {
  const entries = await redis.xrange(partitionKeys(partition).outbox, '-', '+');
  const events = entries.flatMap(([, fields]) => readOutboxEntry(fields));
  return events.map((event) =>
    buildRecord([JSON.stringify(toSaleEvent(event, partition, undefined))]).data.length);
}

t.test('an area that no event can carry is refused, and named with its limit', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]), { isOpen: false });
  const before = await desk.dump();
  const tooLarge = await desk.define(saleOf([floorOf(5), arenaOf(50_000)]));
  t.match(tooLarge, { faults: [{ field: '/areas/1',
    message: /^"arena" takes 1\d{6} bytes in the log, compressed; at most 10\d{5} fit; .*several areas/ }] });
  t.same(await desk.dump(), before);

  const message = 'faults' in tooLarge ? tooLarge.faults[0]?.message ?? '' : '';
  const [, bytes = 0, bytesMax = 0] = /takes (\d+) .* at most (\d+)/.exec(message)?.map(Number) ?? [];
  const fitting = Math.floor(50_000 * bytesMax / bytes);
  t.match(await desk.define(saleOf([floorOf(5), arenaOf(fitting + 100)])),
    { faults: [{ field: '/areas/1' }] });
  t.same(await desk.define(saleOf([floorOf(5), arenaOf(fitting - 100)])), { created: false });
  const largest = Math.max(...await recordBytes(desk));
  t.ok(largest <= RECORD_BYTES_MAX);
  t.ok(largest > RECORD_BYTES_MAX * 0.99, 'little of a record is given away');
});

t.test('two areas carry what one cannot', async (t) => {
  const half = { ...arenaOf(25_000), areaId: 'east' };
  const other = { ...arenaOf(0), areaId: 'west', rows: [
    ...rowsOf(50_000).slice(25).map((row) => ({ ...row, rowId: `W${row.rowId}` })),
  ] };
  const desk = await openDesk(t, saleOf([half, other]), { isOpen: false });
  t.equal((await recordBytes(desk)).length, 3);
});

t.test('a zone of a seating plan is named where it stands in the plan', async (t) => {
  const desk = await openDesk(t, saleOf([floorOf(5)]), { isOpen: false });
  const rows = rowsOf(50_000).map(({ rowId, seats }) => ({ row_number: rowId, seats: seats.map((seat, i) => ({
    seat_guid: seat.seatId, seat_number: seat.label, position: { x: i, y: 0 }, category: 'C',
  })) }));
  const layout = { name: 'Plan', categories: [{ name: 'C' }],
    zones: [{ name: 'Stage', rows: [] }, { name: 'Arena', rows }] };
  t.match(await desk.define({ ...saleOf([floorOf(5)]), layout }),
    { faults: [{ field: '/layout/zones/1', message: /"arena"/ }] });
});
