import { readFileSync } from 'node:fs';
import t from 'tap';
import { SEED_SHOWS } from '../../../../services/legacy/seed-shows.ts';
import { checkOutCart } from '../../../../services/legacy/selling/check-out-cart.ts';
import type { CartItem } from '../../../../services/legacy/selling/cart-request.ts';
import { loadSql } from '../../../../services/shared/platform/pg.ts';
import type { Pool } from '../../../../services/shared/platform/pg.ts';
import { startService } from '../../../stack.ts';
import { CLUB, openLegacy } from '../open-legacy.ts';
import type { Legacy } from '../open-legacy.ts';

const ann = { name: 'Ann Lee', email: 'ann.lee@example.com' };

async function read(url: string) {
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, html: await response.text() };
}

/** The text of the element that carries an attribute. */
function textOf(html: string, attribute: string): string | undefined {
  return new RegExp(`<[a-z]+ [^>]*${attribute}[^>]*>([^<]*)<`).exec(html)?.[1];
}

/** The rows of a table as their cells' texts, by the value of an attribute of the row. */
function rowsOf(html: string, attribute: string): Record<string, string[]> {
  const rows = [...html.matchAll(new RegExp(`<tr ${attribute}="([^"]*)">([\\s\\S]*?)</tr>`, 'g'))];
  return Object.fromEntries(rows.map(([, id = '', row = '']) => [
    id,
    [...row.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)]
      .map(([, cell = '']) => cell.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim()),
  ]));
}

async function buy({ pool, place }: Legacy, slug: string, items: CartItem[], contact = ann) {
  const { cartId } = await place(slug, items);
  const done = await checkOutCart(pool, { slug, cartId, contact, paymentMethod: 'card' });
  if (!done.ok) throw new Error(done.reason);
  return done.order;
}

t.test('the pages of a show tell the truth of the tables', async (t) => {
  const legacy = await openLegacy(t);
  const { url } = await startService(t, 'legacy', legacy.env);
  await buy(legacy, 'hamlet', [{ areaId: 'stalls', bestAvailable: 3 }]);
  await buy(legacy, 'hamlet', [{ seatIds: ['Circle-C-1'], ticketType: 'child' }]);
  await legacy.place('hamlet', [{ areaId: 'circle', bestAvailable: 2 }]);

  const { html, headers } = await read(`${url}/cms/shows/hamlet`);
  t.match(headers.get('content-type'), 'text/html');
  const totals = ['capacity', 'sold', 'held', 'blocked', 'free', 'revenue', 'orders'];
  t.same(totals.map((name) => textOf(html, `data-total="${name}"`)),
    ['786', '4', '2', '0', '780', '€217.50', '2']);
  t.match(html, /sells via legacy/);
  t.same(rowsOf(html, 'data-area'), {
    stalls: ['Stalls', 'seats', '451', '3', '0', '0', '448', '€195.00', ''],
    circle: ['Circle', 'seats', '335', '1', '2', '0', '332', '€22.50', ''],
  });

  await legacy.pool.query(`UPDATE shows SET sells_via = 'onsale', state = 'paused' WHERE slug = 'hamlet'`);
  const list = (await read(`${url}/cms/shows`)).html;
  const card = /<li class="card" data-show="hamlet">[\s\S]*?<\/li>/.exec(list)?.[0] ?? '';
  t.match(card.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' '),
    /Hamlet Old Theatre · .* UTC sells via onsale paused 4 sold 2 held of 786 \(1 %\) €217.50 from 2 orders/);
  t.match(list, /data-show="club"/);
});

