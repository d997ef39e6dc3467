import { eventKey, judgeRecords, readRecord } from '../../services/projector/judge-records.ts';
import type { JudgedRecords, ReadRecord } from '../../services/projector/judge-records.ts';
import type { LogFold } from '../../services/shared/contracts/log-fold.ts';
import type { Head } from '../../services/shared/contracts/log-rule.ts';
import type { ShardBatch } from '../../services/shared/platform/shard-reader.ts';
import { followShards } from './sim-bus.ts';
import { SimProcess } from './sim-process.ts';
import type { SimWorld } from './sim-world.ts';

/** What a reader has stored; it outlives its process. */
interface Stored {
  positions: Map<string, string>;
  /** ids in order, by sale */
  log: Map<string, string[]>;
  keys: Set<string>;
  epochs: Map<string, number>;
}

const COMMIT_MS_MAX = 30;

/**
 * A reader of the log as the projector is one: judges with the real rule, and stores what it accepted
 * together with its position in one step that may fail. It may be restarted from what is stored, or begin
 * anew under another name.
 */
export class SimReader {
  readonly name: string;
  readonly #world: SimWorld;
  #process: SimProcess;
  #stored: Stored = { positions: new Map(), log: new Map(), keys: new Set(), epochs: new Map() };
  #fold: LogFold;
  #known = new Set<string>();

  constructor(world: SimWorld, name: string) {
    this.#world = world;
    this.name = name;
    this.#process = new SimProcess(name, world.time, world.random);
    this.#fold = world.parts.createReaderFold();
  }

  get process(): SimProcess {
    return this.#process;
  }

  start(): void {
    const { bus, random, plan, parts } = this.#world;
    this.#forget();
    followShards({
      bus, random, process: this.#process, positions: new Map(this.#stored.positions),
      delayMs: () => (this.#world.isCalm() ? 20 : plan.readDelayMs),
      onBatch: (batch) => this.#take(batch, this.#process), childrenFirst: parts.readsChildrenFirst,
    });
  }

  /** Is killed, and begins again where it had stored. */
  restart(): void {
    this.#process.kill();
    this.#process = new SimProcess(this.name, this.#world.time, this.#world.random);
    this.start();
  }

  /** As another reader with a new name: from the horizon, into an empty store. */
  replay(): void {
    this.#stored = { positions: new Map(), log: new Map(), keys: new Set(), epochs: new Map() };
    this.restart();
  }

  logOf(saleId: string): string[] {
    return this.#stored.log.get(saleId) ?? [];
  }

  /** What the event store tells a relay: all of one moment. */
  tell(ids: string[]): {
    positions: Map<string, string>; heads: Map<string, Head>; acceptedIds: Set<string>;
  } {
    const { positions, log } = this.#stored;
    const all = new Set([...log.values()].flat());
    return {
      positions: new Map(positions),
      heads: new Map([...log].map(([saleId, ids]) => [saleId, { seq: ids.length, id: ids.at(-1) ?? '' }])),
      acceptedIds: new Set(ids.filter((id) => all.has(id))),
    };
  }

  async #take(batch: ShardBatch, process: SimProcess): Promise<boolean> {
    const { random, parts, isCalm } = this.#world;
    const records = batch.records.map(readRecord);
    for (const { unreadable } of records) {
      if (unreadable !== undefined) this.#world.fail(`${this.name} cannot read a record: ${unreadable}`);
    }
    this.#learnHeads(records);
    const judged = judgeRecords(records, this.#fold, this.#acceptedBefore(records));
    await process.sleep(random.float() * COMMIT_MS_MAX);
    if (!isCalm() && random.chance(0.05)) {
      this.#forget();
      if (parts.losesBatches) return true;
      throw new Error('it could not be stored');
    }
    this.#store(batch, judged);
    return true;
  }

  #learnHeads(records: ReadRecord[]): void {
    for (const { events } of records) {
      for (const { subject } of events) {
        if (this.#known.has(subject)) continue;
        const ids = this.#stored.log.get(subject);
        if (ids !== undefined) this.#fold.setHead(subject, { seq: ids.length, id: ids.at(-1) ?? '' });
        this.#known.add(subject);
      }
    }
  }

  /** As the event appender's: what the fold remembers now, and of what it has forgotten what is stored. */
  #acceptedBefore(records: ReadRecord[]): Set<string> {
    const found = new Set<string>();
    for (const { events } of records) {
      for (const { subject: saleId, sequence, id } of events) {
        const standing = this.#fold.standing({ saleId, seq: Number(sequence), id });
        const key = eventKey(saleId, id);
        if (standing === 'accepted' || (standing === 'unknown' && this.#stored.keys.has(key))) found.add(key);
      }
    }
    return found;
  }

  #store({ shardId, positionBefore, position }: ShardBatch, judged: JudgedRecords): void {
    const { positions, log, keys, epochs } = this.#stored;
    if (positions.get(shardId) !== positionBefore) this.#world.fail(`${this.name} has lost its place`);
    positions.set(shardId, position);
    for (const { saleId, seq, event } of judged.accepted) {
      const ids = log.get(saleId) ?? [];
      if (seq !== ids.length + 1 || event.prev !== (ids.at(-1) ?? '0')) {
        this.#world.fail(`${this.name} has stored seq ${seq} of ${saleId} after seq ${ids.length}`);
      }
      if (keys.has(eventKey(saleId, event.id))) this.#world.fail(`${this.name} has stored ${event.id} twice`);
      log.set(saleId, [...ids, event.id]);
      keys.add(eventKey(saleId, event.id));
      epochs.set(saleId, event.epoch ?? 0);
    }
  }

  #forget(): void {
    this.#fold = this.#world.parts.createReaderFold();
    this.#known = new Set();
  }
}
