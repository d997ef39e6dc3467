import { Type } from 'typebox';
import type { Static } from 'typebox';

/** What the legacy application reads from the environment. */
export const LegacyConfig = Type.Object({
  DATABASE_URL: Type.String({ minLength: 1 }),
  HOST: Type.String({ default: '127.0.0.1' }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 4300 }),
  LOG_LEVEL: Type.String({ default: 'info' }),
  POOL_MAX: Type.Integer({ minimum: 1, maximum: 200, default: 10 }),
  HANDOVER_KEY: Type.Optional(Type.String({ minLength: 16 })),
  HANDOVER_WEBHOOK_SECRET: Type.Optional(Type.String()),
  HANDOVER_PAGE_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  CART_SECONDS: Type.Integer({ minimum: 1, maximum: 86_400, default: 600 }),
});
export type LegacyConfig = Static<typeof LegacyConfig>;
