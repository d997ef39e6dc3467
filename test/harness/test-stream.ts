import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { setTimeout as sleep } from 'node:timers/promises';

/** Makes a stream and waits until it is ACTIVE. */
export async function createStream(endpoint: string, streamName: string, shardCount: number): Promise<void> {
  await withClient(endpoint, async (client) => {
    await client.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: shardCount }));
    for (let attempt = 0; attempt < 200; attempt++) {
      const summary = await client.send(new DescribeStreamSummaryCommand({ StreamName: streamName }));
      if (summary.StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return;
      await sleep(25);
    }
    throw new Error(`The stream ${streamName} did not become ACTIVE.`);
  });
}

/** Removes a stream; one that is not there (any more) is fine. */
export async function deleteStream(endpoint: string, streamName: string): Promise<void> {
  await withClient(endpoint, async (client) => {
    try {
      await client.send(new DeleteStreamCommand({ StreamName: streamName, EnforceConsumerDeletion: true }));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  });
}

async function withClient(endpoint: string, work: (client: KinesisClient) => Promise<void>): Promise<void> {
  const client = new KinesisClient({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    // The client's default speaks HTTP/2, which the emulator does not know.
    requestHandler: new NodeHttpHandler({ requestTimeout: 5_000, connectionTimeout: 2_000 }),
  });
  try {
    await work(client);
  } finally {
    client.destroy();
  }
}
