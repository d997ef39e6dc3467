import { Type } from 'typebox';
import type { Static } from 'typebox';

const databases = {
  SANDBOX_DATABASE_URL: Type.String({ description: 'of the provider, in its schema `sandbox`' }),
};

/** What the migrations are told. */
export const PrepareConfig = Type.Object(databases);

/** What the sandbox payment provider is told by its environment. */
export const SandboxConfig = Type.Object({
  ...databases,
  SANDBOX_KEY: Type.String({ minLength: 16, description: 'the secret key of the merchant' }),
  SANDBOX_WEBHOOK_SECRET: Type.String({ description: 'signs webhooks: whsec_ and 24 to 64 bytes in base64' }),
  SANDBOX_PAGE_URL: Type.Optional(Type.String({
    pattern: '^https?://', description: 'where browsers find its pages; default: where it listens',
  })),
  SANDBOX_RETRY_MS_MIN: Type.Integer({ default: 1_000, minimum: 10 }),
  SANDBOX_RETRY_MS_MAX: Type.Integer({ default: 60_000, minimum: 10 }),
  SANDBOX_GIVE_UP_MS: Type.Integer({ default: 24 * 3_600_000, minimum: 0, description: 'of a webhook' }),
  SANDBOX_TIMEOUT_MS: Type.Integer({
    default: 10_000, minimum: 50, maximum: 60_000, description: 'that a receiver of webhooks may take',
  }),
  HOST: Type.String({ default: '127.0.0.1' }),
  PORT: Type.Integer({ default: 0 }),
  LOG_LEVEL: Type.String({ default: 'info' }),
});
export type SandboxConfig = Static<typeof SandboxConfig>;
