import { Redis } from 'ioredis';
import t from 'tap';
import { createOutboxLedger } from '../../../../services/relay/outbox-ledger.ts';
import type { PartitionRelay } from '../../../../services/relay/partition-relay.ts';
import { isSettled } from '../../../../services/relay/recovery/is-settled.ts';
import { WaitingEvents } from '../../../../services/relay/waiting-events.ts';
import { partitionKeys } from '../../../../services/shared/contracts/keys.ts';
import type { PackedEvent } from '../../../../services/shared/contracts/outbox.ts';
import type { Teardown } from '../../../harness/teardown.ts';
import { openTestStack } from '../../../stack.ts';

const SINCE_MS = 1_000_000;
const event: PackedEvent = {
  type: 'sale.paused', saleId: 's', seq: 7, id: 'e', prev: 'd', timeMs: 0, epoch: 0, context: '',
  body: ['{}'],
};

/** One open event of a sale that is suspended since SINCE_MS, and what is given up of it at a time. */
async function openSuspended(t: Teardown) {
  const { redisUrl } = await openTestStack(t);
  const redis = new Redis(redisUrl);
  t.teardown(() => redis.disconnect());
  const ledger = createOutboxLedger();
  ledger.add('5-0', [event]);
  const waiting = new WaitingEvents();
  const state = { troubles: [] as string[], givenUp: [] as string[] };
  const relay = {
    ledger, waiting, troubles: () => state.troubles,
    giveUp: (saleId: string, reason: string) => void state.givenUp.push(`${saleId}: ${reason}`),
  } as unknown as PartitionRelay;
  const at = async (ageMs: number): Promise<string> => {
    // Redis' clock says what the test wants; everything else is asked of Redis.
    const nowMs = SINCE_MS + ageMs;
    redis.time = async () => [Math.floor(nowMs / 1_000), nowMs % 1_000 * 1_000];
    return await isSettled(redis, relay, { partition: 3, saleId: 's', since: `${SINCE_MS} operator` });
  };
  return { redis, ledger, waiting, state, at };
}

t.test('what follows nothing is given up after 5 s, not before', async (t) => {
  const { waiting, state, at } = await openSuspended(t);
  waiting.add(event);
  // Another relay may be sending what is missing: that the bus has troubles here says nothing about it.
  state.troubles = ['the bus takes nothing'];
  t.match(await at(5_000), /^1 of its events are not in the log/);
  t.same(state.givenUp, []);
  t.match(await at(5_001), /^1 of its events are not in the log/);
  t.same(state.givenUp, ['s: its events do not follow the log']);
});

t.test('what was sent and not read back is given up after 45 s, not before, and only if the bus works',
  async (t) => {
    const { ledger, state, at } = await openSuspended(t);
    await at(45_000);
    state.troubles = ['the bus takes nothing'];
    await at(45_001);
    t.same(state.givenUp, []);
    state.troubles = [];
    t.not(await at(45_001), '');
    t.same(state.givenUp, ['s: its events were not read back in time']);
    ledger.finish('e', 'aside');
    t.equal(await at(45_001), '', 'it is settled then');
  });

t.test('one of several that waits makes no hole: the others may be under way', async (t) => {
  const { ledger, waiting, state, at } = await openSuspended(t);
  ledger.add('6-0', [{ ...event, seq: 9, id: 'g', prev: 'f' }]);
  waiting.add(event);
  await at(45_000);
  t.same(state.givenUp, []);
});

t.test('nothing is settled or given up before the outbox is read to its end', async (t) => {
  const { redis, ledger, state, at } = await openSuspended(t);
  ledger.finish('e', 'accepted');
  const { outbox } = partitionKeys(3);
  await redis.xadd(outbox, '5-1', 's', 'more');
  t.equal(await at(60_000), 'its outbox is not read to the end yet');
  t.same(state.givenUp, []);
  ledger.add('5-1', [{ ...event, seq: 8, id: 'f', prev: 'e' }]);
  t.match(await at(0), /^1 of its events/);
});
