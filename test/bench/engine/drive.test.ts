import t from 'tap';
import { drive } from '../../../bench/engine/drive.ts';
import type { Answer } from '../../../services/selling/stock.ts';

t.test('keeps so many claims under way, sends so many in all, and counts what became of them', async (t) => {
  let underWay = 0;
  let most = 0;
  const asked: number[] = [];
  const place = async (n: number): Promise<Answer> => {
    asked.push(n);
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return n % 5 === 0 ? { ok: false, reason: 'sold_out', detail: '' } : { ok: true, text: '' };
  };
  const { accepted, refused } = await drive(place, { count: 100, inFlight: 7 });
  t.same(asked, Array.from({ length: 100 }, (_, n) => n));
  t.equal(most, 7);
  t.equal(accepted, 80);
  t.same([...refused], [['sold_out', 20]]);
});

t.test('fewer claims than may be under way', async (t) => {
  const { accepted } = await drive(async () => ({ ok: true, text: '' }), { count: 3, inFlight: 10 });
  t.equal(accepted, 3);
});

t.test('an error ends it', async (t) => {
  const place = async (n: number): Promise<Answer> => {
    if (n === 5) throw new Error('Command timed out');
    return { ok: true, text: '' };
  };
  await t.rejects(drive(place, { count: 10, inFlight: 2 }), { message: 'Command timed out' });
});
