import { SubscribeToShardCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient, StartingPosition } from '@aws-sdk/client-kinesis';
import { awaitThat } from '../../harness/await-that.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { registerConsumer } from './read-by-fan-out.ts';
import { untilTaken } from './until-taken.ts';

export interface Subscription {
  /** sequence numbers, as they came */
  numbers: string[];
  /** Resolves when the first event, maybe without records, has come: from here on what is put is new. */
  begun(): Promise<unknown>;
}

/**
 * A consumer of its own, subscribed to one shard from a starting point, once: a subscription that was begun
 * and breaks is a failure here, since where it began cannot be begun at again.
 */
export async function subscribe(
  t: Teardown,
  { client, direct, streamName, shardId }:
  { client: KinesisClient; direct: KinesisClient; streamName: string; shardId: string },
  position: StartingPosition,
): Promise<Subscription> {
  const ConsumerARN = await registerConsumer(direct, streamName);
  const ending = new AbortController();
  const { EventStream: stream } = await untilTaken(() => client.send(
    new SubscribeToShardCommand({ ConsumerARN, ShardId: shardId, StartingPosition: position }),
    { abortSignal: ending.signal }));
  const numbers: string[] = [];
  let eventCount = 0;
  let failure: Error | undefined;
  async function follow(): Promise<void> {
    try {
      for await (const { SubscribeToShardEvent: event } of stream ?? []) {
        for (const { SequenceNumber = '' } of event?.Records ?? []) numbers.push(SequenceNumber);
        eventCount += 1;
      }
    } catch (error) {
      if (!ending.signal.aborted) failure = error as Error;
    }
  }
  const following = follow();
  t.teardown(async () => {
    ending.abort();
    await following;
  });
  return {
    numbers,
    begun: () => awaitThat('the subscription has begun', () => {
      if (failure !== undefined) throw failure;
      return eventCount > 0;
    }),
  };
}
