import { Type } from 'typebox';
import type { Static } from 'typebox';

const databases = {
  DATABASE_URL: Type.String({ description: 'the legacy database' }),
  EVENT_STORE_URL: Type.Optional(Type.String({ description: 'default: DATABASE_URL' })),
  WORKER_DATABASE_URL: Type.Optional(Type.String({ description: 'default: EVENT_STORE_URL' })),
};

/** What the migrations are told. */
export const PrepareConfig = Type.Object(databases);

/** What the worker is told by its environment. */
export const WorkerConfig = Type.Object({
  ...databases,
  KINESIS_ENDPOINT: Type.Optional(Type.String({ description: 'of an emulator; absent: AWS' })),
  KINESIS_STREAM: Type.String({ default: 'onsale' }),
  KINESIS_SHARDS: Type.Integer({ default: 4, minimum: 1, description: 'of a stream that must be created' }),
  AWS_REGION: Type.String({ default: 'eu-west-1' }),
  BUS_POLL_MS_MIN: Type.Integer({ default: 20, minimum: 1, description: 'AWS: 400, for 5 reads/s a shard' }),
  BUS_POLL_MS_MAX: Type.Integer({ default: 200, minimum: 1 }),
  BUS_FAN_OUT: Type.Boolean({ default: true, description: 'records are pushed where the endpoint can' }),
  LEASE_MS: Type.Integer({
    default: 3_000, minimum: 200, description: 'until a dead process loses its shards',
  }),
  ADMIN_CREDENTIALS: Type.String(),
  WEBHOOK_SECRET: Type.String({ minLength: 32, description: 'all signing secrets are derived from it' }),
  WEBHOOK_TIMEOUT_MS: Type.Integer({ default: 10_000, minimum: 50, maximum: 60_000 }),
  WEBHOOK_LANES_MAX: Type.Integer({ default: 4, minimum: 1, description: 'sales of one webhook at once' }),
  WEBHOOK_RETRY_MS_MIN: Type.Integer({ default: 5_000, minimum: 10 }),
  WEBHOOK_RETRY_MS_MAX: Type.Integer({ default: 6 * 3_600_000, minimum: 10 }),
  WEBHOOK_GIVE_UP_MS: Type.Integer({ default: 72 * 3_600_000, minimum: 0, description: 'then it is dead' }),
  WEBHOOK_KEEP_DAYS: Type.Integer({ default: 30, minimum: 1, description: 'of what was delivered' }),
  WEBHOOK_PRIVATE_NETWORKS: Type.String({
    default: '', description: 'CIDRs that may be delivered to although they are not public, joined by commas',
  }),
  TICKET_KEYS: Type.String({ description: 'sign the codes on tickets: the first signs, all are believed' }),
  DOOR_KEY: Type.String({ minLength: 16, description: 'of the scanners at the doors' }),
  JOBS_AT_ONCE: Type.Integer({ default: 4, minimum: 1, maximum: 100 }),
  SELLING_URL: Type.Optional(Type.String({ description: 'is told what became of refunds' })),
  SELLING_TOKEN: Type.Optional(Type.String({ description: 'of an operator there' })),
  SANDBOX_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  SANDBOX_KEY: Type.Optional(Type.String({ minLength: 16 })),
  SANDBOX_WEBHOOK_SECRET: Type.Optional(Type.String()),
  STRIPE_KEY: Type.Optional(Type.String({ minLength: 16 })),
  STRIPE_WEBHOOK_SECRET: Type.Optional(Type.String({ minLength: 16 })),
  STRIPE_API_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  HANDOVER_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  HANDOVER_KEY: Type.Optional(Type.String({ minLength: 16 })),
  HANDOVER_WEBHOOK_SECRET: Type.Optional(Type.String()),
  OFFLINE_PAYMENTS: Type.Boolean({ default: false }),
  PAYMENT_WEBHOOKS_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  PAYMENT_TIMEOUT_MS: Type.Integer({ default: 5_000, minimum: 100, maximum: 25_000 }),
  RECONCILE_MS: Type.Integer({
    default: 60_000, minimum: 100, description: 'between two looks at what providers have',
  }),
  CHOICES_URL: Type.Optional(Type.String({
    pattern: '^https?://', description: 'where buyers find /choices/; default: where this service listens',
  })),
  SMTP_URL: Type.Optional(Type.String({ description: 'absent: mails are put into MAIL_FOLDER' })),
  MAIL_FOLDER: Type.String({ default: '.data/mailbox' }),
  MAIL_FROM: Type.String({ default: 'onsale <tickets@localhost>' }),
  HOST: Type.String({ default: '127.0.0.1' }),
  PORT: Type.Integer({ default: 0 }),
  LOG_LEVEL: Type.String({ default: 'info' }),
});
export type WorkerConfig = Static<typeof WorkerConfig>;

/** The database of the worker's own tables and of its leases. */
export function workerDatabaseOf(config: Static<typeof PrepareConfig>): string {
  return config.WORKER_DATABASE_URL ?? config.EVENT_STORE_URL ?? config.DATABASE_URL;
}
