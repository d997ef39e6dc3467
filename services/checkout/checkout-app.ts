import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import { SALE_ID_PATTERN } from '../shared/contracts/sale-input.ts';
import { createHttp } from '../shared/platform/http-server.ts';
import type { Log } from '../shared/platform/log.ts';
import { registerHealth } from '../shared/platform/metrics.ts';
import { registerAssets } from './assets.ts';
import type { CheckoutConfig } from './config.ts';
import { registerPages } from './pages.ts';
import { createSaleHeads } from './sale-heads.ts';
import { registerSellingProxy } from './selling-proxy.ts';
import { registerStreamProxy } from './stream-proxy.ts';
import { registerTicketQr } from './ticket-qr.ts';

/**
 * The buyer's pages: a shell per page, browser modules, QR codes, and the buyers' part of the selling API
 * under the same origin. It keeps nothing and knows no secret: whatever a buyer may do, selling decides.
 * Any number of these can run, and every page can be served from a cache.
 */
export async function createCheckoutApp(config: CheckoutConfig, log: Log): Promise<FastifyInstance> {
  const app = createHttp({ log });
  const { STRIPE_PUBLISHABLE_KEY: stripeKey, STRIPE_JS_URL: stripeJs } = config;
  const stripe = stripeKey === undefined ? undefined : { stripeKey, stripeJs };
  const theirs = stripe === undefined ? NOTHING : sourcesOf(stripe.stripeJs);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", ...theirs.scripts],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'", ...theirs.connections],
        ...(theirs.frames.length > 0 && { frameSrc: theirs.frames }),
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
  });
  // Ready also without selling: a page that says so and goes on trying is worth more than a balancer's
  // error page.
  registerHealth(app, { ready: async () => [] });
  const assets = await registerAssets(app);
  const apiUrl = config.GATEWAY_URL ?? config.SELLING_URL;
  await registerSellingProxy(app, apiUrl);
  registerStreamProxy(app, apiUrl);
  registerTicketQr(app);
  registerPages(app, {
    assets,
    heads: createSaleHeads({ sellingUrl: apiUrl, log }),
    saleIds: readSaleIds(config.SHOWS),
    stripe,
  });
  return app;
}

interface Sources {
  scripts: string[];
  frames: string[];
  connections: string[];
}

const NOTHING: Sources = { scripts: [], frames: [], connections: [] };

/** What Stripe.js needs a page to allow (docs.stripe.com/security/guide, Content Security Policy). */
function sourcesOf(stripeJs: string): Sources {
  const { origin } = new URL(stripeJs);
  if (origin !== 'https://js.stripe.com') {
    return { scripts: [origin], frames: [origin], connections: [origin] };
  }
  const scripts = [origin, 'https://*.js.stripe.com'];
  const frames = [...scripts, 'https://hooks.stripe.com'];
  return { scripts, frames, connections: ['https://api.stripe.com'] };
}

/** @throws Error when one of them cannot be a sale id */
function readSaleIds(shows: string): string[] {
  const saleIds = shows
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const wrong = saleIds.find((saleId) => !new RegExp(SALE_ID_PATTERN).test(saleId));
  if (wrong !== undefined) throw new Error(`SHOWS names "${wrong}", which cannot be the id of a sale.`);
  return saleIds;
}
