import type { PackedEvent } from '../shared/contracts/outbox.ts';
import type { RelayMetrics } from './relay-metrics.ts';

/** The bus takes records, and not this one: sending it again is of no use. */
export class RecordRefusedError extends Error {}

export interface RecordSenderOptions {
  /** Puts one record, once. */
  put(data: Uint8Array): Promise<void>;
  metrics: RelayMetrics;
  signal: AbortSignal;
  pauseAfter(failures: number, error: unknown): Promise<void>;
}

/** Brings the records of one partition onto the bus, one by one. */
export class RecordSender {
  readonly #options: RecordSenderOptions;
  #trouble = '';

  constructor(options: RecordSenderOptions) {
    this.#options = options;
  }

  /** What keeps it from sending, or ''. */
  trouble(): string {
    return this.#trouble;
  }

  /**
   * Puts a record until the bus has taken it, or its events are found in the log although no reply came.
   *
   * @returns false when it was stopped before
   * @throws RecordRefusedError
   */
  async deliver(
    data: Uint8Array,
    events: PackedEvent[],
    isOpen: (event: PackedEvent) => boolean,
  ): Promise<boolean> {
    const { put, metrics, signal, pauseAfter } = this.#options;
    for (let failures = 0; events.some(isOpen);) {
      if (signal.aborted) return false;
      try {
        await put(data);
        metrics.sent.inc(events.length);
        break;
      } catch (error) {
        if (error instanceof RecordRefusedError) throw error;
        this.#trouble = `the bus does not take records: ${(error as Error).message}`;
        metrics.sendFailures.inc();
        await pauseAfter(failures += 1, error);
      }
    }
    this.#trouble = '';
    return true;
  }
}
