import { Type } from 'typebox';
import type { Static } from 'typebox';

/** What the selling service reads from its environment; see .env.example. */
export const SellingConfig = Type.Object({
  HOST: Type.String({ default: '127.0.0.1' }),
  PORT: Type.Integer({ default: 4100, minimum: 0, maximum: 65_535 }),
  LOG_LEVEL: Type.String({ default: 'info' }),
  REDIS_URL: Type.String(),
  PARTITIONS: Type.Integer({ default: 64, minimum: 1, maximum: 1024 }),
  CHECKOUT_KEY: Type.String({ minLength: 16 }),
  ADMIN_CREDENTIALS: Type.String(),
  ID_SECRET: Type.String({ minLength: 32 }),
  SESSION_SECRET: Type.String({ minLength: 32 }),
  PASS_SECRET: Type.Optional(Type.String({ minLength: 32 })),
  TRUST_PROXY: Type.String({ default: 'loopback' }),
  SESSIONS_PER_MINUTE_MAX: Type.Integer({ default: 600, minimum: 1 }),
  BUYER_JWKS_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  BUYER_ISSUER: Type.Optional(Type.String()),
  BUYER_AUDIENCE: Type.Optional(Type.String()),
  CONTACT_KEY: Type.String(),
  CONFIRM_ACK: Type.Unsafe<'bus' | 'redis'>(Type.String({ enum: ['bus', 'redis'], default: 'bus' })),
  CONFIRM_WAIT_MS: Type.Integer({ default: 2_000, minimum: 0, maximum: 30_000 }),
  BUS_OUTAGE: Type.Unsafe<'refuse' | 'accept'>(
    Type.String({ enum: ['refuse', 'accept'], default: 'refuse' })),
  BUS_OUTAGE_MS: Type.Integer({ default: 5_000, minimum: 100 }),
  LOG_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  LOG_TOKEN: Type.Optional(Type.String()),
  OUTBOX_ENTRIES_MAX: Type.Integer({ default: 200_000, minimum: 1 }),
  OUTBOX_BYTES_MAX: Type.Integer({ default: 64 * 1024 * 1024, minimum: 1 }),
  OUTBOX_AGE_MS_MAX: Type.Integer({ default: 30_000, minimum: 1 }),
  SWEEP_MS: Type.Integer({ default: 250, minimum: 10, maximum: 1_000 }),
  CHANGE_MS: Type.Integer({ default: 200, minimum: 0, maximum: 10_000 }),
  STREAMS_MAX: Type.Integer({ default: 15_000, minimum: 0 }),
});
export type SellingConfig = Static<typeof SellingConfig>;
