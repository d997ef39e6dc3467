import { Type } from 'typebox';
import type { Static } from 'typebox';

/** What the operator's API is told by its environment. */
export const OperatorConfig = Type.Object({
  DATABASE_URL: Type.String({ description: 'the legacy database, with the positions of the projections' }),
  EVENT_STORE_URL: Type.Optional(Type.String({ description: 'default: DATABASE_URL' })),
  REDIS_URL: Type.String({ description: 'of selling, to be compared with the log' }),
  ADMIN_CREDENTIALS: Type.String(),
  CERTIFICATE_KEY: Type.String({ description: 'signs certificates: an Ed25519 key, 32 bytes as base64url' }),
  HOST: Type.String({ default: '127.0.0.1' }),
  PORT: Type.Integer({ default: 4400, minimum: 0, maximum: 65_535 }),
  LOG_LEVEL: Type.String({ default: 'info' }),
});
export type OperatorConfig = Static<typeof OperatorConfig>;
