import { HeadsWriter } from '../../services/relay/heads-writer.ts';
import { learnHeads } from '../../services/relay/learn-heads.ts';
import { chainOf, isBehind, startPositions } from '../../services/relay/shard-chain.ts';
import { decodeBatch, isPartitionHeads, RECORD_TEXT_BYTES_MAX, sourceOf }
  from '../../services/shared/contracts/bus-record.ts';
import type { BusEvent } from '../../services/shared/contracts/bus-record.ts';
import { createLogFold } from '../../services/shared/contracts/log-fold.ts';
import type { HeadsStatement, LogPosition } from '../../services/shared/contracts/partition-heads.ts';
import { partitionName } from '../../services/shared/contracts/partition-of.ts';
import { compress, decompress } from '../../services/shared/platform/compression.ts';
import { SHARD_END } from '../../services/shared/platform/shard-reader.ts';
import { ReferenceLog } from './reference-log.ts';
import type { LoggedEvent } from './reference-log.ts';
import { seededRandom } from './seeded-random.ts';
import type { SeededRandom } from './seeded-random.ts';
import { simLog } from './sim-surroundings.ts';
import { SimStream } from './sim-stream.ts';

/** How a history went; `faults` are sentences about what a relay took for the log and is not. */
export interface HeadsHistory {
  faults: string[];
  /** partitions begun at heads, and at the horizon because there were none to trust */
  learnt: number;
  unlearnt: number;
}

const PARTITIONS = 3;
const SALES = 3;
const STEPS = 60;
const log = simLog(() => undefined);

/**
 * One history of relays that say how far the log is (heads-writer.ts), die, and begin where others have said
 * (learn-heads.ts, shard-chain.ts), while records come twice, rivals land, shards change, the stream forgets
 * and Redis goes back to an older statement. Whoever begins at heads must have the log of who read it all.
 */
export async function runHeadsHistory(seed: number): Promise<HeadsHistory> {
  const random = seededRandom(seed);
  const stream = new SimStream(random);
  const reference = new ReferenceLog();
  const sent = new Map<string, LoggedEvent[]>();
  /** what Redis has, and what it had before */
  const statements = Array.from({ length: PARTITIONS }, (): HeadsStatement[] => []);
  const history: HeadsHistory = { faults: [], learnt: 0, unlearnt: 0 };
  let relay = await begin();
  const zombies: SimFollower[] = [];
  for (let step = 0; step < STEPS && history.faults.length === 0; step++) {
    const what = random.float();
    if (what < 0.4) sendSome();
    else if (what < 0.6) relay.read(random.int(1, 6));
    else if (what < 0.8) await relay.writeHeads();
    else if (what < 0.84) stream.reshard();
    else if (what < 0.87) {
      // Nobody who still reads is behind the retention of a day: the dead and the sleepers read no more.
      relay.read(Infinity);
      stream.trim();
    } else if (what < 0.9) for (const list of statements) list.splice(random.int(0, list.length));
    else if (what < 0.93) await random.pick([relay, ...zombies]).writeHeads();
    else {
      zombies.push(relay);
      relay = await begin();
    }
  }
  return history;

  /** A relay that starts: an event store tells it what is gone where it should begin at the horizon. */
  async function begin(): Promise<SimFollower> {
    const known = new Map(statements.flatMap((list, partition) => {
      const last = list.at(-1);
      return last === undefined ? [] : [[partition, last] as const];
    }));
    const follower = new SimFollower(stream, random, (partition, statement) => {
      if (random.chance(0.1)) throw new Error('Redis does not take it');
      statements[partition]?.push(statement);
    });
    const { readTo, heads } = await learnHeads(known, follower.chains, {
      client: stream.client(), streamName: 's', log, signal: new AbortController().signal,
    });
    history.learnt += readTo.size;
    history.unlearnt += PARTITIONS - readTo.size;
    for (const [saleId, head] of heads) follower.setHead(head.partition, saleId, head);
    for (const [partition, chain] of follower.chains) {
      if (readTo.has(partition) || !isForgotten(chain)) continue;
      for (const saleId of salesOf(partition)) {
        const last = reference.of(saleId).at(-1);
        if (last !== undefined) follower.setHead(partition, saleId, last);
      }
    }
    follower.start(readTo);
    follower.read(Infinity);
    for (const saleId of reference.saleIds()) {
      const { seq = 0, id = '0' } = reference.of(saleId).at(-1) ?? {};
      const head = follower.fold.head(saleId);
      if (head.seq !== seq || head.id !== id) {
        history.faults.push(`${saleId} is at ${head.seq} ${head.id}, the log at ${seq} ${id}`);
      }
    }
    return follower;
  }

  function isForgotten(chain: string[]): boolean {
    const isWhole = stream.shards.every(({ id, horizon, isGone }) =>
      !isGone && (horizon === 0 || !chain.includes(id)));
    return !isWhole;
  }

  /** The next events of a sale, rivals of its last ones, or something that was sent before. */
  function sendSome(): void {
    const partition = random.int(0, PARTITIONS - 1);
    const saleId = random.pick(salesOf(partition));
    const events = sent.get(saleId) ?? [];
    const last = reference.of(saleId).at(-1);
    const chain = random.chance(0.8) ? last : random.chance(0.5) ? events.at(-1) : events[events.length >> 1];
    const count = random.int(1, 3);
    const batch: LoggedEvent[] = random.chance(0.15) && events.length > 0
      ? events.slice(-random.int(1, 5))
      : Array.from({ length: count }, (_, i) => {
        const id = (n: number): string => `e${events.length + n}-${saleId}`;
        const prev = i === 0 ? chain?.id ?? '0' : id(i - 1);
        return { seq: (chain?.seq ?? 0) + i + 1, id: id(i), prev, epoch: 0 };
      });
    sent.set(saleId, [...events, ...batch]);
    const onBus = batch.map((event) => toBusEvent(partition, saleId, event));
    for (const event of onBus) reference.land(event);
    stream.put(partition, compress(JSON.stringify(onBus)));
  }
}

