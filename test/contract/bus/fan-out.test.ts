/** The bus as kinesis-local has it, read by enhanced fan-out. */
import t from 'tap';
import { startKinesisLocal } from '../../harness/start-kinesis-local.ts';
import { testBusPromises } from './bus-promises.ts';
import { readByFanOut } from './read-by-fan-out.ts';

t.setTimeout(300_000);

const { url: endpoint } = await startKinesisLocal(t);
const fanOut = { endpoint, read: readByFanOut, calls: ['SubscribeToShard'], scales: true };

testBusPromises(t, 'kinesis-local, fan-out', fanOut);
