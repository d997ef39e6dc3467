import { randomUUID } from 'node:crypto';
import { streamEvent } from '../contracts/stream-events.ts';
import type { Doer, StreamEventData } from '../contracts/stream-events.ts';
import type { PoolClient } from '../platform/pg.ts';
import { writeToStream } from './write-to-stream.ts';

/** An act of an operator that is no event of a sale. */
export interface Act extends StreamEventData<'operator.acted'> {
  /** the service that does it */
  service: string;
  /** such as `operator-webhooks` */
  stream: string;
  doer: Doer;
}

/** Tells the audit of an act, in the transaction that does it; as `writeToStream`. */
export function tellAct(client: PoolClient, { service, stream, doer, ...data }: Act): Promise<void> {
  return writeToStream(client, streamEvent({
    id: randomUUID(), service, stream, type: 'operator.acted', timeMs: Date.now(), doer, data,
  }));
}
