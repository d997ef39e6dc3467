import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import {
  DescribeStreamConsumerCommand, DescribeStreamSummaryCommand, RegisterStreamConsumerCommand,
  ResourceInUseException,
} from '@aws-sdk/client-kinesis';
import type { Log } from '../log.ts';
import { backoffMs } from '../pause.ts';

/** A consumer that the stream knows: its records can be pushed to it. */
export interface FanOut {
  client: KinesisClient;
  consumerArn: string;
}

const ATTEMPTS_MAX = 4;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;
const ACTIVE_MS_MAX = 30_000;

/**
 * Registers a consumer for enhanced fan-out, or finds the one of that name. Readers of one cursor share one;
 * readers that each read everything need a name each, since a shard is pushed once per consumer.
 *
 * @param client that `connectFanOut` of kinesis.ts made
 * @returns undefined when the endpoint has no fan-out or refuses it; then the stream is to be polled
 */
export async function registerFanOut(
  { client, streamName, consumerName, log, signal }:
  { client: KinesisClient; streamName: string; consumerName: string; log: Log; signal: AbortSignal },
): Promise<FanOut | undefined> {
  for (let attempts = 1; !signal.aborted; attempts++) {
    try {
      const consumerArn = await register(client, streamName, consumerName);
      log.info({ consumerName }, 'records are pushed (enhanced fan-out)');
      return { client, consumerArn };
    } catch (error) {
      const isUnknown = (error as Error).name === 'UnknownOperationException';
      if (isUnknown || attempts >= ATTEMPTS_MAX) {
        if (isUnknown) log.info({ streamName }, 'the endpoint has no enhanced fan-out; the stream is polled');
        else log.warn({ err: error, consumerName }, 'enhanced fan-out is refused; the stream is polled');
        return undefined;
      }
      await sleep(backoffMs(attempts, RETRY_MS_MIN, RETRY_MS_MAX));
    }
  }
  return undefined;
}

async function register(client: KinesisClient, streamName: string, consumerName: string): Promise<string> {
  const summary = await client.send(new DescribeStreamSummaryCommand({ StreamName: streamName }));
  const StreamARN = summary.StreamDescriptionSummary?.StreamARN;
  try {
    await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: consumerName }));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  const deadlineAtMs = Date.now() + ACTIVE_MS_MAX;
  for (;;) {
    const found = await client.send(
      new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: consumerName }));
    const { ConsumerStatus, ConsumerARN } = found.ConsumerDescription ?? {};
    if (ConsumerStatus === 'ACTIVE' && ConsumerARN !== undefined) return ConsumerARN;
    if (Date.now() > deadlineAtMs) throw new Error(`consumer ${consumerName} is ${ConsumerStatus ?? 'gone'}`);
    await sleep(RETRY_MS_MIN);
  }
}
