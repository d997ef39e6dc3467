import { Type } from 'typebox';
import type { Static } from 'typebox';

/** What the buyer's pages read from the environment. */
export const CheckoutConfig = Type.Object({
  SELLING_URL: Type.String({ pattern: '^https?://', description: 'base URL of the selling service' }),
  GATEWAY_URL: Type.Optional(Type.String({
    pattern: '^https?://', description: 'of the gateway, which is called instead where there is one',
  })),
  SHOWS: Type.String({ default: '', description: 'sale ids on the front page, separated by commas' }),
  STRIPE_PUBLISHABLE_KEY: Type.Optional(Type.String({ pattern: '^pk_' })),
  STRIPE_JS_URL: Type.String({ pattern: '^https?://', default: 'https://js.stripe.com/v3/' }),
  HOST: Type.String({ default: '127.0.0.1' }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 4200 }),
  LOG_LEVEL: Type.String({ default: 'info' }),
});
export type CheckoutConfig = Static<typeof CheckoutConfig>;
