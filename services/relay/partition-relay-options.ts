import type { LogFold } from '../shared/contracts/log-fold.ts';
import type { PackedEvent } from '../shared/contracts/outbox.ts';
import type { Clock } from '../shared/platform/clock.ts';
import type { Log } from '../shared/platform/log.ts';
import type { LayoutCache } from './layout-cache.ts';
import type { Trim } from './outbox-ledger.ts';
import type { RelayMetrics } from './relay-metrics.ts';

/** What one partition's relay works with, and what it does to Redis and the bus. */
export interface PartitionRelayOptions {
  partition: number;
  fold: LogFold;
  layouts: LayoutCache;
  log: Log;
  metrics: RelayMetrics;
  /** the machine's, if left out */
  clock?: Clock;
  /** Puts one record, once. */
  put(data: Uint8Array): Promise<void>;
  /** Runs accept-events; false when this Redis is not the one it was. */
  accept(ids: string[], trim: Trim | undefined): Promise<boolean>;
  /** Runs suspend-sale; a later epoch than the one given, when Redis has the sale in one, and it goes on. */
  suspend(saleId: string, epoch: number): Promise<number | undefined>;
  /** Runs set-aside-events; false when this Redis is not the one it was. */
  setAside(saleId: string, events: PackedEvent[]): Promise<boolean>;
  /** Runs drop-void; false while Redis has the sale in that epoch, or is not the one it was. */
  dropVoid(saleId: string, epoch: number, ids: string[]): Promise<boolean>;
  /** True if events of the sale were set aside, by whichever relay. */
  hasSetAside(saleId: string): Promise<boolean>;
}
