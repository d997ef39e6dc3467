import type { FastifyInstance, FastifyReply } from 'fastify';
import { html } from 'ghtml';
import { SALE_ID_PATTERN } from '../shared/contracts/sale-input.ts';
import type { Assets } from './assets.ts';
import { pageShell } from './page-shell.ts';
import type { SaleHead, SaleHeads } from './sale-heads.ts';

interface PageParts {
  assets: Assets;
  heads: SaleHeads;
  /** the sales of the front page */
  saleIds: string[];
  /** how Stripe's form gets into the page of an order: the shop's publishable key, and their script */
  stripe?: { stripeKey: string; stripeJs: string } | undefined;
}

const SALE_ID = new RegExp(SALE_ID_PATTERN);
const ORDER_ID = /^o_[A-Za-z0-9_-]{1,64}$/;

/** The three pages: `/`, `/shows/{saleId}` and `/shows/{saleId}/orders/{orderId}`. */
export function registerPages(app: FastifyInstance, { assets, heads, saleIds, stripe }: PageParts): void {
  app.get('/', async (_request, reply) => {
    const found = await Promise.all(
      saleIds.map((saleId) => heads.read(saleId).then((head) => ({ saleId, head }))),
    );
    const shows = found.filter(({ head }) => head !== 'unknown');
    return send(reply, 200, pageShell({ assets, title: 'Tickets', main: frontPage(shows as Show[]) }));
  });

  app.get<{ Querystring: { saleId?: string } }>('/shows', async (request, reply) => {
    const saleId = (request.query.saleId ?? '').trim().toLowerCase();
    if (!SALE_ID.test(saleId)) return notFound(reply, assets);
    return reply.redirect(`/shows/${saleId}`, 303);
  });

  app.get<{ Params: { saleId: string } }>('/shows/:saleId', async (request, reply) => {
    const { saleId } = request.params;
    const head = SALE_ID.test(saleId) ? await heads.read(saleId) : 'unknown';
    if (head === 'unknown') return notFound(reply, assets);
    const name = head?.name ?? 'Tickets';
    return send(
      reply,
      200,
      pageShell({
        assets,
        title: `${name} – tickets`,
        entry: 'show-page.js',
        data: { saleId, stage: 'choose' },
        main: showPage(name),
      }),
    );
  });

  app.get<{ Params: { saleId: string; orderId: string } }>(
    '/shows/:saleId/orders/:orderId',
    async (request, reply) => {
      const { saleId, orderId } = request.params;
      if (!SALE_ID.test(saleId) || !ORDER_ID.test(orderId)) return notFound(reply, assets);
      const head = await heads.read(saleId);
      const name = head === undefined || head === 'unknown' ? saleId : head.name;
      return send(
        reply,
        200,
        pageShell({
          assets,
          title: 'Your order',
          entry: 'order-page.js',
          data: { saleId, orderId, ...stripe },
          main: orderPage(saleId, name),
        }),
      );
    },
  );
}

function send(reply: FastifyReply, status: number, page: string): FastifyReply {
  // A shell holds nothing of a buyer; it is asked for again each time, so that a new release is seen at
  // once.
  return reply.code(status).type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
}

function notFound(reply: FastifyReply, assets: Assets): FastifyReply {
  return send(
    reply,
    404,
    pageShell({
      assets,
      title: 'No such show',
      main: html` <div class="plain">
        <h1>There is no such show</h1>
        <p>
          The address may be mistyped, or the show is not on sale here.
          <a href="/">Look at the list of shows.</a>
        </p>
      </div>`,
    }),
  );
}

interface Show {
  saleId: string;
  head: SaleHead | undefined;
}

function frontPage(shows: Show[]): string {
  if (shows.length === 0) {
    return html` <div class="plain">
      <h1>Tickets</h1>
      <p>Enter the short name of a show, as it stands in its address.</p>
      <form action="/shows" method="get">
        <div class="field">
          <label for="saleId">Show</label><input id="saleId" name="saleId" required />
        </div>
        <button class="primary" type="submit">Open</button>
      </form>
    </div>`;
  }
  return html` <h1>On sale</h1>
    <ul class="shows">
      !${shows.map(
        ({ saleId, head }) =>
          html` <li>
            <a class="card" href="/shows/${saleId}">
              <strong>${head?.name ?? saleId}</strong><span class="hint">${stateWords(head)}</span>
            </a>
          </li>`,
      )}
    </ul>`;
}

function stateWords(head: SaleHead | undefined): string {
  if (head === undefined) return 'Choose tickets';
  if (head.state === 'closed') return 'The sale is over';
  if (head.state === 'paused') return 'Paused for a moment';
  if (head.state === 'recovering') return 'Back in a moment';
  const opensAtMs = head.opensAt === null ? 0 : Date.parse(head.opensAt);
  if (opensAtMs > Date.now())
    return `Opens ${new Date(opensAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return head.state === 'open' ? 'On sale now' : 'Not open yet';
}

function showPage(name: string): string {
  return html` <div class="head">
      <h1 id="title">${name}</h1>
      <ol class="steps" aria-label="Steps">
        <li data-step="choose" aria-current="step"><b>1</b><span>Choose</span></li>
        <li data-step="held"><b>2</b><span>Your details</span></li>
        <li data-step="order"><b>3</b><span>Tickets</span></li>
      </ol>
    </div>
    <p id="orders" class="orders" hidden></p>
    <div id="sale-strip" class="strip" role="status" hidden></div>
    <div id="notice" class="notice" role="alert" hidden></div>
    <p id="loading" class="loading">Reading the plan …</p>
    <div id="columns" class="columns" hidden>
      <div id="plan-place"></div>
      <aside id="side" class="side"></aside>
    </div>`;
}

function orderPage(saleId: string, name: string): string {
  return html` <div class="order-page">
    <div class="head">
      <div>
        <p class="hint"><a id="show-name" href="/shows/${saleId}">${name}</a></p>
        <h1 id="title">Looking for your order …</h1>
      </div>
      <ol class="steps" aria-label="Steps">
        <li><b>1</b><span>Choose</span></li>
        <li><b>2</b><span>Your details</span></li>
        <li aria-current="step"><b>3</b><span>Tickets</span></li>
      </ol>
    </div>
    <div id="notice" class="notice" role="alert" hidden></div>
    <div id="order"></div>
  </div>`;
}
