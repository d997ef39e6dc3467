import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { Pool } from '../../shared/platform/pg.ts';
import { notFoundPage } from '../cms/not-found-page.ts';
import { orderPage } from '../cms/order-page.ts';
import { ordersPage } from '../cms/orders-page.ts';
import { showPage } from '../cms/show-page.ts';
import { showsPage } from '../cms/shows-page.ts';
import { listOrders } from '../list-orders.ts';
import { readOrder } from '../read-order.ts';
import { readBuyerOrders, readCategorySales, readSalesPerMinute } from '../read-sales.ts';
import { readShow, readShows } from '../read-shows.ts';

/**
 * The CMS: server-rendered, read-only, for people of the box office. There is no login, which is why it
 * listens on loopback unless told otherwise. Everything shown is read from the tables at that moment, and
 * from the projector's read models, which make the pages of a big sale cheap.
 */

const SHOWS_PER_PAGE = 50;
const ORDERS_PER_PAGE = 50;

const CSS = readFileSync(new URL('../cms/cms.css', import.meta.url), 'utf8');

const ShowsQuery = Type.Object({
  page: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,4}$' })),
}, { additionalProperties: false });
type ShowsQuery = Static<typeof ShowsQuery>;

const OrdersQuery = Type.Object({
  q: Type.Optional(Type.String({ maxLength: 200 })),
  show: Type.Optional(Type.String({ pattern: '^([a-z0-9][a-z0-9-]{0,62})?$' })),
  before: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,14}$' })),
}, { additionalProperties: false });
type OrdersQuery = Static<typeof OrdersQuery>;

/** Adds the pages to a server made by `createHttp`. */
export function registerCmsRoutes(app: FastifyInstance, { pool }: { pool: Pool }): void {
  app.get('/', async (_request, reply) => reply.redirect('/cms/shows'));
  app.get('/cms', async (_request, reply) => reply.redirect('/cms/shows'));
  app.get('/cms/cms.css', async (_request, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', 'public, max-age=300').send(CSS));

  app.get<{ Querystring: ShowsQuery }>('/cms/shows', {
    schema: { querystring: ShowsQuery },
  }, async (request, reply) => {
    const page = Number(request.query.page ?? 1);
    const offset = (page - 1) * SHOWS_PER_PAGE;
    const shows = await readShows(pool, { countMax: SHOWS_PER_PAGE + 1, offset });
    const more = shows.length > SHOWS_PER_PAGE;
    return sendPage(reply, showsPage({ shows: shows.slice(0, SHOWS_PER_PAGE), page, more }));
  });

  app.get<{ Params: { slug: string } }>('/cms/shows/:slug', async ({ params: { slug } }, reply) => {
    const show = isStorable(slug) ? await readShow(pool, slug) : undefined;
    if (show === undefined) return sendPage(reply.code(404), notFoundPage('show', slug));
    const [minutes, categories] = await Promise.all([
      readSalesPerMinute(pool, slug),
      readCategorySales(pool, show.showId, slug),
    ]);
    return sendPage(reply, showPage(show, { minutes, categories }));
  });

  app.get<{ Querystring: OrdersQuery }>('/cms/orders', {
    schema: { querystring: OrdersQuery },
  }, async (request, reply) => {
    const { q = '', show = '', before } = request.query;
    // What PostgreSQL cannot store, nobody can have written: spaces instead of control characters.
    const search = q.replace(/\p{Cc}/gu, ' ').trim();
    const beforeRowId = before === undefined ? {} : { beforeRowId: Number(before) };
    const page = await listOrders(pool, {
      ...(search === '' ? {} : { search }),
      ...(show === '' ? {} : { slug: show }),
      ...beforeRowId,
      countMax: ORDERS_PER_PAGE,
    });
    return sendPage(reply, ordersPage({ search, show, ...beforeRowId }, page));
  });

  app.get<{ Params: { number: string } }>('/cms/orders/:number', async ({ params: { number } }, reply) => {
    const order = isStorable(number) ? await readOrder(pool, number) : undefined;
    if (order === undefined) return sendPage(reply.code(404), notFoundPage('order', number));
    return sendPage(reply, await orderPage(order, await readBuyerOrders(pool, order)));
  });
}

function isStorable(id: string): boolean {
  return !/\p{Cc}/u.test(id);
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    // Names and addresses of customers: not for shared caches, not for frames of other sites. Nothing is ever
    // run.
    .header('cache-control', 'no-store')
    .header('content-security-policy', CSP)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .send(page);
}

const CSP = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
  + "frame-ancestors 'none'";
