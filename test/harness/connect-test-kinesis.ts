import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { connectKinesis } from '../../services/shared/platform/kinesis.ts';

/** The services' own client, with credentials that the emulator does not look at. */
export function connectTestKinesis(endpoint: string): KinesisClient {
  return connectKinesis({
    region: 'eu-west-1', endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
}
