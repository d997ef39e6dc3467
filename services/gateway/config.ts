import { Type } from 'typebox';
import type { Static } from 'typebox';

/** What the set-up needs. */
export const PrepareConfig = Type.Object({ DATABASE_URL: Type.String({ minLength: 1 }) });

/** What the gateway reads from the environment. */
export const GatewayConfig = Type.Object({
  DATABASE_URL: Type.String({ minLength: 1, description: 'the legacy database, with the routes' }),
  SELLING_URL: Type.String({ pattern: '^http://', description: 'base URL of selling' }),
  LEGACY_URL: Type.String({ pattern: '^http://', description: 'base URL of the legacy application' }),
  FLAGS_URL: Type.Optional(Type.String({
    pattern: '^https?://', description: 'of a flag service (OFREP) that decides instead of the routes',
  })),
  FLAGS_TOKEN: Type.Optional(Type.String({ minLength: 1 })),
  HOST: Type.String({ default: '127.0.0.1' }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 4000 }),
  LOG_LEVEL: Type.String({ default: 'info' }),
});
export type GatewayConfig = Static<typeof GatewayConfig>;
