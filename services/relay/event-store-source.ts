import type { Log } from '../shared/platform/log.ts';
import { learnLog } from './learn-log.ts';
import type { KnownLog } from './learn-log.ts';
import type { LogFollower } from './log-follower.ts';
import type { PartitionRelay } from './partition-relay.ts';

export interface EventStoreSourceOptions {
  /** undefined: there is none */
  url: string | undefined;
  log: Log;
  follower: LogFollower;
  streamKey(): string;
  /** of the partitions that are worked on */
  relays(): PartitionRelay[];
}

/** Between two questions to the event store, while it is away or events wait. */
const ASK_MS = 2_000;

/** What the event store knows of the log and this relay does not. It is needed by nobody all the time. */
export class EventStoreSource {
  readonly #options: EventStoreSourceOptions;
  /** why it was not reached yet; '' when it was, or when there is none */
  #trouble = '';
  #askedAtMs = 0;
  #isAsking = false;

  constructor(options: EventStoreSourceOptions) {
    this.#options = options;
  }

  trouble(): string {
    return this.#trouble;
  }

  /** Asks while it was never reached, or while events wait for somebody who knows their sale. */
  async tick(): Promise<void> {
    const isWanted = this.#trouble !== ''
      || this.#options.relays().some(({ waiting }) => waiting.count() > 0);
    if (!isWanted || this.#isAsking || Date.now() - this.#askedAtMs < ASK_MS) return;
    this.#isAsking = true;
    await this.ask();
    this.#isAsking = false;
  }

  /**
   * Takes in what the event store knows of the log; undefined when there is none or it is away. A head is
   * taken where none was known, or where events wait for one, if it is later than what was read here.
   */
  async ask(): Promise<KnownLog | undefined> {
    const { url, follower, relays, streamKey, log } = this.#options;
    if (url === undefined) return undefined;
    this.#askedAtMs = Date.now();
    const ids = new Set(relays().flatMap(({ ledger }) => [...ledger.openEvents()].map(({ id }) => id)));
    try {
      const known = await learnLog({ eventStoreUrl: url, streamKey: streamKey(), ids: [...ids], log });
      for (const [saleId, head] of known.heads) {
        follower.locate(saleId, head.partition);
        const { seq } = follower.fold.head(saleId);
        const isWanted = seq === 0 || relays().some(({ waiting }) => waiting.has(saleId));
        if (isWanted && head.seq > seq) follower.setHead(head.partition, saleId, head);
      }
      for (const partition of known.partitions) follower.see(partition);
      for (const relay of relays()) {
        relay.learn(known.acceptedIds, ({ id, saleId, seq }) =>
          ids.has(id) && seq <= (known.heads.get(saleId)?.seq ?? 0) ? known.acceptedIds.has(id) : undefined);
      }
      this.#trouble = '';
      return known;
    } catch (error) {
      if (this.#trouble === '') log.warn({ err: error }, 'the event store is out of reach');
      this.#trouble = (error as Error).message;
      return undefined;
    }
  }
}
