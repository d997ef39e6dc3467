import type { Redis } from 'ioredis';
import type { Credentials } from '../shared/platform/credentials.ts';
import type { Log } from '../shared/platform/log.ts';
import type { AcceptedFollower } from './accepted-follower.ts';
import type { BusWatch } from './bus-watch.ts';
import type { Callers } from './callers.ts';
import type { LogSource } from './fold-log.ts';
import type { HoldLookups } from './hold-lookups.ts';
import type { PaymentMethods } from './payment-methods.ts';
import type { Payments } from './payments.ts';
import type { SaleDirectory } from './sale-directory.ts';
import type { SaleWatches } from './sale-watches.ts';
import type { Stock } from './stock.ts';

/** What the routes work with; made once in start-selling.ts. */
export interface SellingContext {
  log: Log;
  redis: Redis;
  stock: Stock;
  payments: Payments;
  /** those that money is taken by */
  paymentMethods: PaymentMethods;
  paymentAttemptsMax: number;
  /** what an order keeps at least for another attempt */
  paymentRetryMs: number;
  /** of the buyers' pages, without a slash at the end; providers send people back there */
  checkoutUrl: string;
  lookups: HoldLookups;
  directory: SaleDirectory;
  watches: SaleWatches;
  callers: Callers;
  credentials: Credentials;
  accepted: AcceptedFollower;
  bus: BusWatch;
  idSecret: string;
  /** of passes; without it none is valid */
  passKey: Uint8Array | undefined;
  contactKey: Uint8Array;
  confirmAck: 'bus' | 'redis';
  confirmWaitMs: number;
  /** where archived sales are read back from */
  logSource: LogSource | undefined;
  sessionsPerMinuteMax: number;
  /** proxies whose `x-forwarded-for` is believed */
  trustProxy: string;
}