/** What services/relay/log-follower.ts does between a stream and the heads, without its timers. */
class SimFollower {
  readonly fold = createLogFold();
  readonly chains = new Map<number, string[]>();
  readonly #stream: SimStream;
  readonly #random: SeededRandom;
  readonly #writers: HeadsWriter[];
  readonly #sales = new Map<number, Set<string>>();
  readonly #moved = new Map<number, Set<string>>();
  readonly #readTo = new Map<string, string>();
  #known: ReadonlyMap<number, LogPosition> = new Map();

  constructor(
    stream: SimStream, random: SeededRandom, keep: (partition: number, statement: HeadsStatement) => void,
  ) {
    this.#stream = stream;
    this.#random = random;
    this.#list();
    this.#writers = Array.from({ length: PARTITIONS }, (_, partition) => new HeadsWriter({
      partition, log: this, streamKey: 'k',
      put: async (data) => {
        const place = random.chance(0.9) ? stream.put(partition, data) : undefined;
        if (place === undefined || random.chance(0.05)) throw new Error('no reply of the bus');
        return place;
      },
      state: async (statement) => keep(partition, structuredClone(statement)),
    }));
  }

  start(readTo: ReadonlyMap<number, LogPosition>): void {
    this.#known = readTo;
    for (const [id, position] of startPositions(this.chains, readTo)) this.#readTo.set(id, position);
  }

  setHead(partition: number, saleId: string, { seq, id }: { seq: number; id: string }): void {
    this.fold.setHead(saleId, { seq, id });
    this.#note(partition, saleId);
  }

  salesOf(partition: number): ReadonlySet<string> {
    return this.#sales.get(partition) ?? new Set();
  }

  takeMoved(partition: number): ReadonlySet<string> {
    const moved = this.#moved.get(partition) ?? new Set();
    this.#moved.delete(partition);
    return moved;
  }

  readTo(partition: number): LogPosition | undefined {
    const shardId = this.chains.get(partition)?.findLast((id) => this.#readTo.has(id));
    const sequenceNumber = shardId === undefined ? undefined : this.#readTo.get(shardId);
    return shardId === undefined || sequenceNumber === undefined ? undefined : { shardId, sequenceNumber };
  }

  async writeHeads(): Promise<void> {
    const writer = this.#random.pick(this.#writers);
    await writer.write().catch(() => undefined);
  }

  /** Reads so many records of each shard, parents to their end before what follows them. */
  read(countMax: number): void {
    this.#list();
    for (const { id, records, isClosed, horizon } of this.#stream.shards) {
      const position = this.#readTo.get(id);
      if (position === SHARD_END) continue;
      const at = records.findIndex(({ sequenceNumber }) => sequenceNumber === position);
      const next = Math.max(horizon, at + 1);
      const some = records.slice(next, next + countMax);
      for (const { sequenceNumber, partitionKey, data } of some) {
        const partition = Number(partitionKey.slice(1));
        const known = this.#known.get(partition);
        if (known !== undefined && !isBehind({ shardId: id, sequenceNumber }, known)) continue;
        const events = decodeBatch(decompress(data, RECORD_TEXT_BYTES_MAX));
        for (const event of events) this.#judge(partition, event);
      }
      const isEnd = isClosed && next + some.length === records.length;
      const last = some.at(-1);
      if (isEnd) this.#readTo.set(id, SHARD_END);
      else if (last !== undefined) this.#readTo.set(id, last.sequenceNumber);
      // Its children come when it is read to its end.
      if (isClosed && !isEnd) return;
    }
  }

  #judge(partition: number, event: BusEvent): void {
    if (isPartitionHeads(event)) return;
    const { subject: saleId, id, prev } = event;
    const { verdict } = this.fold.judge({ saleId, seq: Number(event.sequence), id, prev });
    if (verdict === 'accepted') this.#note(partition, saleId);
  }

  #list(): void {
    for (let p = 0; p < PARTITIONS; p++) this.chains.set(p, chainOf(p, this.#stream.list()));
  }

  #note(partition: number, saleId: string): void {
    for (const sales of [this.#sales, this.#moved]) {
      sales.set(partition, (sales.get(partition) ?? new Set()).add(saleId));
    }
  }
}

function salesOf(partition: number): string[] {
  return Array.from({ length: SALES }, (_, i) => `${partitionName(partition)}-s${i}`);
}

function toBusEvent(partition: number, saleId: string, { seq, id, prev }: LoggedEvent): BusEvent {
  return {
    specversion: '1.0', id, source: sourceOf(partition), type: 'sale.paused', subject: saleId,
    time: '2026-12-01T09:00:00.000Z', datacontenttype: 'application/json',
    sequence: String(seq), prev, epoch: 0, data: {},
  };
}
