import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { RelayConfig } from '../config.ts';
import { createStockCaller } from './create-stock-caller.ts';
import { Recovery } from './recovery.ts';
import type { RecoveryOptions } from './recovery.ts';
import { SaleLog } from './sale-log.ts';

/** The recovery of a relay, with its own way to the log of single sales. */
export function createRecovery(
  options: Omit<RecoveryOptions, 'stock' | 'saleLog'> & {
    config: RelayConfig;
    kinesis: KinesisClient;
    eventStoreUrl: string | undefined;
  },
): Recovery {
  const { config, kinesis, eventStoreUrl, signal, log, redis, generationOf } = options;
  const { KINESIS_STREAM: streamName, BUS_POLL_MS_MIN: pollMsMin, BUS_POLL_MS_MAX: pollMsMax } = config;
  return new Recovery({
    ...options,
    stock: createStockCaller(redis, generationOf),
    saleLog: new SaleLog({ kinesis, streamName, eventStoreUrl, pollMsMin, pollMsMax, signal, log }),
  });
}