t.test('what is blocked is neither free nor sold, on every page', async (t) => {
  const legacy = await openLegacy(t);
  const { url } = await startService(t, 'legacy', legacy.env);
  await legacy.pool.query(`UPDATE seats SET status = 'blocked' WHERE code IN ('Stalls-A-1', 'Stalls-A-2')`);
  await legacy.pool.query(`UPDATE areas SET blocked = 2 WHERE code = 'stalls'`);
  const { html } = await read(`${url}/cms/shows/hamlet`);
  t.same(['sold', 'held', 'blocked', 'free'].map((name) => textOf(html, `data-total="${name}"`)),
    ['0', '0', '2', '784']);
  t.same(rowsOf(html, 'data-area')['stalls'], ['Stalls', 'seats', '451', '0', '0', '2', '449', '€0.00', '']);
  t.match(html, '0 sold, 0 held, 2 blocked of 786');
  t.match((await read(`${url}/cms/shows`)).html, /<b>2<\/b> blocked/);
});

t.test('the page of an order says what its total is made of', async (t) => {
  const legacy = await openLegacy(t);
  const { url } = await startService(t, 'legacy', legacy.env);
  const order = await buy(legacy, 'hamlet', [{ seatIds: ['Stalls-D-1', 'Stalls-D-2'] }]);
  t.notMatch((await read(`${url}/cms/orders/${order.number}`)).html, 'What the total is made of');
  await legacy.pool.query(`
    WITH o AS (UPDATE orders SET total_minor = total_minor + 500 WHERE number = $1 RETURNING id)
    INSERT INTO order_charges (order_id, order_line_id, kind, code, amount_minor, included)
    SELECT o.id, CASE WHEN kind = 'fee' THEN line.id END, kind, code, amount, included
    FROM o, (SELECT min(id) AS id FROM order_lines WHERE order_id = (SELECT id FROM o)) line,
      (VALUES ('fee', 'service', 150, false), ('fee', 'service', 350, false), ('tax', 'vat', 900, true))
        AS charge (kind, code, amount, included)`, [order.number]);
  const { html } = await read(`${url}/cms/orders/${order.number}`);
  t.same(rowsOf(html, 'data-charge'), {
    service: ['service', 'fee', '€5.00'], vat: ['vat', 'tax, included', '(€9.00)'],
  });
  t.match(html, /<b>€135\.00<\/b>/);
});

t.test('the page of an order shows its tickets, their QR codes and the payment', async (t) => {
  const legacy = await openLegacy(t);
  const { url } = await startService(t, 'legacy', legacy.env);
  const order = await buy(legacy, 'hamlet', [{ seatIds: ['Stalls-D-1', 'Stalls-D-2'] }]);
  const { html, headers } = await read(`${url}/cms/orders/${order.number}`);
  t.same([...html.matchAll(/data-ticket="([^"]*)" data-seat="([^"]*)"/g)].map(([, id, seat]) => [id, seat]),
    [[`${order.number}-1`, 'Stalls-D-1'], [`${order.number}-2`, 'Stalls-D-2']]);
  for (const ticket of order.tickets) t.ok(html.includes(ticket.code));
  t.equal([...html.matchAll(/<div class="qr"[^>]*><svg/g)].length, 2);
  t.match(html, /Stalls, row D, seat 1/);
  t.equal(textOf(html, 'data-total="total"'), '€130.00');
  t.match(html, /ann\.lee@example\.com/);
  t.match(html, /payment-paid/);
  t.match(headers.get('cache-control'), 'no-store', 'personal data stays out of caches');
});

