/** The bus as kinesis-local has it, read by GetRecords, with faults on the way. */
import t from 'tap';
import { startKinesisLocal } from '../../harness/start-kinesis-local.ts';
import { seedOf } from '../../model/run-model.ts';
import { testBusPromises } from './bus-promises.ts';
import { readByPolling } from './start-reading.ts';

t.setTimeout(300_000);

const { url: endpoint } = await startKinesisLocal(t);
const polling = { endpoint, read: readByPolling, calls: ['GetRecords', 'GetShardIterator'], scales: true };

testBusPromises(t, 'kinesis-local, polling', { ...polling, seed: seedOf(process.env['BUS_SEED']) });
