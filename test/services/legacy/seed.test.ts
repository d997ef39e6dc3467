import t from 'tap';
import { seed } from '../../../services/legacy/seed.ts';
import { SEED_SHOWS } from '../../../services/legacy/seed-shows.ts';
import { CLUB, openLegacy } from './open-legacy.ts';

t.test('the seed brings a seated, a standing and a mixed show, with every seat of the plans', async (t) => {
  const { pool, faults } = await openLegacy(t, SEED_SHOWS);
  const { rows } = await pool.query(`SELECT s.slug, s.sells_via AS via,
    sum(a.capacity) FILTER (WHERE a.kind = 'general')::int AS standing,
    sum(a.capacity) FILTER (WHERE a.kind = 'seated')::int AS seated,
    (SELECT count(*)::int FROM seats WHERE show_id = s.id) AS seats
    FROM shows s JOIN areas a ON a.show_id = s.id GROUP BY s.id ORDER BY s.slug`);
  t.same(rows, [
    { slug: 'arena-gala', via: 'legacy', standing: 5000, seated: 20_000, seats: 20_000 },
    { slug: 'hamlet', via: 'legacy', standing: null, seated: 786, seats: 786 },
    { slug: 'warehouse-night', via: 'legacy', standing: 1350, seated: null, seats: 0 },
  ]);
  const { rows: wrong } = await pool.query(`SELECT a.code FROM areas a WHERE kind = 'seated'
    AND capacity <> (SELECT count(*) FROM seats WHERE area_id = a.id)`);
  t.same(wrong, [], 'the capacity of a seated area is its number of seats');
  t.same(await faults(), []);
});

t.test('an aisle ends a segment, and neighbours follow each other', async (t) => {
  const { pool } = await openLegacy(t);
  const { rows } = await pool.query(`SELECT string_agg(s.label, ' ' ORDER BY s.sort_order) AS labels
    FROM seats s JOIN areas a ON a.id = s.area_id WHERE a.code = 'stalls' AND s.row_label IN ('A', 'D')
    GROUP BY s.row_label, s.segment ORDER BY min(s.sort_order)`);
  t.same(rows.map(({ labels }) => labels), [
    '17 15 13 11 9 7 5 3 1 2 4 6 8 10 12 14 16 18',
    '21 19 17 15 13 11 9 7 5 3 1',
    '2 4 6 8 10 12 14 16 18 20 22',
  ]);
});

t.test('seeding again, also twice at once, changes nothing of what was sold', async (t) => {
  const { pool, place, snapshot } = await openLegacy(t);
  await place('club', [{ areaId: 'floor', quantity: 3 }]);
  await pool.query(`UPDATE shows SET name = 'Renamed', sells_via = 'onsale' WHERE slug = 'club'`);
  const before = await snapshot();
  t.same(await Promise.all([seed(pool, [CLUB]), seed(pool, [CLUB])]), [[], []]);
  t.equal(await snapshot(), before);
  const { rows } = await pool.query(`SELECT name, sells_via AS via FROM shows WHERE slug = 'club'`);
  t.same(rows, [{ name: 'Renamed', via: 'onsale' }]);
});

t.test('a show whose plan has a category without a price is refused, and none is added', async (t) => {
  const { pool } = await openLegacy(t, []);
  const [hamlet] = SEED_SHOWS;
  if (hamlet === undefined) throw new Error('no seeded show');
  const unpriced = { ...hamlet, prices: { Stalls: { adult: 1 } } };
  await t.rejects(seed(pool, [CLUB, unpriced]), /category "Circle"|category "[A-Z].*" has no price/);
  t.same((await pool.query('SELECT slug FROM shows')).rows, []);
});