t.test('orders are found by number, ticket, e-mail and name', async (t) => {
  const legacy = await openLegacy(t);
  const { url } = await startService(t, 'legacy', legacy.env);
  const first = await buy(legacy, 'hamlet', [{ areaId: 'stalls', bestAvailable: 1 }]);
  const second = await buy(legacy, 'club', [{ areaId: 'floor', quantity: 2 }],
    { name: 'María-José O’Neil', email: 'mj_oneil@mail.example.org' });
  const find = async (query: string) => {
    const { status, html } = await read(`${url}/cms/orders?${query}`);
    t.equal(status, 200, query);
    return Object.keys(rowsOf(html, 'data-order'));
  };
  const found: [string, string[]][] = [
    ['', [second.number, first.number]],
    ['q=', [second.number, first.number]],
    [`q=${first.number}`, [first.number]],
    [`q=${first.number.slice(0, 9).toLowerCase()}`, [first.number]],
    [`q=${second.number}-2`, [second.number]],
    ['q=ann.lee%40example.com', [first.number]],
    ['q=lee', [first.number]],
    ['q=LEE+ann', [first.number]],
    ['q=mar%C3%ADa', [second.number]],
    ['q=mj_oneil', [second.number]],
    ['q=neil', [second.number]],
    ['q=MAR%C3%8DA', [second.number]],
    ['q=example', [second.number, first.number]],
    ['q=example&show=club', [second.number]],
    ['show=hamlet', [first.number]],
    ['show=none', []],
    ['q=ann+maria', []],
    // Eight words are enough: the ninth is not looked for.
    ['q=ann+lee+ann+lee+ann+lee+ann+lee+nobody', [first.number]],
    ['q=%25', []],
    ['q=_', []],
    [`q=${first.number.replaceAll('-', '_')}`, []],
    ['q=%27+%7C+%21+%3A*+%26+%5C', []],
    ['q=%00', [second.number, first.number]],
    ['q=eil', []],
  ];
  for (const [query, numbers] of found) t.same(await find(query), numbers, query);
});

t.test('orders page by page: every order once, newest first', async (t) => {
  const { pool, env } = await openLegacy(t);
  const { url } = await startService(t, 'legacy', env);
  await addOrders(pool, 120);
  const seen: string[] = [];
  const counts: (string | undefined)[] = [];
  let path: string | undefined = '/cms/orders?q=Buyer&show=club';
  while (path !== undefined && seen.length < 500) {
    const { html } = await read(url + path);
    seen.push(...Object.keys(rowsOf(html, 'data-order')));
    counts.push(textOf(html, 'data-count'));
    path = /<a rel="next" href="([^"]*)"/.exec(html)?.[1]?.replaceAll('&#38;', '&').replaceAll('&#61;', '=');
  }
  t.same(seen, Array.from({ length: 120 }, (_, i) => `o_${120 - i}`));
  t.same(counts, ['120 orders', '120 orders', '120 orders']);
});

t.test('counting ends at 10,000, for a list and for a search', async (t) => {
  const { pool, env } = await openLegacy(t);
  const { url } = await startService(t, 'legacy', env);
  await addOrders(pool, 10_050);
  for (const query of ['', '?q=buyer', '?q=o_', '?show=club']) {
    const { html } = await read(`${url}/cms/orders${query}`);
    t.equal(textOf(html, 'data-count'), 'More than 10,000 orders', query);
    t.same(Object.keys(rowsOf(html, 'data-order')).slice(0, 2), ['o_10050', 'o_10049'], query);
  }
});

t.test('an order of a big group lists every ticket, and draws 40 QR codes', async (t) => {
  const { pool, env } = await openLegacy(t);
  const { url } = await startService(t, 'legacy', env);
  await addOrders(pool, 1);
  await pool.query(`INSERT INTO tickets (order_line_id, number, code)
    SELECT l.id, 'o_1-' || n, 'code ' || n FROM order_lines l, generate_series(1, 45) n`);
  const { html } = await read(`${url}/cms/orders/o_1`);
  t.equal([...html.matchAll(/data-ticket=/g)].length, 45);
  t.equal([...html.matchAll(/<div class="qr"[^>]*><svg/g)].length, 40);
});

