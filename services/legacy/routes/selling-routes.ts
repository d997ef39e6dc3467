import type { FastifyInstance, FastifyReply } from 'fastify';
import { sendProblem } from '../../shared/platform/problem.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import type { Order } from '../read-order.ts';
import { readShow } from '../read-shows.ts';
import { CartRequest, CheckoutRequest, readCartItems } from '../selling/cart-request.ts';
import { checkOutCart } from '../selling/check-out-cart.ts';
import { placeCart } from '../selling/place-cart.ts';
import type { PlacedCart } from '../selling/place-cart.ts';
import { readCart } from '../selling/read-cart.ts';
import { releaseCart } from '../selling/release-cart.ts';
import type { Refusal } from '../selling/outcome.ts';
import { CartAnswer, OrderAnswer, PlacedCartAnswer, ShowAnswer } from './selling-answers.ts';

/**
 * The row-locking way of selling over HTTP, under /legacy/v1. There is no login: the application listens on
 * loopback, behind the gateway. A repeated checkout gets the same order again, a repeated release the same
 * 204; a repeated cart is another cart, which runs out by itself.
 */
export interface SellingRoutes {
  pool: Pool;
  /** life of a cart */
  holdMs: number;
}

interface ShowParams { Params: { slug: string } }
interface CartParams { Params: { slug: string; cartId: string } }

/** Adds the routes to a server made by `createHttp`. */
export function registerSellingRoutes(app: FastifyInstance, { pool, holdMs }: SellingRoutes): void {
  app.get<ShowParams>('/legacy/v1/shows/:slug', {
    schema: { response: { 200: ShowAnswer } },
  }, async ({ params: { slug } }, reply) => {
    const show = isSlug(slug) ? await readShow(pool, slug) : undefined;
    return show ?? sendProblem(reply, 'show_unknown');
  });

  app.post<ShowParams & { Body: CartRequest }>('/legacy/v1/shows/:slug/carts', {
    schema: { body: CartRequest, response: { 201: PlacedCartAnswer } },
  }, async (request, reply) => {
    const { params: { slug }, body } = request;
    if (!isSlug(slug)) return sendProblem(reply, 'show_unknown');
    const read = readCartItems(body.items);
    if ('faultyIndex' in read) return sendItemFault(reply, read.faultyIndex);
    const placed = await placeCart(pool, { slug, buyerRef: body.buyerRef, items: read.items, holdMs });
    if (!placed.ok) return sendRefusal(reply, placed);
    reply.code(201).header('location', `/legacy/v1/shows/${slug}/carts/${placed.cartId}`);
    return cartOf(placed);
  });

  app.get<CartParams>('/legacy/v1/shows/:slug/carts/:cartId', {
    schema: { response: { 200: CartAnswer } },
  }, async ({ params: { slug, cartId } }, reply) => {
    const cart = isSlug(slug) && UUID.test(cartId) ? await readCart(pool, slug, cartId) : undefined;
    if (cart === undefined) return sendProblem(reply, 'cart_unknown');
    return { ...cart, expiresAt: cart.expiresAt.toISOString() };
  });

  app.delete<CartParams>('/legacy/v1/shows/:slug/carts/:cartId', async (request, reply) => {
    const { slug, cartId } = request.params;
    if (!isSlug(slug) || !UUID.test(cartId)) return sendProblem(reply, 'cart_unknown');
    const released = await releaseCart(pool, slug, cartId);
    return released.ok ? reply.code(204).send() : sendRefusal(reply, released);
  });

  app.post<CartParams & { Body: CheckoutRequest }>('/legacy/v1/shows/:slug/carts/:cartId/checkout', {
    schema: { body: CheckoutRequest, response: { '2xx': OrderAnswer } },
  }, async ({ params: { slug, cartId }, body }, reply) => {
    if (!isSlug(slug) || !UUID.test(cartId)) return sendProblem(reply, 'cart_unknown');
    const done = await checkOutCart(pool, { slug, cartId, ...body });
    if (!done.ok) return sendRefusal(reply, done);
    return reply.code(done.repeated ? 200 : 201).send(orderOf(done.order));
  });
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function isSlug(slug: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(slug);
}

function sendRefusal(reply: FastifyReply, refusal: { ok: false } & Refusal): FastifyReply {
  const { ok: _ok, reason, ...details } = refusal;
  return sendProblem(reply, reason, details);
}

function sendItemFault(reply: FastifyReply, index: number): FastifyReply {
  const message = 'must have areaId and quantity, or areaId and bestAvailable, or seatIds';
  return sendProblem(reply, 'request_invalid', { errors: [{ field: `body/items/${index}`, message }] });
}

function cartOf({ cartId, lines, currency, totalMinor, expiresAt }: PlacedCart): PlacedCartAnswer {
  const items = lines.map(({ areaId, seat, ticketType, quantity, priceMinor }) => ({
    areaId,
    ...(seat === undefined ? {} : { seatId: seat.seatId, seatLabel: seat.label }),
    ticketType,
    quantity,
    priceMinor,
  }));
  return { cartId, items, totalMinor, currency, expiresAt: expiresAt.toISOString() };
}

function orderOf(order: Order): OrderAnswer {
  const { number, status, paymentMethod, totalMinor, currency, createdAt, tickets } = order;
  return {
    orderNumber: number,
    status,
    paymentMethod,
    totalMinor,
    currency,
    createdAt: createdAt.toISOString(),
    tickets: tickets.map(({ ticketId, code, areaId, seatId, seatLabel, ticketType }) => ({
      ticketId,
      code,
      areaId,
      ...(seatId === null || seatLabel === null ? {} : { seatId, seatLabel }),
      ticketType,
    })),
  };
}
