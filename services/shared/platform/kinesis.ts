import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateStreamCommand, DescribeStreamSummaryCommand, KinesisClient, PutRecordCommand, ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-kinesis';
import type { StreamDescriptionSummary } from '@aws-sdk/client-kinesis';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';

/**
 * Kinesis as every service reaches it. HTTP/1.1 with connections kept open: the SDK's default, one HTTP/2
 * session per call, is slow (aws-sdk-js-v3#8279) and the emulators do not speak it. No retries inside the
 * SDK: relay and reader have to know about each failed attempt, count it, and stop when they are told to.
 */
export interface KinesisOptions {
  region: string;
  /** URL of an emulator; absent: AWS itself */
  endpoint?: string | undefined;
  /** absent: the SDK's usual chain (environment, profile, role) */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** concurrent calls at most; one record in flight per partition and one read per shard is what is needed */
  connectionsMax?: number;
}

/** A client; `client.destroy()` closes its connections. */
export function connectKinesis(options: KinesisOptions): KinesisClient {
  const { connectionsMax = 128 } = options;
  return new KinesisClient({
    ...whereAndWho(options),
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 1_000,
      // A record of 1 MiB takes 40 ms here; a reply later than this is treated as lost and the record sent
      // again.
      requestTimeout: 5_000,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: connectionsMax },
      httpsAgent: { keepAlive: true, maxSockets: connectionsMax },
    }),
  });
}

/**
 * A client for SubscribeToShard (reader/fan-out.ts): HTTP/2 on AWS, whose subscriptions stream over it;
 * HTTP/1.1 to an emulator, which speaks nothing else, unless `http2` says otherwise. Without limits on how
 * long an answer may take to end.
 */
export function connectFanOut(options: KinesisOptions & { http2?: boolean }): KinesisClient {
  const { connectionsMax = 128, http2 = options.endpoint === undefined } = options;
  return new KinesisClient({
    ...whereAndWho(options),
    requestHandler: http2
      ? new NodeHttp2Handler({ sessionTimeout: 0, maxConcurrentStreams: connectionsMax })
      : new NodeHttpHandler({
        connectionTimeout: 1_000,
        httpAgent: { keepAlive: true, maxSockets: connectionsMax },
        httpsAgent: { keepAlive: true, maxSockets: connectionsMax },
      }),
  });
}

/** The same of every client. */
function whereAndWho({ region, endpoint, credentials }: KinesisOptions) {
  return {
    region,
    ...(credentials === undefined ? {} : { credentials }),
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 1,
  };
}

/** What a stream is: a name can be deleted and created again, `streamKey` tells the one from the other. */
export interface StreamIdentity {
  streamName: string;
  /** `name@createdAtMs`: positions in the stream are kept under it */
  streamKey: string;
}

/**
 * Waits until the stream is there and active, creating it first when it is missing (several processes may
 * do so at once). Throws when that takes longer than `waitMs`, or at once on an error that waiting does not
 * cure.
 */
export async function ensureStream(
  client: KinesisClient,
  { streamName, shards, waitMs = 30_000 }: { streamName: string; shards: number; waitMs?: number },
): Promise<StreamIdentity> {
  const deadlineAtMs = Date.now() + waitMs;
  for (;;) {
    const summary = await describe(client, streamName) ?? await create(client, streamName, shards);
    if (summary?.StreamStatus === 'ACTIVE' || summary?.StreamStatus === 'UPDATING') {
      return { streamName, streamKey: `${streamName}@${summary.StreamCreationTimestamp?.getTime() ?? 0}` };
    }
    if (Date.now() > deadlineAtMs) throw new Error(`stream ${streamName} was not active within ${waitMs} ms`);
    await sleep(50);
  }
}

/** Where a record went. */
export interface PutReceipt {
  shardId: string;
  sequenceNumber: string;
}

/**
 * Puts one record, once. Throws what the SDK throws. After a throttle or another 4xx the record is not in the
 * stream; after a time-out, a lost reply or a 5xx nobody knows. Whoever sends it again sends the same bytes,
 * and leaves it to the readers to drop what came twice (docs/decisions/0009-put-one-record-per-call.md).
 */
export async function putRecord(
  client: KinesisClient,
  record: { streamName: string; partitionKey: string; data: Uint8Array },
): Promise<PutReceipt> {
  const reply = await client.send(new PutRecordCommand({
    StreamName: record.streamName,
    PartitionKey: record.partitionKey,
    Data: record.data,
  }));
  return { shardId: reply.ShardId ?? '', sequenceNumber: reply.SequenceNumber ?? '' };
}

async function describe(
  client: KinesisClient,
  streamName: string,
): Promise<StreamDescriptionSummary | undefined> {
  try {
    const reply = await client.send(new DescribeStreamSummaryCommand({ StreamName: streamName }));
    return reply.StreamDescriptionSummary;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function create(client: KinesisClient, streamName: string, shards: number): Promise<undefined> {
  try {
    await client.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: shards }));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}
