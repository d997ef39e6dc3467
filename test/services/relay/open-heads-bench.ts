import { toHeadsEvent } from '../../../services/shared/contracts/partition-heads.ts';
import type { PartitionHeads } from '../../../services/shared/contracts/partition-heads.ts';
import { partitionKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionName } from '../../../services/shared/contracts/partition-of.ts';
import { compress } from '../../../services/shared/platform/compression.ts';
import { putRecord } from '../../../services/shared/platform/kinesis.ts';
import { connectTestKinesis } from '../../harness/connect-test-kinesis.ts';
import type { Teardown } from '../../harness/teardown.ts';
import { startService } from '../../stack.ts';
import { openPartitions, openRelayBench } from './open-relay-bench.ts';
import type { OutboxWriter } from './open-relay-bench.ts';

const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing';

/** A bench whose relays have no event store, and a client for the stream. */
export async function openHeadsBench(t: Teardown, shards = 1) {
  const bench = await openRelayBench(t, shards);
  const { stack, redis } = bench;
  await openPartitions(redis);
  const client = connectTestKinesis(stack.kinesisEndpoint);
  t.teardown(() => client.destroy());
  const env = {
    ...stack.env, DATABASE_URL: NOWHERE, EVENT_STORE_URL: NOWHERE, HEADS_MS: '100', LEASE_MS: '300',
  };
  const statementOf = async ({ partition }: OutboxWriter): Promise<string[]> =>
    (await redis.get(partitionKeys(partition).heads) ?? '').split(' ');
  return {
    ...bench, env, client, statementOf,
    start: () => startService(t, 'relay', env),
    /** Puts heads on the bus as a relay would, and says where. */
    putHeads: async (partition: number, said: PartitionHeads) => {
      const event = toHeadsEvent(said, { partition, id: `heads-${Math.random()}`, nowMs: Date.now() });
      return await putRecord(client, {
        streamName: stack.streamName, partitionKey: partitionName(partition),
        data: compress(JSON.stringify([event])),
      });
    },
  };
}
