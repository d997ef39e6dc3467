/** The bus as kinesalite has it: no UpdateShardCount, no SubscribeToShard. */
import t from 'tap';
import { openTestStack } from '../../stack.ts';
import { testBusPromises } from './bus-promises.ts';
import { seedOf } from '../../model/run-model.ts';
import { readByPolling } from './start-reading.ts';

t.setTimeout(300_000);

const { kinesisEndpoint: endpoint } = await openTestStack(t);
const polling = { endpoint, read: readByPolling, calls: ['GetRecords', 'GetShardIterator'], scales: false };

testBusPromises(t, 'kinesalite, polling', polling);
testBusPromises(t, 'kinesalite, polling', { ...polling, seed: seedOf(process.env['BUS_SEED']) });
