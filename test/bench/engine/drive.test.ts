import t from 'tap';
import { drive } from '../../../bench/engine/drive.ts';
import type { PlaceAnswer } from '../../../services/selling/stock.ts';

const taken: PlaceAnswer = {
  ok: true,
  hold: {
    status: 'live', digest: 'd', buyerId: 'b', placedAtMs: 0, firstExpiresAtMs: 0, expiresAtMs: 0,
    expiresAtMaxMs: 0, items: [], terms: '', codes: [], trail: [], orderId: '',
  },
};

t.test('keeps so many claims under way, sends so many in all, and counts what became of them', async (t) => {
  let underWay = 0;
  let most = 0;
  const asked: number[] = [];
  const place = async (n: number): Promise<PlaceAnswer> => {
    asked.push(n);
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return n % 5 === 0 ? { ok: false, reason: 'sold_out', detail: '' } : taken;
  };
  const { accepted, refused } = await drive(place, { count: 100, inFlight: 7 });
  t.same(asked, Array.from({ length: 100 }, (_, n) => n));
  t.equal(most, 7);
  t.equal(accepted, 80);
  t.same([...refused], [['sold_out', 20]]);
});

t.test('fewer claims than may be under way', async (t) => {
  const { accepted } = await drive(async () => (taken), { count: 3, inFlight: 10 });
  t.equal(accepted, 3);
});

t.test('an error ends it', async (t) => {
  const place = async (n: number): Promise<PlaceAnswer> => {
    if (n === 5) throw new Error('Command timed out');
    return taken;
  };
  await t.rejects(drive(place, { count: 10, inFlight: 2 }), { message: 'Command timed out' });
});
