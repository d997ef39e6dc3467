import { Type } from 'typebox';
import type { Static } from 'typebox';
import { PARTITIONS_DEFAULT } from '../shared/contracts/partition-of.ts';

/**
 * What the relay is told by its environment. It needs Redis and the stream. PostgreSQL knows what the stream
 * has forgotten: partitions that were never opened, and sales of which the stream has nothing, wait for it.
 * Any number of relays share the partitions by leases in Redis.
 */
export const RelayConfig = Type.Object({
  REDIS_URL: Type.String(),
  KINESIS_ENDPOINT: Type.Optional(Type.String({ description: 'of an emulator; absent: AWS' })),
  KINESIS_STREAM: Type.String({ default: 'onsale' }),
  KINESIS_SHARDS: Type.Integer({ default: 4, minimum: 1, description: 'of a stream that must be created' }),
  AWS_REGION: Type.String({ default: 'eu-west-1' }),
  DATABASE_URL: Type.Optional(Type.String()),
  EVENT_STORE_URL: Type.Optional(Type.String({ description: 'default: DATABASE_URL' })),
  PARTITIONS: Type.Integer({ default: PARTITIONS_DEFAULT, minimum: 1, maximum: 1_024 }),
  BUS_POLL_MS_MIN: Type.Integer({ default: 10, minimum: 1 }),
  BUS_POLL_MS_MAX: Type.Integer({ default: 200, minimum: 1 }),
  BUS_READS_MAX: Type.Optional(Type.Number({
    exclusiveMinimum: 0, maximum: 1_000,
    description: 'of a shard in a second, by all relays together; default: 4 at AWS, which allows 5 over all '
      + 'readers, and as many as BUS_POLL_MS_MIN allows at an emulator',
  })),
  BUS_CONSUMER: Type.Optional(Type.String({
    pattern: '^[a-zA-Z0-9_.-]{1,128}$',
    description: 'has records pushed to the consumer of this name, of this relay alone; absent: polls',
  })),
  LEASE_MS: Type.Integer({
    default: 3_000, minimum: 200, maximum: 60_000,
    description: 'after which the partitions of a relay that died go to the others',
  }),
  HEADS_MS: Type.Integer({
    default: 5_000, minimum: 100, description: 'between two records of the heads of a busy partition',
  }),
  HOST: Type.String({ default: '127.0.0.1' }),
  PORT: Type.Integer({ default: 0 }),
  LOG_LEVEL: Type.String({ default: 'info' }),
});
export type RelayConfig = Static<typeof RelayConfig>;
