import t from 'tap';
import { ChangeRing, CHANGES_MAX, RING_BYTES_MAX } from '../../../services/selling/change-ring.ts';

const bytes = (n: number) => Buffer.from(`${n};`);

t.test('whoever stands somewhere gets what follows, in one piece', async (t) => {
  const ring = new ChangeRing();
  for (const n of [1, 2, 3]) ring.add(`0-${n}`, bytes(n));
  t.equal(ring.bytesFrom(0)?.toString(), '1;2;3;');
  t.equal(ring.bytesFrom(0), ring.bytesFrom(0), 'put together once');
  t.equal(ring.bytesFrom(ring.positionOf('0-2') ?? -1)?.toString(), '2;3;');
  t.equal(ring.bytesFrom(ring.next)?.toString(), '');
  ring.add('0-4', bytes(4));
  t.equal(ring.bytesFrom(0)?.toString(), '1;2;3;4;');
  t.equal(ring.positionOf('0-5'), undefined);
});

t.test('changes that leave the seq as it is are given again rather than left out', async (t) => {
  const ring = new ChangeRing();
  ring.add('0-7', Buffer.from('suspended;'));
  ring.add('0-7', Buffer.from('sold;'));
  t.equal(ring.bytesFrom(ring.positionOf('0-7') ?? -1)?.toString(), 'suspended;sold;');
});

t.test('what is too long ago is not known any more', async (t) => {
  const ring = new ChangeRing();
  for (let n = 0; n <= CHANGES_MAX; n++) ring.add(`0-${n}`, bytes(n));
  t.equal(ring.positionOf('0-0'), undefined);
  t.equal(ring.bytesFrom(0), undefined);
  t.equal(ring.bytesFrom(1)?.toString().split(';').length, CHANGES_MAX + 1);
  const large = Buffer.alloc(RING_BYTES_MAX / 4 + 1);
  for (let n = 0; n < 5; n++) ring.add(`1-${n}`, large);
  t.equal(ring.positionOf('1-1'), undefined);
  t.equal(ring.bytesFrom(ring.positionOf('1-2') ?? -1)?.length, 3 * large.length, 'bytes are limited too');
});

t.test('a fresh start is for everybody, wherever they stand', async (t) => {
  const ring = new ChangeRing();
  for (const n of [1, 2, 3]) ring.add(`0-${n}`, bytes(n));
  ring.startFresh(Buffer.from('fresh;'));
  ring.add('1-1', bytes(4));
  t.equal(ring.bytesFrom(0)?.toString(), 'fresh;4;');
  t.equal(ring.bytesFrom(3)?.toString(), 'fresh;4;');
  t.equal(ring.bytesFrom(4)?.toString(), '4;');
  t.equal(ring.positionOf('0-2'), undefined);
  ring.clear();
  t.equal(ring.bytesFrom(4), undefined);
});
