import { Type } from 'typebox';
import type { Static } from 'typebox';

const databases = {
  DATABASE_URL: Type.String({ description: 'the legacy database' }),
  EVENT_STORE_URL: Type.Optional(Type.String({ description: 'default: DATABASE_URL' })),
};

/** What the migrations are told. */
export const PrepareConfig = Type.Object(databases);

/** What the projector is told by its environment. */
export const ProjectorConfig = Type.Object({
  ...databases,
  WORKER_DATABASE_URL: Type.Optional(Type.String({
    description: 'of the worker, whose outbox is emptied here; default: EVENT_STORE_URL',
  })),
  KINESIS_ENDPOINT: Type.Optional(Type.String({ description: 'of an emulator; absent: AWS' })),
  KINESIS_STREAM: Type.String({ default: 'onsale' }),
  KINESIS_SHARDS: Type.Integer({ default: 4, minimum: 1, description: 'of a stream that must be created' }),
  AWS_REGION: Type.String({ default: 'eu-west-1' }),
  BUS_POLL_MS_MIN: Type.Integer({ default: 20, minimum: 1, description: 'AWS: 400, for 5 reads/s a shard' }),
  BUS_POLL_MS_MAX: Type.Integer({ default: 200, minimum: 1 }),
  BUS_FAN_OUT: Type.Boolean({ default: true, description: 'records are pushed where the endpoint can' }),
  LEASE_MS: Type.Integer({ default: 3_000, minimum: 200, description: 'until a dead one loses its shards' }),
  EVENT_RETENTION_DAYS: Type.Integer({
    default: 0, minimum: 0, description: 'events of sales archived longer ago are removed; 0: none',
  }),
  CONTACT_KEY: Type.String({ description: 'opens the contact data in order.confirmed' }),
  HOST: Type.String({ default: '127.0.0.1' }),
  PORT: Type.Integer({ default: 0 }),
  LOG_LEVEL: Type.String({ default: 'info' }),
});
export type ProjectorConfig = Static<typeof ProjectorConfig>;
