import type { Log } from '../shared/platform/log.ts';
import { backoffMs, createPause } from '../shared/platform/pause.ts';
import type { Outage } from './outage.ts';
import type { PaymentTable } from './payment-table.ts';
import type { RefundTable } from './refund-table.ts';

/**
 * Does what is due by itself: payments that are decided, captured or expire, refunds that come to their end.
 * Any number of processes can do it side by side.
 */
export interface Clerk {
  /** Can be called twice. */
  start(): void;
  /** Something may be due. */
  wake(): void;
  /** Waits for what is under way. Can be called twice. */
  stop(): Promise<void>;
}

export interface ClerkOptions {
  payments: PaymentTable;
  refunds: RefundTable;
  outage: Outage;
  /** told when something may be to be told */
  onTold(): void;
  log: Log;
}

const AT_ONCE = 200;
/** Between two looks when nobody says that something is due. */
const LOOK_MS = 100;
const PG_AWAY_MS = [100, 3_000] as const;

/** Not working yet. */
export function createClerk({ payments, refunds, outage, onTold, log }: ClerkOptions): Clerk {
  const stopping = new AbortController();
  const pause = createPause(stopping.signal);
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted;) {
      try {
        await outage.look();
        const counts = [await payments.settleDue(AT_ONCE), await refunds.settleDue(AT_ONCE)];
        failures = 0;
        if (counts.some((count) => count > 0)) onTold();
        if (!counts.includes(AT_ONCE)) await pause.wait(LOOK_MS);
      } catch (error) {
        failures += 1;
        if (failures % 20 === 1) log.warn({ err: error, failures }, 'what is due cannot be done');
        await pause.wait(backoffMs(failures, ...PG_AWAY_MS));
      }
    }
  }

  return {
    start() {
      working ??= work();
    },
    wake: () => pause.wake(),
    async stop() {
      stopping.abort();
      await working;
    },
  };
}
