import { readFileSync } from 'node:fs';
import t from 'tap';
import { describeSchema } from '../../../services/legacy/describe-schema.ts';
import { migrate } from '../../../services/legacy/migrate.ts';
import { openLegacy } from './open-legacy.ts';

const silent = { info: () => undefined };

t.test('migrating again changes nothing, also from several processes at once', async (t) => {
  const { env, pool } = await openLegacy(t);
  const before = await describeSchema(pool);
  const applied = await Promise.all([1, 2, 3].map(() => migrate(env['DATABASE_URL'] ?? '', silent)));
  t.same(applied, [[], [], []]);
  t.equal(await describeSchema(pool), before);
});

t.test('the migrations are applied once and in order from an empty database', async (t) => {
  const { env, pool } = await openLegacy(t);
  await pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  const [first, second] = await Promise.all([1, 2].map(() => migrate(env['DATABASE_URL'] ?? '', silent)));
  const applied = [...first ?? [], ...second ?? []];
  t.same(applied, applied.toSorted());
  t.ok(applied.length > 0);
  t.ok(first?.length === 0 || second?.length === 0, 'one of two did it all');
});

t.test('schema.sql is what the migrations amount to', async (t) => {
  const { pool } = await openLegacy(t);
  const written = readFileSync(new URL('../../../services/legacy/schema.sql', import.meta.url), 'utf8');
  t.equal(await describeSchema(pool), written, 'if not: node services/legacy/write-schema-main.ts');
});

t.test('an unreachable database is one clear error', async (t) => {
  await t.rejects(migrate('postgres://postgres@127.0.0.1:1/none', silent), /ECONNREFUSED/);
});

t.test('SQL itself refuses to oversell, whoever writes', async (t) => {
  const { pool, place } = await openLegacy(t);
  const cart = await place('hamlet', [{ seatIds: ['Stalls-A-1', 'Stalls-A-2'] }]);
  const other = await place('hamlet', [{ seatIds: ['Stalls-B-1'] }]);
  const both = [cart.cartId, other.cartId];
  const refusals: [string, string, unknown[]][] = [
    ['areas_never_oversold', `UPDATE areas SET sold = 96, held = 5 WHERE code = 'floor'`, []],
    ['areas_never_oversold', `UPDATE areas SET capacity = 1 WHERE code = 'stalls'`, []],
    ['areas_held_check', `UPDATE areas SET held = -1 WHERE code = 'floor'`, []],
    ['areas_sold_check', `UPDATE areas SET sold = -1 WHERE code = 'floor'`, []],
    ['seats_in_a_cart_are_held', `UPDATE seats SET status = 'free' WHERE cart_id = $1`, [cart.cartId]],
    ['cart_lines_one_cart_per_seat', `INSERT INTO cart_lines
      (cart_id, area_id, seat_id, ticket_type, quantity, price_minor)
      SELECT $2, area_id, seat_id, ticket_type, 1, 0 FROM cart_lines WHERE cart_id = $1`, both],
    ['cart_lines_one_seat_one_ticket', 'UPDATE cart_lines SET quantity = 2', []],
    ['seats_show_id_code_key', `INSERT INTO seats
      (show_id, area_id, code, row_label, label, x, y, sort_order, category_id)
      SELECT show_id, area_id, code, 'Z', '1', 0, 0, 0, category_id FROM seats LIMIT 1`, []],
    ['seats_area_id_show_id_fkey', `UPDATE seats SET area_id = (SELECT id FROM areas WHERE code = 'floor')
      WHERE code = 'Stalls-C-1'`, []],
  ];
  for (const [constraint, statement, parameters] of refusals) {
    await t.rejects(pool.query(statement, parameters), new RegExp(`"${constraint}"`), constraint);
  }
});

t.test('SQL itself refuses a second ticket for a seat and a second order of a cart', async (t) => {
  const { pool, place } = await openLegacy(t);
  const { cartId } = await place('hamlet', [{ seatIds: ['Stalls-A-1'] }]);
  const { rows: [order] } = await pool.query<{ id: number }>(`WITH customer AS (
    INSERT INTO customers (name, email) VALUES ('n', 'e') RETURNING id)
    INSERT INTO orders (number, show_id, customer_id, status, payment_method, total_minor, currency, cart_id)
    SELECT 'L-1', s.id, customer.id, 'confirmed', 'card', 1, 'EUR', $1 FROM shows s, customer
    WHERE slug = 'hamlet' RETURNING id`, [cartId]);
  await pool.query(`INSERT INTO order_lines (order_id, area_id, seat_id, ticket_type, quantity, price_minor)
    SELECT $1, area_id, id, 'adult', 1, 1 FROM seats WHERE code = 'Stalls-A-1'`, [order?.id]);
  const ticket = `INSERT INTO tickets (order_line_id, number, code, seat_id)
    SELECT id, $1, $1, seat_id FROM order_lines`;
  await pool.query(ticket, ['one']);
  await t.rejects(pool.query(ticket, ['two']), /"tickets_one_per_seat"/);
  await t.rejects(pool.query(`INSERT INTO orders
    (number, show_id, customer_id, status, payment_method, total_minor, currency, cart_id)
    SELECT 'L-2', show_id, customer_id, status, 'card', 1, 'EUR', cart_id FROM orders`),
  /"orders_cart_id_key"/);
});