t.test('names cannot become HTML', async (t) => {
  const legacy = await openLegacy(t);
  const { url } = await startService(t, 'legacy', legacy.env);
  const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`;
  const contact = { name: evil, email: `"<b>"@example.com` };
  const order = await buy(legacy, 'club', [{ areaId: 'floor', quantity: 1 }], contact);
  for (const table of ['shows', 'venues', 'areas', 'price_categories']) {
    await legacy.pool.query(`UPDATE ${table} SET name = $1 || id`, [evil]);
  }
  const paths = ['/cms/shows', '/cms/shows/club', '/cms/orders', `/cms/orders?q=${encodeURIComponent(evil)}`,
    `/cms/orders/${order.number}`, `/cms/orders/${encodeURIComponent(evil)}`,
    `/cms/shows/${encodeURIComponent(evil)}`];
  for (const path of paths) {
    const { html, headers } = await read(url + path);
    t.notMatch(html, /<script|<img|<b>"/, path);
    t.match(html, '&#60;script&#62;', `${path} shows it as text`);
    t.match(headers.get('content-security-policy'), "default-src 'none'");
  }
});

t.test('what is not there is a page that says so; a bad query is a problem', async (t) => {
  const { env } = await openLegacy(t);
  const { url } = await startService(t, 'legacy', env);
  for (const path of ['/cms/shows/none', '/cms/shows/%00', '/cms/orders/L-0000', '/cms/orders/%00']) {
    const { status, html } = await read(url + path);
    t.equal(status, 404, path);
    t.match(html, '<h1>Not found</h1>');
  }
  for (const path of ['/cms/orders?before=x', '/cms/orders?before=-1', '/cms/orders?page=2',
    '/cms/shows?page=0', `/cms/orders?q=${'x'.repeat(201)}`, '/cms/orders?show=%00']) {
    const { status, html } = await read(url + path);
    t.same([status, (JSON.parse(html) as { code: string }).code], [400, 'request_invalid'], path);
  }
  t.match(await read(`${url}/`), { status: 200, html: /<h1>Shows<\/h1>/ });
  t.match((await read(`${url}/cms/cms.css`)).headers.get('content-type'), 'text/css');
});

t.test('a show of 20,000 seats is shown without looking at a seat', async (t) => {
  const legacy = await openLegacy(t, [CLUB, ...SEED_SHOWS]);
  const { url } = await startService(t, 'legacy', legacy.env);
  const { html } = await read(`${url}/cms/shows/arena-gala`);
  t.equal(textOf(html, 'data-total="capacity"'), '25,000');
  t.equal(Object.keys(rowsOf(html, 'data-area')).length, 41);
  const folder = '../../../../services/legacy/sql/';
  const queries = [['read-shows.sql', [null, 50, 0]], ['read-areas.sql', [1, 'arena-gala']]] as const;
  for (const [file, parameters] of queries) {
    const { rows } = await legacy.pool.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN ${loadSql(import.meta.url, folder + file).replace(/^--.*$/gm, '')}`, [...parameters]);
    t.notMatch(rows.map((row) => row['QUERY PLAN']).join('\n'), /\bseats\b/, file);
  }
  t.ok(readFileSync(new URL(`${folder}read-shows.sql`, import.meta.url), 'utf8').includes('areas'));
});

/** Orders as the projection writes them. */
async function addOrders(pool: Pool, count: number): Promise<void> {
  await pool.query(`WITH people AS (
    INSERT INTO customers (name, email)
    SELECT 'Buyer ' || n, n || '@example.com' FROM generate_series(1, $1) n
    RETURNING id, substr(name, 7)::int AS n
  ), made AS (
    INSERT INTO orders (number, show_id, customer_id, status, payment_method, total_minor, currency)
    SELECT 'o_' || n, (SELECT id FROM shows WHERE slug = 'club'), id, 'confirmed', 'onsale', 2000, 'EUR'
    FROM people ORDER BY n RETURNING id
  ) INSERT INTO order_lines (order_id, area_id, ticket_type, quantity, price_minor)
    SELECT made.id, a.id, 'adult', 1, 2000 FROM made, areas a WHERE a.code = 'floor'`, [count]);
}
