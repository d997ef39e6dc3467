import type { BusEvent } from '../../shared/contracts/bus-record.ts';
import type { SaleEvent } from '../../shared/contracts/events.ts';
import type { PoolClient } from '../../shared/platform/pg.ts';

/** An event of the event store, as it was written. */
export interface StoredEvent {
  seq: number;
  event: BusEvent;
}

/** An event of a type that is known here, in the language of today. */
export interface KnownEvent {
  seq: number;
  event: SaleEvent;
}

/**
 * What follows from the events of each sale, in its own tables. The engine calls it with a sale's events in
 * order, each once as far as its effects go: effect and position move in one transaction. Events of types
 * that are unknown here never get to it.
 */
export interface Projection<Plan = unknown> {
  /** what its positions, and its parked sales, are kept under */
  readonly key: string;
  /**
   * What a run of one sale's events comes to, without looking at anything else. It may be called again with
   * parts of the run.
   *
   * @throws Error when they cannot be understood or contradict each other, which parks the first that does
   */
  plan(events: readonly KnownEvent[]): Plan | Promise<Plan>;
  /**
   * Writes it down, in the caller's transaction. It locks rows of that sale only.
   *
   * @throws ProjectionFault when the rows contradict the events, which parks the first that does; or what
   *   PostgreSQL says
   */
  apply(client: PoolClient, saleId: string, plan: Plan): Promise<void>;
  /**
   * Takes everything of a sale back, in the caller's transaction, so that it can be replayed from its first
   * event. Absent where others refer to the rows, or an effect cannot be taken back.
   */
  forget?(client: PoolClient, saleId: string): Promise<void>;
}
